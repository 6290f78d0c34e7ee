// Behind the scenes: what the product keeps, as it changes.

import { cell, label } from "./cells.js";
import { Controls } from "./controls.js";
import { h, showList } from "./dom.js";

const SECTIONS = ["cases", "ledger", "outbox"];
const OPEN_AT_FIRST = new Set(["cases"]);
const NEW_FOR = 6000;
const SHOWN_AT_FIRST = 40;

const isFilled = (value) => value !== undefined && value !== null && value !== "";

function mark({ text, mood }, changed) {
  return h("span", { class: changed ? `mark ${mood} changed` : `mark ${mood}` }, text.replaceAll("_", " "));
}

function fieldNodes(fields, changed) {
  const filled = Object.entries(fields ?? {}).filter(([, value]) => isFilled(value));
  return filled.map(([name, value]) => h("div", { class: changed.has(name) ? "field changed" : "field" }, h("dt", {}, label(name)), h("dd", {}, cell(name, value))));
}

function plainNodes(plain) {
  if (!Object.keys(plain).length) return h("p", {}, "Nothing is in it yet.");
  return h("dl", {}, Object.entries(plain).map(([name, text]) => h("div", { class: "field" }, h("dt", {}, label(name)), h("dd", { dir: "auto" }, text))));
}

/** What is locked in a row: the bytes in the file, and beside them what the school's key makes of them. */
function sealedNode({ cipher, bytes, plain, trouble }, isOpen) {
  return h("details", { class: "sealed", open: isOpen },
    h("summary", {}, "Locked in this row"),
    h("p", { class: "only" }, "Only someone with the school’s key can read this."),
    h("p", { class: "side" }, `In the file: ${bytes} bytes`),
    h("code", { class: "cipher", "aria-label": "Bytes that nobody can read" }, `${cipher}…`),
    h("p", { class: "side" }, "With the key"),
    plain ? plainNodes(plain) : h("p", { class: "trouble" }, trouble),
  );
}

/** A row as a card: its name, what it is, how it stands, and what is locked in it; lit for a moment when new. */
function rowNode({ row, changed, isNew }, isOpen) {
  const kind = isNew ? "new" : changed.size ? "touched" : "";
  const node = h("li", { class: `row ${kind}` },
    h("div", { class: "row-head" },
      h("strong", {}, row.title),
      (row.marks ?? []).map((one) => mark(one, changed.has("marks")))),
    row.says && h("p", { class: "says" }, row.says),
    h("dl", {}, fieldNodes(row.fields, changed)),
    row.sealed && sealedNode(row.sealed, isOpen),
  );
  setTimeout(() => node.classList.remove("new", "touched"), NEW_FOR);
  return node;
}

const differ = (one, other) => JSON.stringify(one) !== JSON.stringify(other);

function changesBetween(old, row) {
  if (!old) return new Set();
  const fields = Object.keys(row.fields ?? {}).filter((name) => differ(row.fields[name], old.fields?.[name]));
  return new Set(differ(row.marks, old.marks) ? [...fields, "marks"] : fields);
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
    const items = rows.map((row) => ({ key: row.id, row, isNew: this.#isYoung(row.id), changed: changesBetween(before?.get(row.id), row) }));
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
    showList(this.list, shown, { key: (item) => item.key, print: (item) => JSON.stringify(item.row), draw: (item, old) => this.#drawRow(item, old) });
  }

  /** A row that is drawn again keeps its lock open or shut as the person left it. */
  #drawRow(item, old) {
    const lock = old?.querySelector(".sealed");
    return rowNode(item, lock ? lock.open : OPEN_AT_FIRST.has(this.name));
  }
}

export class Panel {
  #timers = new Map();

  constructor(state, root) {
    this.tabs = [...root.querySelectorAll("[role=tab]")];
    this.pages = this.tabs.map((tab) => root.querySelector(`#${tab.getAttribute("aria-controls")}`));
    this.sections = SECTIONS.map((name) => new Section(root, name));
    this.controls = new Controls(state, root);
    this.tabs.forEach((tab, place) => {
      tab.addEventListener("click", () => this.choose(place));
      tab.addEventListener("keydown", (event) => this.#onKey(event, place));
    });
    state.addEventListener("change", () => { if (state.loaded) this.show(state.panel); });
    this.choose(0);
  }

  show(panel) {
    for (const section of this.sections) if (section.show(panel[section.name] ?? [])) this.#light(section.tab);
    this.controls.show(panel.controls);
  }

  #light(tab) {
    tab.classList.add("lit");
    clearTimeout(this.#timers.get(tab));
    this.#timers.set(tab, setTimeout(() => tab.classList.remove("lit"), NEW_FOR));
  }

  choose(place, focus = false) {
    this.tabs.forEach((tab, index) => {
      this.pages[index].hidden = index !== place;
      tab.setAttribute("aria-selected", String(index === place));
      tab.tabIndex = index === place ? 0 : -1;
    });
    if (focus) this.tabs[place].focus();
  }

  #onKey(event, place) {
    const last = this.tabs.findLastIndex((tab) => !tab.hidden);
    const next = { ArrowRight: place === last ? 0 : place + 1, ArrowLeft: place === 0 ? last : place - 1, Home: 0, End: last }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    this.choose(next, true);
  }
}
