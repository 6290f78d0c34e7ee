// The middle of the page: the channel's name, its messages and their threads.

import { dayName, fromTs } from "./dates.js";
import { h, icon, showList } from "./dom.js";
import { channelTitle, namesFor } from "./names.js";
import { OpenThreads, threadNode, threadsOf } from "./threads.js";

const SAME_BREATH = 300;
const NEAR_THE_FOOT = 120;

function aboutChannel(channel) {
  if (!channel) return "";
  if (channel.kind === "dm") return "Only the two of you see this";
  return channel.private ? "Only its members see this" : "Everyone who works here sees this";
}

function isCompact(message, before) {
  if (!before || before.user !== message.user || before.ephemeral || message.ephemeral || message.card || message.blocks?.length) return false;
  return Number(message.ts) - Number(before.ts) < SAME_BREATH;
}

function withDays(threads) {
  let day = "";
  return threads.flatMap((thread) => {
    const today = dayName(fromTs(thread.message.ts));
    const rule = today === day ? [] : [{ day: today }];
    day = today;
    return [...rule, thread];
  });
}

export class Conversation {
  #open = new OpenThreads();
  #shown = null;
  #length = 0;
  #follows = true;

  /** `parts` are the elements that it fills; `drawing` says how a message is drawn, and where one answers it. */
  constructor(state, parts, drawing) {
    this.state = state;
    Object.assign(this, parts);
    this.context = { state, names: namesFor(state), ...drawing };
    this.newer.addEventListener("click", () => this.#toFoot());
    this.scroll.addEventListener("scroll", () => this.#noteFoot());
    this.#followFoot();
    state.addEventListener("change", () => this.show());
  }

  show() {
    const channel = this.state.channelNamed(this.state.channel);
    const place = `${this.state.person}/${this.state.channel}`;
    const moved = place !== this.#shown;
    if (moved) this.list.replaceChildren();
    this.#showHead(channel);
    this.#showMessages();
    this.#keepPlace(moved);
    this.#shown = place;
  }

  #showHead(channel) {
    const title = channel ? channelTitle(this.state, channel) : "";
    const sign = channel?.private && channel.kind !== "dm" ? [icon("lock")] : [];
    this.title.replaceChildren(...sign, h("bdi", {}, title));
    this.about.textContent = aboutChannel(channel);
  }

  #showMessages() {
    const items = withDays(this.#threads());
    showList(this.list, items.length ? items : [{ empty: true }], {
      key: (item) => item.day ?? item.message?.ts ?? "empty",
      print: (item) => (item.message ? this.#print(item) : JSON.stringify([item, this.state.loaded])),
      draw: (item, old) => this.#draw(item, old),
    });
  }

  #threads() {
    const threads = threadsOf(this.state.messagesIn(this.state.channel).map((one) => ({ ...one, channel: this.state.channel })));
    const newest = threads.findLast((thread) => thread.replies.length)?.message.ts;
    const here = this.state.channelNamed(this.state.channel);
    const readOnly = Boolean(here?.read_only || here?.no_threads);
    return threads.map((thread, place) => {
      const compact = !this.context.allApart && isCompact(thread.message, threads[place - 1]?.replies.length ? null : threads[place - 1]?.message);
      const open = this.#open.isOpen(thread.message.ts, newest);
      return { ...thread, compact, readOnly, open, print: JSON.stringify([thread.message, compact]) };
    });
  }

  #print(thread) {
    return JSON.stringify([thread.print, thread.replies, thread.open]);
  }

  #draw(item, old) {
    if (item.day) return h("div", { class: "day" }, h("span", {}, item.day));
    if (item.empty) return this.#emptyNode();
    return threadNode(item, this.context, (ts, open) => this.#toggle(ts, open), old);
  }

  #emptyNode() {
    if (!this.state.loaded) return h("p", { class: "empty" }, "Fetching the messages…");
    const here = this.state.channelNamed(this.state.channel);
    const hint = here?.note || (here?.read_only ? "What the app tells you alone comes here." : this.context.howToBegin);
    return h("div", { class: "empty" }, icon("chat"), h("p", {}, "Nothing here yet."), h("p", {}, hint));
  }

  #toggle(ts, open) {
    this.#open.toggle(ts, open);
    this.show();
    if (open) this.list.querySelector(`[data-key="${CSS.escape(ts)}"] .thread`)?.scrollIntoView({ block: "nearest" });
  }

  #atFoot() {
    return this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < NEAR_THE_FOOT;
  }

  #toFoot() {
    this.#follows = true;
    this.scroll.scrollTop = this.scroll.scrollHeight;
    this.newer.hidden = true;
  }

  #noteFoot() {
    this.#follows = this.#atFoot();
    if (this.#follows) this.newer.hidden = true;
  }

  /** Whoever reads the newest message goes on seeing it when the list grows, or comes into sight on a phone. */
  #followFoot() {
    const watch = new ResizeObserver(() => { if (this.#follows) this.#toFoot(); });
    watch.observe(this.scroll);
    watch.observe(this.list);
  }

  #keepPlace(moved) {
    const messages = this.state.messagesIn(this.state.channel);
    const grew = messages.length > this.#length && !moved;
    const mine = messages.at(-1)?.user === this.state.person;
    this.#length = messages.length;
    if (moved || (grew && (this.#follows || mine))) this.#toFoot();
    else if (grew) this.newer.hidden = false;
  }
}
