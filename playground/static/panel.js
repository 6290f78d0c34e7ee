// Behind the scenes: what the product keeps, as it changes.

import { cell, label } from "./cells.js";
import { h, showList } from "./dom.js";

const SECTIONS = ["cases", "ledger", "outbox"];
const IDENTITY = ["id", "key", "seq", "number", "entry", "reference", "case"];
const TITLE = ["reference", "what", "event", "kind", "template", "seq", "key", "id"];
const MARKS = ["status", "state", "outcome", "urgency"];
const GOOD = new Set(["decided", "closed", "share", "done", "sent", "delivered", "filed"]);
const BAD = new Set(["buried", "failed", "now", "do_not_share", "reason_due"]);
const NEW_FOR = 6000;
const SHOWN_AT_FIRST = 40;

const present = (names, row) => names.find((name) => row[name] !== undefined && row[name] !== null && row[name] !== "");

function keyOf(row, place) {
  const name = present(IDENTITY, row);
  return name ? `${name}:${row[name]}` : `place:${place}`;
}

function mark(name, value, changed) {
  const mood = GOOD.has(value) ? "good" : BAD.has(value) ? "bad" : "even";
  return h("span", { class: changed ? `mark ${mood} changed` : `mark ${mood}`, title: label(name) }, String(value).replaceAll("_", " "));
}

function fieldNodes(row, names, changed) {
  const kind = (name) => (changed.has(name) ? "field changed" : "field");
  return names.map((name) => h("div", { class: kind(name) }, h("dt", {}, label(name)), h("dd", {}, cell(name, row[name]))));
}

/** A row as a card: its name, its state, and everything else that is filled in below; lit for a moment when new. */
function rowNode({ row, changed, isNew }) {
  const title = present(TITLE, row);
  const filled = Object.keys(row).filter((name) => present([name], row));
  const marks = MARKS.filter((name) => name !== title && row[name]);
  const rest = filled.filter((name) => name !== title && !marks.includes(name));
  const node = h("li", { class: isNew ? "row new" : changed.size ? "row touched" : "row" },
    h("div", { class: "row-head" },
      h("strong", { title: title && label(title) }, title ? cell(title, row[title]) : "Row"),
      marks.map((name) => mark(name, row[name], changed.has(name)))),
    h("dl", {}, fieldNodes(row, rest, changed)),
  );
  setTimeout(() => node.classList.remove("new", "touched"), NEW_FOR);
  return node;
}

function changesBetween(old, row) {
  if (!old) return new Set();
  return new Set(Object.keys(row).filter((name) => JSON.stringify(row[name]) !== JSON.stringify(old[name])));
}

class Section {
  #rows = null;
  #born = new Map();
  #all = false;

  constructor(root, name) {
    this.name = name;
    this.tab = root.querySelector(`#tab-${name}`);
    this.page = root.querySelector(`#page-${name}`);
    this.list = this.page.querySelector("ol");
    this.more = this.page.querySelector(".more");
    this.more.addEventListener("click", () => this.#showAll());
  }

  /** Show rows, newest first; true when something is new since the last time. */
  show(rows) {
    const before = this.#rows;
    const known = new Map(rows.map((row, place) => [keyOf(row, place), row]));
    const items = [...known].map(([key, row]) => ({ key, row, isNew: this.#isYoung(key), changed: changesBetween(before?.get(key), row) }));
    this.#rows = new Map(items.map((item) => [item.key, item.row]));
    this.#draw(items);
    return items.some((item) => (before && !before.has(item.key)) || item.changed.size > 0);
  }

  /** New for a few seconds, also when it changes at once; what was there on arrival is not new. */
  #isYoung(key) {
    if (!this.#born.has(key)) this.#born.set(key, this.#rows ? Date.now() : 0);
    return Date.now() - this.#born.get(key) < NEW_FOR;
  }

  #showAll() {
    this.#all = true;
    this.#draw([...this.#rows].map(([key, row]) => ({ key, row, isNew: false, changed: new Set() })));
  }

  #draw(items) {
    const rows = items.toReversed();
    const shown = this.#all ? rows : rows.slice(0, SHOWN_AT_FIRST);
    this.tab.querySelector(".count").textContent = String(rows.length);
    this.more.hidden = shown.length === rows.length;
    this.page.querySelector(".none").hidden = rows.length > 0;
    showList(this.list, shown, { key: (item) => item.key, print: (item) => JSON.stringify(item.row), draw: (item) => rowNode(item) });
  }
}

export class Panel {
  #timers = new Map();

  constructor(state, root) {
    this.tabs = [...root.querySelectorAll("[role=tab]")];
    this.sections = SECTIONS.map((name) => new Section(root, name));
    this.tabs.forEach((tab, place) => {
      tab.addEventListener("click", () => this.choose(place));
      tab.addEventListener("keydown", (event) => this.#onKey(event, place));
    });
    state.addEventListener("change", () => { if (state.loaded) this.show(state.panel); });
    this.choose(0);
  }

  show(panel) {
    for (const section of this.sections) if (section.show(panel[section.name] ?? [])) this.#light(section.tab);
  }

  #light(tab) {
    tab.classList.add("lit");
    clearTimeout(this.#timers.get(tab));
    this.#timers.set(tab, setTimeout(() => tab.classList.remove("lit"), NEW_FOR));
  }

  choose(place, focus = false) {
    this.sections.forEach((section, index) => {
      section.page.hidden = index !== place;
      section.tab.setAttribute("aria-selected", String(index === place));
      section.tab.tabIndex = index === place ? 0 : -1;
    });
    if (focus) this.sections[place].tab.focus();
  }

  #onKey(event, place) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    this.choose((place + step + this.sections.length) % this.sections.length, true);
  }
}
