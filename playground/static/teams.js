// The Teams side of the page, built when it is first opened.

import { announceMessages } from "./announcer.js";
import { composerNode } from "./composer.js";
import { Conversation } from "./conversation.js";
import { watchLink, watchTitle } from "./frame.js";
import { showPane, watchUnread } from "./panes.js";
import { showPeople } from "./people.js";
import { writeAddress } from "./sides.js";
import { State } from "./state.js";
import { Task } from "./task.js";
import { Compose } from "./teams_compose.js";
import { chatNode, sidebarNode } from "./teams_frame.js";
import { teamsMessageNode } from "./teams_messages.js";
import { showTeamsPlaces } from "./teams_places.js";
import { TEAMS } from "./teams_server.js";
import { write } from "./teams_deeds.js";
import { watchToasts } from "./toasts.js";

const find = (selector) => document.querySelector(selector);

/** The side's own looks; the page waits for them, so that nothing is seen undressed. */
function fetchLooks() {
  const sheets = ["teams.css", "cards.css"].map((name) => new Promise((resolve, reject) => {
    const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href: `/static/${name}`, onload: resolve });
    sheet.onerror = () => { sheet.remove(); reject(new TypeError(name)); };
    document.head.append(sheet);
  }));
  return Promise.all(sheets);
}

function becomePerson(state, id) {
  state.become(id);
  writeAddress(state);
  if (document.body.dataset.pane === "people") showPane("channels", { focus: true });
}

function pickPlace(state, id) {
  showPane("chat", { focus: true });
  state.look(id);
}

function showMessages(state, chat) {
  const part = (name) => chat.querySelector(name);
  const parts = { title: part("h1"), about: part(".about-place"), scroll: part(".messages"), list: part(".message-list"), newer: part(".newer") };
  state.isInSight = () => parts.scroll.checkVisibility();
  new Conversation(state, parts, {
    messageNode: teamsMessageNode,
    allApart: true,
    composerNode: (_, options) => composerNode(state, options, write),
    howToBegin: "Press the Sharecheck button below, or write “sharecheck” to the app in its chat.",
  });
}

function showFrame(state, sidebar, chat) {
  watchTitle(state, chat.querySelector(".seen-as strong"));
  watchLink(state);
  watchUnread(state, { channels: find("#bar-channels"), people: find("#bar-people") });
  announceMessages(state, find("#announcer"));
  watchToasts(state);
  state.addEventListener("change", () => {
    sidebar.querySelector(".team-name").textContent = state.data.group?.name ?? "";
    chat.classList.toggle("in-chat", state.channelNamed(state.channel)?.kind === "dm");
  });
}

/** Fetch and build it, as that person or as `first`; gives its state, and what is seen of it. Raises TypeError offline. */
export async function openTeams(person, first) {
  await fetchLooks();
  const state = new State(person, first, TEAMS);
  state.isActive = false;
  const sidebar = sidebarNode();
  const chat = chatNode();
  sidebar.hidden = chat.hidden = true;
  find("#panel").before(sidebar, chat);
  const list = (name) => sidebar.querySelector(name);
  showPeople(state, list(".people ul"), (id) => becomePerson(state, id));
  showTeamsPlaces(state, { chats: list(".chats"), channels: list(".channels") }, (id) => pickPlace(state, id));
  showMessages(state, chat);
  new Compose(state, chat);
  new Task(state);
  showFrame(state, sidebar, chat);
  await state.start();
  return { state, nodes: [sidebar, chat] };
}
