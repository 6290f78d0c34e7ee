// The app's own conversation: its home page, drawn as the app publishes it, and beside it its messages.

import { blockNodes } from "./blocks.js";
import { h, icon } from "./dom.js";
import { putFocusBack, whereFocusWas } from "./focus.js";
import { isWithApp, namesFor } from "./names.js";
import { openHome, sendAction } from "./server.js";
import { attempt } from "./trouble.js";
import { Values } from "./values.js";

const TABS = ["home", "messages"];

export class Home {
  #chosen = new Map();
  #values = new Map();
  #shown = null;
  #seenBy = null;

  constructor(state, root) {
    this.state = state;
    this.names = namesFor(state);
    this.bar = root.querySelector("#app-tabs");
    this.tabs = TABS.map((name) => root.querySelector(`#tab-${name}`));
    this.page = root.querySelector("#home");
    this.blocks = root.querySelector("#home-blocks");
    this.beside = [root.querySelector("#messages"), root.querySelector("#foot")];
    this.tabs.forEach((tab, place) => {
      tab.addEventListener("click", () => this.choose(TABS[place]));
      tab.addEventListener("keydown", (event) => this.#onKey(event, place));
    });
    state.addEventListener("change", () => this.show());
  }

  /** Whether one looks at the app's conversation, and it has a home page. */
  get #isHere() {
    const channel = this.state.channelNamed(this.state.channel);
    return Boolean(this.state.data.home_enabled && channel && isWithApp(this.state, channel));
  }

  /** The tab that was chosen last; before that, home for whoever has no messages yet. */
  #tab() {
    const { person, channel } = this.state;
    return this.#chosen.get(person) ?? (this.state.messagesIn(channel).length ? "messages" : "home");
  }

  choose(tab, focus = false) {
    this.#chosen.set(this.state.person, tab);
    this.show();
    if (tab === "messages") this.state.seeMessages();
    if (focus) this.tabs[TABS.indexOf(tab)].focus();
  }

  /** Tell the app when its home page comes into sight: it publishes the page anew. */
  async #watchSight(person) {
    if (person === this.#seenBy) return;
    this.#seenBy = person;
    if (person) await this.#ask(person);
  }

  async #ask(person) {
    await attempt(null, () => openHome({ person }));
    await this.state.refresh();
  }

  /** Begin the conversation with the app, by opening its home page; gives the channel, or nothing when that failed. */
  async begin() {
    const { person } = this.state;
    await this.#ask(person);
    if (person !== this.state.person) return null;
    this.#seenBy = person;
    return this.state.data.channels.find((channel) => isWithApp(this.state, channel))?.id ?? null;
  }

  show() {
    const isHere = this.#isHere;
    const isHome = isHere && this.#tab() === "home";
    this.#watchSight(isHome ? this.state.person : null);
    this.bar.hidden = !isHere;
    this.page.hidden = !isHome;
    for (const node of this.beside) node.classList.toggle("beside-home", isHome);
    this.tabs.forEach((tab, place) => {
      const chosen = isHome === (TABS[place] === "home");
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    });
    if (isHome) this.#draw(this.state.data.home);
  }

  #draw(view) {
    const shown = JSON.stringify([this.state.person, view && { ...view, state: null }]);
    if (shown === this.#shown) return;
    const was = whereFocusWas(this.blocks);
    const turned = JSON.parse(this.#shown ?? "[]")[0] !== this.state.person;
    this.#shown = shown;
    this.blocks.replaceChildren(...(view ? blockNodes(view.blocks, this.#context(view)) : [this.#waiting()]));
    if (turned) this.page.scrollTop = 0;
    if (was && !putFocusBack(this.blocks, was)) this.page.focus();
  }

  #context(view) {
    const values = this.#values.get(this.state.person) ?? new Values(view.state?.values);
    this.#values.set(this.state.person, values);
    const act = (action, opener) => attempt(opener, async () => {
      const place = { person: this.state.person, view_id: view.id, channel: null, ts: null };
      await sendAction({ ...place, ...action, values: values.toJSON() });
      await this.state.refresh();
    });
    return { values, act, names: this.names, level: 2 };
  }

  #waiting() {
    return h("div", { class: "empty" }, icon("chat"), h("p", {}, "Opening the home page…"));
  }

  #onKey(event, place) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    this.choose(TABS[(place + step + TABS.length) % TABS.length], true);
  }
}
