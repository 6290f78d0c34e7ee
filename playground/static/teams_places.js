// The chats and channels of Teams, in the list beside the conversation.

import { avatar, h, icon, showList } from "./dom.js";
import { unreadBadge } from "./people.js";

function placeButton({ channel, current, unread }, onPick) {
  const isChat = channel.kind === "dm";
  return h("li", {},
    h("button", {
      type: "button", class: unread ? "channel unread" : "channel", "aria-current": current ? "true" : null,
      onclick: () => onPick(channel.id),
    },
    isChat && avatar(channel.id, channel.name, true),
    h("span", { class: "channel-name", dir: "auto" }, channel.name),
    !isChat && channel.private && [icon("lock"), h("span", { class: "unseen" }, "private")],
    unreadBadge(unread)));
}

/** Keep the lists of chats and channels in step with the state. */
export function showTeamsPlaces(state, { chats, channels }, onPick) {
  const show = (list, shown) => {
    const rows = shown.map((channel) => ({ channel, current: channel.id === state.channel, unread: state.unreadIn(channel.id) }));
    showList(list, rows, { key: (row) => row.channel.id, print: (row) => JSON.stringify(row), draw: (row) => placeButton(row, onPick) });
  };
  state.addEventListener("change", () => {
    show(chats, state.data.channels.filter((channel) => channel.kind === "dm"));
    show(channels, state.data.channels.filter((channel) => channel.kind !== "dm"));
  });
}
