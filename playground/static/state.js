// What the page knows: who you are, where you are looking, and the workspace as that person sees it.

import { pushClock } from "./dates.js";
import { readMemory, writeMemory } from "./memory.js";
import { Line, Trouble, readPanel, readState } from "./server.js";

/** Slack: where what a person sees is read, and the line on which changes are told. */
const SLACK = { read: readState, readPanel, events: "/play/events?person=", keeps: "" };

const SETTLED_AFTER = 300;
const EMPTY = { team: {}, people: [], channels: [], messages: {}, view: null, home: null, shortcuts: [], notices: [] };

export class State extends EventTarget {
  data = EMPTY;
  panel = { cases: [], ledger: [], outbox: [] };
  linked = true;
  /** Whether the messages can be seen: on a phone another part of the page may be in front of them. */
  isInSight = () => true;
  loaded = false;
  /** Whether this is the side of the page that one looks at. */
  isActive = true;
  #read;
  #last;
  #waiting = new Map();
  #glance = null;
  #cycle = null;
  #again = false;

  /** `first` is who one is when the person asked for is not at this school; `source` where it all comes from. */
  constructor(person, first, source = SLACK) {
    super();
    this.source = source;
    this.#read = readMemory(`${source.keeps}read`);
    this.#last = readMemory(`${source.keeps}last`);
    this.person = person ?? first;
    this.first = first;
    this.channel = null;
    this.line = new Line(source.events, {
      onChange: () => this.refresh(),
      onLink: (linked) => this.#link(linked),
    });
  }

  #tell(what) {
    this.dispatchEvent(new Event(what));
  }

  start() {
    this.line.listenAs(this.person);
    return this.refresh();
  }

  /** Look again; calls that come while one is under way become a single later one, and wait for it. */
  refresh() {
    this.#again = true;
    this.#cycle ??= this.#fetchAll().finally(() => { this.#cycle = null; });
    return this.#cycle;
  }

  async #fetchAll() {
    while (this.#again) {
      this.#again = false;
      await this.#fetchOnce();
    }
  }

  async #fetchOnce() {
    const person = this.person;
    try {
      const [data, panel] = await Promise.all([this.source.read(person), this.source.readPanel?.()]);
      if (person !== this.person) { this.#again = true; return; }
      this.data = { ...EMPTY, ...data };
      if (panel) this.#takePanel(panel);
      this.loaded = true;
      this.#link(true);
      this.#chooseChannel();
      this.#tell("change");
      if (this.isActive) this.lookAtOthersSoon();
    } catch (error) {
      this.#link(false);
      if (error instanceof Trouble && person !== this.first) this.become(this.first);
    }
  }

  #takePanel(panel) {
    this.panel = panel;
    pushClock(panel.controls?.clock.ahead ?? 0);
  }

  #link(linked) {
    this.linked = linked;
    this.#tell("link");
  }

  #chooseChannel() {
    if (!this.channelNamed(this.channel)) this.channel = this.#last[this.person];
    if (!this.channelNamed(this.channel)) this.channel = this.#firstChannel()?.id ?? null;
    this.markRead();
  }

  /** Where to begin: where one can write, and there where something is new. */
  #firstChannel() {
    const writable = this.data.channels.filter((channel) => !channel.read_only);
    return writable.find((channel) => this.unreadIn(channel.id) > 0) ?? writable[0] ?? this.data.channels[0];
  }

  become(person) {
    if (person === this.person) return;
    this.person = person;
    this.channel = null;
    this.data = { ...EMPTY, people: this.data.people, team: this.data.team };
    this.loaded = false;
    this.#tell("person");
    this.#tell("change");
    this.line.listenAs(person);
    this.refresh();
  }

  /** One looks at this side of the page, or at the other. */
  turn(isActive) {
    this.isActive = isActive;
    if (isActive) this.markRead();
    for (const what of ["change", "others", "link"]) this.#tell(what);
    if (isActive) this.lookAtOthersSoon();
  }

  /** The messages have come into sight. */
  seeMessages() {
    this.markRead();
    this.#tell("change");
  }

  look(channel) {
    this.channel = channel;
    this.#last[this.person] = channel;
    writeMemory(`${this.source.keeps}last`, this.#last);
    this.markRead();
    this.#tell("channel");
    this.#tell("change");
  }

  messagesIn(channel) {
    return this.data.messages[channel] ?? [];
  }

  personNamed(id) {
    return this.data.people.find((person) => person.id === id);
  }

  channelNamed(id) {
    return this.data.channels.find((channel) => channel.id === id);
  }

  unreadIn(channel) {
    return this.#countUnread(this.person, channel, this.messagesIn(channel));
  }

  #countUnread(person, channel, messages) {
    const from = this.#read[person]?.[channel] ?? "";
    return messages.filter((message) => message.user !== person && message.ts > from).length;
  }

  /** How many messages wait for someone else at the school, as far as this page has looked. */
  unreadFor(person) {
    return person.unread ?? this.#waiting.get(person.id) ?? 0;
  }

  /** Once changes have settled, look what waits for the others, so that one sees whom to become next. */
  lookAtOthersSoon() {
    clearTimeout(this.#glance);
    this.#glance = setTimeout(() => this.#lookAtOthers(), SETTLED_AFTER);
  }

  async #lookAtOthers() {
    const others = this.data.people.filter((person) => person.id !== this.person);
    const seen = await Promise.all(others.map((person) => this.source.read(person.id).catch(() => EMPTY)));
    seen.forEach(({ channels, messages }, place) => {
      const { id } = others[place];
      const counts = channels.map((channel) => this.#countUnread(id, channel.id, messages[channel.id] ?? []));
      this.#waiting.set(id, counts.reduce((sum, count) => sum + count, 0));
    });
    this.#tell("others");
  }

  markRead() {
    const latest = this.messagesIn(this.channel).reduce((last, message) => (message.ts > last ? message.ts : last), "");
    if (!this.channel || document.hidden || !this.isInSight() || latest <= (this.#read[this.person]?.[this.channel] ?? "")) return;
    this.#read[this.person] = { ...this.#read[this.person], [this.channel]: latest };
    writeMemory(`${this.source.keeps}read`, this.#read);
  }
}
