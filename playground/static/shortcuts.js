// The app's shortcuts: beside the message box, and in the menu of a message.

import { h, icon } from "./dom.js";
import { openMenu } from "./menu.js";
import { sendMessageShortcut, sendShortcut } from "./server.js";
import { attempt } from "./trouble.js";

const offered = (state, type) => state.data.shortcuts.filter((one) => one.type === type);

async function use(state, opener, send) {
  await attempt(opener, async () => {
    await send();
    await state.refresh();
  });
}

/** Make the lightning button open the list of the app's global shortcuts; it hides where there are none. */
export function startShortcuts(state, button) {
  const pick = (one) => use(state, button, () => sendShortcut({ person: state.person, callback_id: one.callback_id }));
  button.addEventListener("click", () => openMenu(button, offered(state, "global").map((one) => ({
    words: one.name, about: state.data.app?.name, onPick: () => pick(one),
  }))));
  state.addEventListener("change", () => { button.hidden = offered(state, "global").length === 0; });
}

/** The button "More actions" of a message, or nothing where the app has none; what only one person sees has no menu. */
export function moreActions(message, state) {
  if (message.ephemeral || message.deleted || offered(state, "message").length === 0) return null;
  const place = () => ({ person: state.person, channel: message.channel, ts: message.ts });
  const items = () => offered(state, "message").map((one) => ({
    words: one.name, about: state.data.app?.name,
    onPick: () => use(state, button, () => sendMessageShortcut({ ...place(), callback_id: one.callback_id })),
  }));
  const button = h("button", {
    type: "button", class: "more-actions bare", "aria-label": "More actions", "aria-haspopup": "menu", "aria-expanded": "false",
    onclick: () => openMenu(button, items()),
  }, icon("more"));
  return button;
}
