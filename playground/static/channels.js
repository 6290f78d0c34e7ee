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

/** The conversation with the app, also before it has begun: opening the app's home page begins it. */
function appChannels(state) {
  const begun = state.data.channels.filter((channel) => isWithApp(state, channel));
  const { app, home_enabled: hasHome } = state.data;
  return begun.length || !hasHome ? begun : [{ id: `new-${app.id}`, kind: "dm", with: app.id, name: app.name }];
}

/** Keep the lists of channels, apps and direct messages in step with the state; `onBegin` is for what has no channel yet. */
export function showChannels(state, { channels, apps, directs }, { onPick, onBegin }) {
  const pick = (id) => (state.channelNamed(id) ? onPick(id) : onBegin());
  const show = (list, shown) => {
    const rows = shown.map((channel) => ({
      channel: { ...channel, unread: 0 },
      title: channelTitle(state, channel),
      app: isWithApp(state, channel),
      current: channel.id === state.channel,
      unread: state.unreadIn(channel.id),
    }));
    showList(list, rows, { key: (row) => row.channel.id, print: (row) => JSON.stringify(row), draw: (row) => channelButton(row, pick) });
    list.closest("section").classList.toggle("bare-section", rows.length === 0);
  };
  state.addEventListener("change", () => {
    show(channels, state.data.channels.filter((channel) => channel.kind !== "dm"));
    show(apps, appChannels(state));
    show(directs, state.data.channels.filter((channel) => channel.kind === "dm" && !isWithApp(state, channel)));
  });
}
