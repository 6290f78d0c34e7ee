// The tour's hands: they press the page's own controls, one after the other, and wait for what really comes of it.

import { isWithApp } from "./names.js";
import { readState } from "./server.js";

const PATIENCE = 12000;
const LOOK_EVERY = 40;
const BEFORE_A_PRESS = 650;
const BEFORE_A_CHOICE = 300;
const A_LETTER = 14;
const TYPED_AT_ONCE = 3;
const TEXT_FIELD = ":is(textarea, input)";
/** Where things are, by the side of the page. */
const PARTS = {
  slack: { people: "#people-list", places: "#sidebar .places", list: "#message-list", dialog: "#view", shut: "#view .close", card: ".blocks" },
  teams: { people: ".teams-sidebar .people", places: ".teams-sidebar .places", list: "#teams-messages .message-list", dialog: "#task", shut: "#task .shut", card: ".card" },
};

/** Raised when the tour is over: it was left, or the visitor took over. */
export class Halted extends Error {}

/** Raised when something that the tour waits for did not come; the message says what. */
export class DidNotCome extends Error {}

const sleep = (time) => new Promise((resolve) => setTimeout(resolve, time));

/** How fast the hands go: they can be frozen, hurried and halted. */
export class Pace {
  frozen = false;
  hurried = false;
  halted = false;

  check() {
    if (this.halted) throw new Halted();
  }

  /** Wait so many milliseconds: none when hurried, longer while frozen. */
  async beat(time) {
    let left = time;
    while (this.frozen || (left > 0 && !this.hurried)) {
      this.check();
      await sleep(LOOK_EVERY);
      if (!this.frozen) left -= LOOK_EVERY;
    }
    this.check();
  }

  /** Wait until `look()` finds something, and give it. */
  async until(look, what) {
    const end = Date.now() + PATIENCE;
    for (;;) {
      this.check();
      const found = look();
      if (found) return found;
      if (Date.now() > end) throw new DidNotCome(what);
      await sleep(LOOK_EVERY);
    }
  }
}

export class Hands {
  #lit = null;
  #since = "";

  constructor(sides, pace, { calm }) {
    this.sides = sides;
    this.pace = pace;
    this.calm = calm;
  }

  /** What the page knows of the side one looks at. */
  get state() {
    return this.sides.state;
  }

