// The channels and direct messages of the person one is.

import { avatar, h, icon, showList } from "./dom.js";
import { channelTitle, isWithApp } from "./names.js";
import { unreadBadge } from "./people.js";

function sign({ channel, title, app }) {
  if (channel.kind === "dm") return avatar(channel.with ?? channel.id, title, app);
  return h("span", { class: "sign" }, channel.private ? icon("lock") : "#");
}

function channelButton(row, onPick) {
  const { channel, title, current, unread } = row;
  const words = channel.kind === "dm" ? title : channel.name;
  return h("li", {},
    h("button", {
      type: "button", class: unread ? "channel unread" : "channel", "aria-current": current ? "true" : null,
      onclick: () => onPick(channel.id),
    }, sign(row), h("span", { class: "channel-name", dir: "auto" }, words), unreadBadge(unread)));
}

/** Keep the lists of channels and direct messages in step with the state. */
export function showChannels(state, { channels, directs }, onPick) {
  const show = (list, kind) => {
    const rows = state.data.channels.filter((channel) => channel.kind === kind).map((channel) => ({
      channel: { ...channel, unread: 0 },
      title: channelTitle(state, channel),
      app: isWithApp(state, channel),
      current: channel.id === state.channel,
      unread: state.unreadIn(channel.id),
    }));
    showList(list, rows, { key: (row) => row.channel.id, print: (row) => JSON.stringify(row), draw: (row) => channelButton(row, onPick) });
    list.closest("section").classList.toggle("bare-section", rows.length === 0);
  };
  state.addEventListener("change", () => {
    show(channels, "channel");
    show(directs, "dm");
  });
}
