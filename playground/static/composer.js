// Where one types: a message, or a slash command.

import { freshId, h, icon } from "./dom.js";
import { channelTitle } from "./names.js";
import { sendText } from "./server.js";
import { attempt } from "./trouble.js";

export const COMMAND = "/sharecheck";

const SUGGESTIONS = [
  { text: COMMAND, about: "Ask if you may share something about a child" },
  { text: `${COMMAND} mine`, about: "See what you have asked so far" },
  { text: `${COMMAND} open`, about: "See what waits for your answer" },
  { text: `${COMMAND} help`, about: "What Sharecheck can do" },
];

/** Send text as the person into the channel they are looking at; true when the server took it. */
export async function say(state, text, { opener, thread } = {}) {
  const body = { person: state.person, channel: state.channel, text, ...(thread && { thread_ts: thread.ts }) };
  const answer = await attempt(opener, () => sendText(body));
  await state.refresh();
  return answer !== null;
}

export function textBox(label, placeholder) {
  return h("textarea", { rows: "1", "aria-label": label, placeholder, dir: "auto", autocomplete: "off", enterkeyhint: "send" });
}

/** Let a box grow with what is in it; gives what to call when that was changed. */
export function growing(box) {
  const fit = () => {
    box.style.height = "";
    if (box.value) box.style.height = `${box.scrollHeight}px`;
  };
  box.addEventListener("input", fit);
  return fit;
}

/** Send what is in a box; it comes back when that failed. `send(text)` tells whether it was taken. */
export async function sendFrom(box, send, fit) {
  const text = box.value.trim();
  if (!text) return;
  box.value = "";
  fit();
  if (await send(text)) return;
  box.value = text;
  fit();
}

class Suggestions {
  #chosen = -1;

  constructor(box, onPick) {
    this.box = box;
    this.onPick = onPick;
    this.list = h("ul", { class: "suggestions", role: "listbox", id: freshId("suggestions"), "aria-label": "Commands", hidden: true });
    box.setAttribute("aria-controls", this.list.id);
    box.setAttribute("aria-autocomplete", "list");
    box.addEventListener("input", () => this.show());
    box.addEventListener("blur", () => this.hide());
  }

  get isOpen() {
    return !this.list.hidden;
  }

  show() {
    const typed = this.box.value.toLowerCase();
    const fitting = typed.startsWith("/") ? SUGGESTIONS.filter((one) => one.text.startsWith(typed) && one.text !== typed) : [];
    this.list.replaceChildren(...fitting.map((one) => this.#item(one)));
    this.list.hidden = fitting.length === 0;
    this.#choose(fitting.length && !SUGGESTIONS.some((one) => one.text === typed) ? 0 : -1);
  }

  #item({ text, about }) {
    const onmousedown = (event) => { event.preventDefault(); this.onPick(text); };
    const properties = { role: "option", id: freshId("suggestion"), "data-text": text, onmousedown };
    return h("li", properties, h("strong", {}, text), h("span", {}, about));
  }

  hide() {
    this.list.hidden = true;
    this.#choose(-1);
  }

  #choose(place) {
    this.#chosen = place;
    const items = [...this.list.children];
    items.forEach((item, index) => item.setAttribute("aria-selected", String(index === place)));
    if (items[place]) this.box.setAttribute("aria-activedescendant", items[place].id);
    else this.box.removeAttribute("aria-activedescendant");
  }

  /** Act on a key while the list is open; true when the key was meant for the list. */
  take(event) {
    if (!this.isOpen) return false;
    const count = this.list.children.length;
    if (event.key === "ArrowDown") this.#choose((this.#chosen + 1) % count);
    else if (event.key === "ArrowUp") this.#choose((this.#chosen - 1 + count) % count);
    else if (event.key === "Escape") this.hide();
    else return this.#takePick(event);
    event.preventDefault();
    return true;
  }

  /** Tab writes the chosen command; Enter writes it and lets the box send it. */
  #takePick(event) {
    if (this.#chosen < 0 || !["Tab", "Enter"].includes(event.key)) return false;
    this.onPick(this.list.children[this.#chosen].dataset.text);
    if (event.key === "Tab") event.preventDefault();
    return event.key === "Tab";
  }
}

/** Enter sends, unless the suggestions want it; Shift and Enter begin a new line. */
export function sendOnEnter(box, suggestions, send) {
  box.addEventListener("keydown", (event) => {
    if (suggestions?.take(event)) return;
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    suggestions?.hide();
    send();
  });
}

/** A composer for a thread: one line that grows, and a button; `tell` sends what is written. */
export function composerNode(state, { thread }, tell = say) {
  const box = textBox("Reply in this thread", "Reply…");
  const fit = growing(box);
  const send = (opener) => sendFrom(box, (text) => tell(state, text, { thread, opener }), fit);
  sendOnEnter(box, null, send);
  const onclick = (event) => send(event.currentTarget);
  const button = h("button", { type: "button", class: "send bare", "aria-label": "Send reply", onclick }, icon("send"));
  return h("div", { class: "composer small" }, box, button);
}

/** The composer at the foot of the conversation, with commands suggested and the button that newcomers need. */
export class Composer {
  #drafts = new Map();
  #place = null;
  #channel = null;

  constructor(state, root) {
    this.state = state;
    this.root = root;
    this.readOnly = document.querySelector("#read-only");
    this.box = root.querySelector("textarea");
    this.fit = growing(this.box);
    this.suggestions = new Suggestions(this.box, (text) => this.#pick(text));
    root.prepend(this.suggestions.list);
    sendOnEnter(this.box, this.suggestions, () => this.#send());
    root.querySelector(".send").addEventListener("click", (event) => this.#send(event.currentTarget));
    root.querySelector("#run").addEventListener("click", (event) => say(state, COMMAND, { opener: event.currentTarget }));
    state.addEventListener("change", () => this.#move());
  }

  #pick(text) {
    this.box.value = text;
    this.suggestions.hide();
    this.box.focus();
  }

  /** Until there is a place to send it to, what was typed waits. */
  async #send(opener) {
    if (this.#channel) await sendFrom(this.box, (text) => say(this.state, text, { opener }), this.fit);
  }

  /** Where only the app writes, the way back to a channel stands in place of the box. */
  #offerChannel(isReadOnly) {
    const open = this.state.data.channels.find((channel) => !channel.read_only);
    const button = this.readOnly.querySelector("button");
    this.root.hidden = isReadOnly;
    this.readOnly.hidden = !isReadOnly;
    button.hidden = !open;
    button.textContent = open ? `Go to ${channelTitle(this.state, open)}` : "";
    button.onclick = () => { this.state.look(open.id); this.box.focus(); };
  }

  /** Each place has its draft; what was typed before there was a place goes to the first. */
  #move() {
    const place = `${this.state.person}/${this.state.channel}`;
    if (place === this.#place) return;
    const early = this.#channel ? "" : this.box.value;
    if (this.#channel) this.#drafts.set(this.#place, this.box.value);
    const channel = this.state.channelNamed(this.state.channel);
    this.#place = place;
    this.#channel = channel;
    this.box.value = early || (this.#drafts.get(place) ?? "");
    this.#offerChannel(Boolean(channel?.read_only));
    this.box.placeholder = channel ? `Message ${channelTitle(this.state, channel)}` : "";
    this.fit();
  }
}
