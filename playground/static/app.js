// The page's start: every part is given the state and its place.

import { announceMessages } from "./announcer.js";
import { showChannels } from "./channels.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { Dialog } from "./dialog.js";
import { Home } from "./home.js";
import { channelTitle } from "./names.js";
import { Panel } from "./panel.js";
import { showPane, startPanes, watchUnread } from "./panes.js";
import { showPeople } from "./people.js";
import { startShortcuts } from "./shortcuts.js";
import { State } from "./state.js";
import { watchNotices } from "./trouble.js";
import { startWelcome } from "./welcome.js";

const find = (selector) => document.querySelector(selector);
const personInAddress = () => decodeURIComponent(location.hash.slice(1)) || null;

function watchTitle(state) {
  state.addEventListener("change", () => {
    const channel = state.channelNamed(state.channel);
    const parts = [channel && channelTitle(state, channel), state.personNamed(state.person)?.name, "Sharecheck playground"];
    document.title = parts.filter(Boolean).join(" · ");
    find("#who").textContent = state.personNamed(state.person)?.name ?? "";
    find("#team").textContent = state.data.team.name ?? "Pretend School";
  });
}

function watchLink(state) {
  state.addEventListener("link", () => {
    document.body.classList.toggle("unlinked", !state.linked);
    find("#link-words").textContent = state.linked ? "Live" : "Looking for the server…";
  });
}

/** The address names the person one is, so the link at the top of the page must not change it. */
function skipToBox(event) {
  event.preventDefault();
  showPane("chat");
  find("#message-box").focus();
}

function becomePerson(state, id) {
  history.replaceState(null, "", `#${id}`);
  state.become(id);
  if (document.body.dataset.pane === "people") showPane("channels", { focus: true });
}

function showPlaces(state, home) {
  const onPick = (id) => {
    showPane("chat", { focus: true });
    state.look(id);
  };
  const onBegin = async () => {
    const channel = await home.begin();
    if (channel) onPick(channel);
  };
  const lists = { channels: find("#channel-list"), apps: find("#app-list"), directs: find("#direct-list") };
  showChannels(state, lists, { onPick, onBegin });
}

function start() {
  const state = new State(personInAddress(), document.body.dataset.firstPerson);
  state.isInSight = () => find("#messages").checkVisibility();
  startPanes(() => state.seeMessages());
  showPeople(state, find("#people-list"), (id) => becomePerson(state, id));
  new Conversation(state, find("#chat"));
  const home = new Home(state, find("#chat"));
  showPlaces(state, home);
  new Composer(state, find("#composer"));
  startShortcuts(state, find("#shortcuts"));
  new Panel(state, find("#panel"));
  new Dialog(state, find("#view"));
  watchTitle(state);
  watchLink(state);
  watchNotices(state);
  watchUnread(state, { channels: find("#bar-channels"), people: find("#bar-people") });
  announceMessages(state, find("#announcer"));
  startWelcome(state, find("#welcome"), find("#tour"));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) state.refresh(); });
  window.addEventListener("hashchange", () => { if (state.personNamed(personInAddress())) becomePerson(state, personInAddress()); });
  find(".skip").addEventListener("click", skipToBox);
  state.start();
}

start();
