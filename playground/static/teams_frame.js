// What stands still on the Teams side: the list beside the conversation, and the conversation's own frame.

import { h, icon } from "./dom.js";

function section({ id, words, pane }, ...lists) {
  const head = h("h2", { id, tabindex: pane ? "-1" : null, "data-pane-head": pane }, words);
  return h("section", { "aria-labelledby": id, class: pane === "people" ? "people" : null }, head, lists);
}

/** The people, the chats, and the channels of the team. */
export function sidebarNode() {
  return h("nav", { class: "sidebar teams-sidebar", "aria-label": "People and channels" },
    section({ id: "teams-people-head", words: "Look through the eyes of", pane: "people" }, h("ul")),
    h("div", { class: "places" },
      section({ id: "teams-chats-head", words: "Chats", pane: "channels" }, h("ul", { class: "chats" })),
      section({ id: "teams-channels-head", words: "Teams and channels" },
        h("p", { class: "team-name" }), h("ul", { class: "channels" }))));
}

function headNode() {
  return h("header", { class: "chat-head" },
    h("div", { class: "chat-name" },
      h("h1", { "data-pane-head": "chat", tabindex: "-1" }), h("p", { class: "about-place" })),
    h("button", { type: "button", class: "command", "aria-haspopup": "menu", "aria-expanded": "false" }, "Use an app"),
    h("p", { class: "seen-as" }, h("span", {}, "You are the "), h("strong", { dir: "auto" })));
}

/** The box one types in, and under it the buttons of apps. */
function composeNode() {
  return h("div", { class: "compose" },
    h("div", { class: "compose-box" },
      h("textarea", { id: "teams-box", rows: "1", "aria-label": "Message", dir: "auto", autocomplete: "off", enterkeyhint: "send" }),
      h("button", { type: "button", class: "send bare", "aria-label": "Send message" }, icon("send"))),
    h("div", { class: "apps", role: "group", "aria-label": "Apps" }));
}

/** The conversation. */
export function chatNode() {
  return h("main", { class: "chat teams-chat", id: "teams-chat" },
    headNode(),
    h("div", { class: "messages", id: "teams-messages", tabindex: "0", role: "region", "aria-label": "Messages" },
      h("div", { class: "message-list" })),
    h("div", { class: "foot-of-chat" },
      h("button", { type: "button", class: "newer", hidden: true }, icon("down"), "New messages"),
      composeNode()));
}
