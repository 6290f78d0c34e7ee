// What goes wrong between page, server and app, in Slack's own few words.

import { h, icon } from "./dom.js";
import { Trouble } from "./server.js";

const SLACK_WORDS = "We had some trouble connecting. Try again?";
const SHOWN_FOR = 20000;
const WORDS = {
  not_in_channel: "You are not in this channel, so you cannot write here.",
  app_not_installed: "You have not added this app.",
};
const TOLD_BY_NOTICE = new Set(["unknown_command", "read_only", "not_supported_in_threads"]);

function notice(text) {
  const dismiss = h("button", { type: "button", class: "bare", "aria-label": "Dismiss", onclick: () => node.remove() }, icon("close"));
  const node = h("div", { class: "notice", role: "alert" }, icon("warning"), h("span", { dir: "auto" }, text), dismiss);
  return node;
}

/** Show a trouble: inside the dialog when one is open, at the foot of the page otherwise. */
export function showTrouble(text = SLACK_WORDS) {
  const inDialog = document.querySelector("dialog.view[open] .troubles");
  const place = inDialog ?? document.querySelector("#notices");
  const node = notice(text);
  if (inDialog) place.replaceChildren(node);
  else place.append(node);
  setTimeout(() => node.remove(), SHOWN_FOR);
}

/**
 * Do something that asks the server; null when it failed. Its button shows that it is under way, keeps the focus,
 * and does nothing more until it is done.
 */
export async function attempt(opener, send) {
  if (opener?.getAttribute("aria-busy") === "true") return null;
  opener?.setAttribute("aria-busy", "true");
  document.querySelector("#notices").replaceChildren();
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof Trouble || error instanceof TypeError)) throw error;
    if (!TOLD_BY_NOTICE.has(error.message)) showTrouble(WORDS[error.message]);
    return null;
  } finally {
    opener?.removeAttribute("aria-busy");
  }
}

/** Show each new error that Slack would show this person; those from before the page was opened stay in the past. */
export function watchNotices(state) {
  const known = new Map();
  state.addEventListener("change", () => {
    if (!state.loaded) return;
    const notices = state.data.notices.map((one) => (typeof one === "string" ? { text: one } : one));
    const from = known.get(state.person) ?? notices.length;
    known.set(state.person, notices.length);
    for (const one of notices.slice(from)) showTrouble(one.text);
  });
}
