// The frame around the chat: the page's title, who one is, and whether the line to the server holds.

import { channelTitle } from "./names.js";

const find = (selector) => document.querySelector(selector);

/** Keep the page's title, and the name of who one is, in step with a side of the page while one looks at it. */
export function watchTitle(state, who) {
  state.addEventListener("change", () => {
    if (!state.isActive) return;
    const channel = state.channelNamed(state.channel);
    const person = state.personNamed(state.person)?.name;
    document.title = [channel && channelTitle(state, channel), person, "Sharecheck playground"].filter(Boolean).join(" · ");
    who.textContent = person ?? "";
    find("#team").textContent = state.data.team.name ?? "Pretend School";
  });
}

export function watchLink(state) {
  state.addEventListener("link", () => {
    if (!state.isActive) return;
    document.body.classList.toggle("unlinked", !state.linked);
    find("#link-words").textContent = state.linked ? "Live" : "Looking for the server…";
  });
}
