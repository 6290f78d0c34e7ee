// The page's start: every part is given the state and its place.

import { announceMessages } from "./announcer.js";
import { showChannels } from "./channels.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { Dialog } from "./dialog.js";
import { channelTitle } from "./names.js";
import { Panel } from "./panel.js";
import { showPane, startPanes, watchUnread } from "./panes.js";
import { showPeople } from "./people.js";
import { State } from "./state.js";
import { watchNotices } from "./trouble.js";

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

/** The strip of suggestions starts open where there is room, and stays as the person leaves it. */
function startStrip(strip) {
  strip.open = window.matchMedia("(min-width: 1180px) and (min-height: 700px)").matches;
}

function becomePerson(state, id) {
  history.replaceState(null, "", `#${id}`);
  state.become(id);
  if (document.body.dataset.pane === "people") showPane("channels", { focus: true });
}

function start() {
  const state = new State(personInAddress(), document.body.dataset.firstPerson);
  state.isInSight = () => find("#messages").checkVisibility();
  startPanes(() => state.seeMessages());
  startStrip(find("#strip"));
  showPeople(state, find("#people-list"), (id) => becomePerson(state, id));
  showChannels(state, { channels: find("#channel-list"), directs: find("#direct-list") }, (id) => {
    showPane("chat", { focus: true });
    state.look(id);
  });
  new Conversation(state, find("#chat"));
  new Composer(state, find("#composer"));
  new Panel(state, find("#panel"));
  new Dialog(state, find("#view"));
  watchTitle(state);
  watchLink(state);
  watchNotices(state);
  watchUnread(state, { channels: find("#bar-channels"), people: find("#bar-people") });
  announceMessages(state, find("#announcer"));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) state.refresh(); });
  window.addEventListener("hashchange", () => { if (personInAddress()) becomePerson(state, personInAddress()); });
  state.start();
}

start();
