// One message in Teams: who, when, what it says or its card, and its menu.

import { cardNode } from "./cards.js";
import { clock, fromTs, fullDate } from "./dates.js";
import { avatar, h, icon } from "./dom.js";
import { openMenu } from "./menu.js";
import { commandsIn, extend, pressIn } from "./teams_deeds.js";

const MENTION = /<at>([^<]*)<\/at>/;

function stamp(message) {
  const date = fromTs(message.ts);
  return h("time", { class: "stamp", datetime: date.toISOString(), title: fullDate(date) }, clock(date));
}

function byLine(message) {
  return h("div", { class: "by" },
    h("bdi", { class: "author" }, message.name), stamp(message),
    message.bot && h("span", { class: "tag" }, "App"),
    message.edited && h("span", { class: "edited" }, "Edited"));
}

/** The menu of a message: the extension's command takes nothing from it. */
function moreOptions(message, state) {
  const commands = commandsIn(state, "message");
  if (!commands.length) return null;
  const items = () => commands.map((command) => ({
    words: command.title, about: state.data.app?.name,
    onPick: () => extend(state, command, "message", button, message),
  }));
  const button = h("button", {
    type: "button", class: "more-actions bare", "aria-label": "More options", "aria-haspopup": "menu", "aria-expanded": "false",
    onclick: () => openMenu(button, items()),
  }, icon("more"));
  return button;
}

/** A line that somebody typed: whoever is mentioned stands out; the rest is text. */
function withMentions(line) {
  return line.split(MENTION).map((piece, place) => (place % 2 ? h("span", { class: "mention" }, h("bdi", {}, piece)) : piece));
}

function content(message, { state }) {
  const lines = message.text ? message.text.split("\n").map((line) => h("p", { dir: "auto" }, withMentions(line))) : [];
  const card = message.card && cardNode(message.card, { act: pressIn(state, message), level: 3 });
  return [lines.length ? h("div", { class: "said-words" }, lines) : null, card];
}

/** A message as an element: in a chat one's own stand at the right. */
export function teamsMessageNode(message, context) {
  const kind = ["message", message.mine && "mine", message.bot && "from-app"].filter(Boolean).join(" ");
  return h("article", { class: kind, "aria-label": `${message.name}, ${clock(fromTs(message.ts))}` },
    avatar(message.user, message.name, message.bot),
    h("div", { class: "message-body" }, byLine(message), content(message, context)),
    moreOptions(message, context.state));
}