  get #parts() {
    return PARTS[this.sides.current];
  }

  // Looking

  /** The first element for a selector that can be seen, once there is one. */
  find(selector, what = "the next button") {
    return this.pace.until(() => [...document.querySelectorAll(selector)].find((node) => node.checkVisibility()), what);
  }

  /** Put a light on what the caption speaks of; one thing at a time. */
  async show(selector, what) {
    this.#light(await this.find(selector, what));
  }

  #light(node) {
    this.dim();
    this.#lit = node;
    node.classList.add("tour-target");
    const isTall = node.offsetHeight > innerHeight / 2;
    node.scrollIntoView({ block: isTall ? "start" : "center", behavior: this.calm ? "auto" : "smooth" });
  }

  dim() {
    this.#lit?.classList.remove("tour-target");
    this.#lit = null;
  }

  // Pressing and writing

  async press(selector, what) {
    this.#light(await this.find(selector, what));
    await this.pace.beat(BEFORE_A_PRESS);
    const node = await this.find(selector, what);
    this.dim();
    node.click();
  }

  /** Wait until what was there has gone. */
  gone(selector, what) {
    return this.pace.until(() => !document.querySelector(selector), what);
  }

  async #choose(block, value) {
    const selector = `#view [data-block="${CSS.escape(block)}"] .choice:has([value="${CSS.escape(value)}"])`;
    this.#light(await this.find(selector, "an answer to choose"));
    await this.pace.beat(BEFORE_A_CHOICE);
    (await this.find(selector, "an answer to choose")).querySelector("input").click();
  }

  async #write(block, text) {
    await this.writeIn(`#view [data-block="${CSS.escape(block)}"]`, text);
  }

  /** Write in the box inside what a selector finds. */
  async writeIn(selector, text) {
    const field = await this.find(`${selector} ${TEXT_FIELD}`, "a box to write in");
    this.#light(field);
    for (let end = TYPED_AT_ONCE; field.value !== text; end += TYPED_AT_ONCE) {
      await this.pace.beat(A_LETTER * TYPED_AT_ONCE);
      field.value = text.slice(0, this.pace.hurried ? text.length : end);
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  // The dialog

  get #view() {
    return this.state.data.view;
  }

  /** Wait for a page of the dialog, by the callback id that the app gives it. */
  page(callback, what) {
    return this.pace.until(() => this.#view?.callback_id === callback && document.querySelector("#view").open, what);
  }

  /** Fill in every field of the page that is open; `answers` are by the field's action id. */
  async fillIn(answers) {
    for (const { block_id: block, element, optional } of this.#view.blocks.filter((one) => one.type === "input")) {
      const answer = answers[element.action_id];
      if (answer === undefined && !optional) throw new DidNotCome(`a page that it knows, without “${element.action_id}”`);
      if (answer === undefined) continue;
      await (element.options ? this.#choose(block, answer) : this.#write(block, answer));
    }
  }

  /** Send the page that is open, and wait until the app has answered with another, or has closed the dialog. */
  async send() {
    const { id, hash } = this.#view;
    await this.press("#view .submit", "the button that sends the page");
    await this.pace.until(() => this.#view?.id !== id || this.#view?.hash !== hash, "an answer to the page that was sent");
  }

  /** Answer page after page for as long as they are questions of the walk; at most `most` pages. */
  async walk(answers, most = 20) {
    for (let turned = 0; turned < most && this.#view?.callback_id === "walk.page"; turned += 1) {
      await this.fillIn(answers);
      await this.send();
    }
  }

  async close() {
    const { dialog, shut } = this.#parts;
    await this.press(shut, "the button that closes the dialog");
    await this.pace.until(() => !document.querySelector(dialog).open, "the dialog to close");
  }

  // Places and people

  /** Go to Slack or to Teams, by the switch. */
  async turn(side) {
    if (this.sides.current === side) return;
    await this.press(`.sides [data-side="${side}"]`, "the switch between Slack and Teams");
    await this.pace.until(() => this.sides.current === side && this.state.loaded, "the other side of the school");
  }

  /** On a phone the parts of the page are behind the bar at its foot. */
  async #goTo(part) {
    const bar = document.querySelector(".bar");
    if (bar.checkVisibility() && document.body.dataset.pane !== part) await this.press(`.bar [data-to="${part}"]`);
  }

  /** Become a person, and close the dialog that they had left open. */
  async become(person) {
    await this.#closeAny();
    if (this.state.person === person) return;
    await this.#goTo("people");
    await this.press(`${this.#parts.people} [data-key="${CSS.escape(person)}"] button`, "the person to become");
    await this.pace.until(() => this.state.person === person && this.state.loaded, "what that person sees");
    await this.#closeAny();
  }

  async #closeAny() {
    if (document.querySelector(this.#parts.dialog)?.open) await this.close();
  }

  async open(channel) {
    if (this.state.channel !== channel || document.body.dataset.pane !== "chat") {
      await this.#goTo("channels");
      await this.press(`${this.#parts.places} [data-key="${CSS.escape(channel)}"] button`, "the channel to open");
    }
    await this.pace.until(() => this.state.channel === channel, "the channel to open");
  }

  /** The messages of the app's own conversation. */
  async openApp() {
    const found = () => this.state.data.channels.find((channel) => isWithApp(this.state, channel));
    const channel = await this.pace.until(found, "a message from the app");
    await this.open(channel.id);
    if (document.querySelector("#tab-messages").getAttribute("aria-selected") === "false") await this.press("#tab-messages");
    return channel.id;
  }

  /** Become that person, and stand in that channel. */
  async begin(person, channel) {
    await this.become(person);
    await this.open(channel);
  }

  // Messages

  /** From now on only messages that come later count, whoever sees them. */
  async remember(people) {
    const screens = await Promise.all(people.map((person) => readState(person)));
    const stamps = screens.flatMap(({ messages }) => Object.values(messages).flat().map((message) => message.ts));
    this.#since = stamps.reduce((last, ts) => (ts > last ? ts : last), "");
  }

  /** The selector of the newest message with such a button that came since, once it has; its thread is opened. */
  async fresh(channel, action, what) {
    const has = (message) => JSON.stringify(message.blocks ?? message.card ?? []).includes(JSON.stringify(action));
    const look = () => this.state.messagesIn(channel).findLast((message) => message.ts > this.#since && has(message));
    const { ts, thread_ts: root } = await this.pace.until(look, what);
    if (root && root !== ts) await this.openThread(root);
    return `${this.#parts.list} [data-key="${CSS.escape(ts)}"]`;
  }

  /** The selector of the first message of the newest thread that came since. */
  async freshThread(channel, what) {
    const look = () => this.state.messagesIn(channel).findLast((message) => message.ts > this.#since && !message.thread_ts);
    const found = await this.pace.until(look, what);
    const { list, card } = this.#parts;
    return `${list} > [data-key="${CSS.escape(found.ts)}"] > .message ${card}`;
  }

  async openThread(root) {
    const thread = `${this.#parts.list} > [data-key="${CSS.escape(root)}"]`;
    const toggle = await this.find(`${thread} > .thread-toggle`, "the thread");
    if (toggle.getAttribute("aria-expanded") === "false") await this.press(`${thread} > .thread-toggle`);
  }
}
