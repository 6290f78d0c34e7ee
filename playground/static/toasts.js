// The short lines that Teams shows to one person for a moment.

import { h, icon } from "./dom.js";

const SHOWN_FOR = 12000;

function toast(text) {
  const node = h("div", { class: "toast", role: "alert" },
    h("span", { dir: "auto" }, text),
    h("button", { type: "button", class: "bare", "aria-label": "Dismiss", onclick: () => node.remove() }, icon("close")));
  return node;
}

/** In the dialog when one is open: the rest of the page cannot be reached then. */
function show(text) {
  const node = toast(text);
  const place = document.querySelector("dialog.task[open] .troubles") ?? document.querySelector("#notices");
  place.append(node);
  setTimeout(() => node.remove(), SHOWN_FOR);
}

/** Show each new line to the person it is for; those from before they looked stay in the past. */
export function watchToasts(state) {
  const known = new Map();
  state.addEventListener("change", () => {
    if (!state.loaded) return;
    const { notices } = state.data;
    const seen = known.get(state.person);
    known.set(state.person, new Set(notices.map((one) => one.id)));
    if (!seen || !state.isActive) return;
    for (const one of notices.filter(({ id, text }) => text && !seen.has(id))) show(one.text);
  });
}
