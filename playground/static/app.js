// The page's start: every part is given the state and its place.

import { announceMessages } from "./announcer.js";
import { showChannels } from "./channels.js";
import { Composer, composerNode } from "./composer.js";
import { Conversation } from "./conversation.js";
import { Dialog } from "./dialog.js";
import { h } from "./dom.js";
import { watchLink, watchTitle } from "./frame.js";
import { Home } from "./home.js";
import { messageNode } from "./messages.js";
import { Panel } from "./panel.js";
import { showPane, startPanes, watchUnread } from "./panes.js";
import { showPeople } from "./people.js";
import { startShortcuts } from "./shortcuts.js";
import { Sides, readAddress, writeAddress } from "./sides.js";
import { State } from "./state.js";
import { watchNotices } from "./trouble.js";
import { startWelcome } from "./welcome.js";

const find = (selector) => document.querySelector(selector);
const BOXES = { slack: "#message-box", teams: "#teams-box" };

/** The address names the person one is, so the link at the top of the page must not change it. */
function skipToBox(event) {
  event.preventDefault();
  showPane("chat");
  find(BOXES[document.body.dataset.side]).focus();
}

function becomePerson(state, id) {
  state.become(id);
  writeAddress(state);
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

function showMessages(state) {
  const parts = { title: "#channel-title", about: "#channel-about", scroll: "#messages", list: "#message-list", newer: "#newer" };
  const howToBegin = ["Press ", h("strong", {}, "Run /sharecheck"), " below to ask if you may share something about a child."];
  const found = Object.fromEntries(Object.entries(parts).map(([name, selector]) => [name, find(selector)]));
  new Conversation(state, found, { messageNode, composerNode, howToBegin });
}

/** Follow the address when it is changed by hand: another person, or the other side. */
async function goToAddress(sides) {
  const { side, person } = readAddress();
  await sides.open(side, { person });
  if (sides.current === side && sides.state.personNamed(person)) becomePerson(sides.state, person);
}

function startSides(state, address) {
  const slackOnly = [find("#sidebar"), find("#chat")];
  const sides = new Sides(state, find(".top"), slackOnly, document.body.dataset.firstInTeams);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) sides.state.refresh(); });
  window.addEventListener("hashchange", () => goToAddress(sides));
  if (address.side === "teams") sides.open("teams", { person: address.person });
  return sides;
}

function start() {
  const address = readAddress();
  const person = address.side === "slack" ? address.person : "";
  const state = new State(person || null, document.body.dataset.firstPerson);
  state.isInSight = () => find("#messages").checkVisibility();
  const sides = startSides(state, address);
  startPanes(() => sides.state.seeMessages());
  showPeople(state, find("#people-list"), (id) => becomePerson(state, id));
  showMessages(state);
  const home = new Home(state, find("#chat"));
  showPlaces(state, home);
  new Composer(state, find("#composer"));
  startShortcuts(state, find("#shortcuts"));
  new Panel(state, find("#panel"));
  new Dialog(state, find("#view"));
  watchTitle(state, find("#who"));
  watchLink(state);
  watchNotices(state);
  watchUnread(state, { channels: find("#bar-channels"), people: find("#bar-people") });
  announceMessages(state, find("#announcer"));
  startWelcome(state, find("#welcome"), find("#tour"), sides);
  find(".skip").addEventListener("click", skipToBox);
  state.start();
}

start();
