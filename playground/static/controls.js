// What a visitor can do behind the scenes: push the clock, make trouble, cheat and be caught.

import { h, showList } from "./dom.js";
import { doBackstage } from "./server.js";
import { attempt } from "./trouble.js";

const TICK = 1000;
const SAID_FOR = 30000;
const LEAST_AHEAD = 1;
const CHECKS = new Set(["tamper", "restore", "check"]);

const find = (root, id) => root.querySelector(`#${id}`);

function show(node, isShown) {
  if (node.hidden === isShown) node.hidden = !isShown;
}

function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** "0:42", or "9 min" while there is much of it. */
function timeLeft(until) {
  const seconds = Math.max(0, Math.round((new Date(until) - Date.now()) / 1000));
  if (seconds >= 120) return `${Math.round(seconds / 60)} min`;
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function dayAndTime(moment, zone) {
  return moment.toLocaleString("en-GB", { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: zone });
}

/** Nodes that stay for as long as their item does, so that the focus stays too: made once, then brought up to date. */
class Kept {
  #nodes = new Map();

  constructor(parent, make) {
    this.parent = parent;
    this.make = make;
  }

  show(items) {
    for (const item of items) this.#nodeOf(item).update(item);
  }

  #nodeOf(item) {
    if (!this.#nodes.has(item.id)) {
      this.#nodes.set(item.id, this.make(item));
      this.parent.append(this.#nodes.get(item.id).node);
    }
    return this.#nodes.get(item.id);
  }
}

function makeStep({ id }, ask) {
  const button = h("button", { type: "button", class: "button plain", onclick: () => ask(button, "push", id) });
  return { node: button, update: ({ name }) => write(button, name) };
}

function makeSwitch({ id, name, says, try: hint }, ask) {
  const words = { says: `switch-${id}-says`, left: `switch-${id}-left` };
  const left = h("p", { class: "left", id: words.left, hidden: true });
  const button = h("button", { type: "button", role: "switch", class: "switch", "aria-checked": "false", "aria-describedby": words.says },
    h("span", { class: "track", "aria-hidden": "true" }), h("span", {}, name));
  button.addEventListener("click", () => ask(button, button.getAttribute("aria-checked") === "true" ? "off" : "on", id));
  const node = h("li", { class: "trouble-maker" }, button,
    h("p", { class: "says", id: words.says }, says), h("p", { class: "hint" }, h("strong", {}, "Try: "), hint), left);
  const update = (item) => {
    button.setAttribute("aria-checked", String(item.on));
    node.classList.toggle("on", item.on);
    show(left, item.on);
    if (item.on) write(left, `Goes off by itself in ${timeLeft(item.until)}`);
  };
  return { node, update };
}

function makeTamper({ id, name, says }, ask) {
  const about = `tamper-${id}-says`;
  const button = h("button", { type: "button", class: "button plain", "aria-describedby": about, onclick: () => ask(button, "tamper", id) }, name);
  return { node: h("li", {}, button, h("p", { class: "says", id: about }, says)), update: () => {} };
}

/** A line and what is wrong with it, with the program's own word for that. */
function faultNode({ where, says, code }) {
  return h("li", {}, h("strong", {}, `${where}. `), says, " ", h("code", { title: "The program’s own word for it" }, code));
}

export class Controls {
  #shown = null;
  #heard = null;
  #hush = null;

  constructor(state, root) {
    this.root = root;
    const ask = (button, deed, choice = "") => this.#ask(state, button, deed, choice);
    this.steps = new Kept(find(root, "clock-steps"), (item) => makeStep(item, ask));
    this.switches = new Kept(find(root, "switches"), (item) => makeSwitch(item, ask));
    this.tampers = new Kept(find(root, "tampers"), (item) => makeTamper(item, ask));
    for (const deed of ["calm", "restore", "check"]) {
      const button = find(root, deed);
      button.addEventListener("click", () => ask(button, deed));
    }
    setInterval(() => this.#tick(), TICK);
  }

  /** Do something, and bring into sight what the check found, where there was one. */
  async #ask(state, button, deed, choice) {
    const done = await attempt(button, () => doBackstage(deed, choice));
    await state.refresh();
    if (done && CHECKS.has(deed)) find(this.root, "verdict").scrollIntoView({ block: "nearest" });
  }

  /** Show the controls as they stand; without any, as where no app is behind the page, nothing. */
  show(controls) {
    this.#shown = controls ?? null;
    show(find(this.root, "stage-bar"), Boolean(controls));
    show(find(this.root, "tab-controls"), Boolean(controls));
    if (!controls) return;
    this.steps.show(controls.clock.steps);
    this.tampers.show(controls.record.kinds);
    write(find(this.root, "stage-delivery"), controls.delivery);
    this.#showRecord(controls.record);
    this.#showWrong(controls);
    this.#hear(controls.news);
    this.#tick();
  }

  #tick() {
    if (!this.#shown) return;
    const { clock, switches } = this.#shown;
    const now = new Date(Date.now() + clock.ahead * 1000);
    const time = find(this.root, "stage-time");
    write(time, dayAndTime(now, clock.zone));
    time.dateTime = now.toISOString();
    show(find(this.root, "stage-ahead"), clock.ahead >= LEAST_AHEAD);
    this.switches.show(switches);
  }

  /** What is wrong just now, in sight whatever tab is open. */
  #showWrong({ switches, record }) {
    const wrong = switches.filter((one) => one.on).map((one) => one.name);
    if (record.changed) wrong.push("A row was changed");
    document.body.classList.toggle("in-trouble", wrong.length > 0);
    showList(find(this.root, "stage-now"), wrong, { key: (name) => name, print: (name) => name, draw: (name) => h("li", { class: "mark bad" }, name) });
  }

  #showRecord({ changed, check }) {
    const deed = find(this.root, "tampered");
    show(deed, Boolean(changed));
    write(deed, changed ?? "");
    find(this.root, "restore").classList.toggle("primary", Boolean(changed));
    const verdict = find(this.root, "verdict");
    show(verdict, Boolean(check));
    if (!check) return;
    verdict.classList.toggle("sound", check.sound);
    write(find(this.root, "verdict-says"), check.says);
    write(find(this.root, "verdict-at"), `Checked ${dayAndTime(new Date(check.at), this.#shown.clock.zone)}.`);
    showList(find(this.root, "verdict-faults"), check.faults, { key: (fault) => JSON.stringify(fault), print: (fault) => JSON.stringify(fault), draw: faultNode });
  }

  /** Say what has just been done, by whomever; not what was done before the page was opened. */
  #hear({ number, text }) {
    const before = this.#heard;
    this.#heard = number;
    if (before === null || number === before || !text) return;
    const place = find(this.root, "stage-said");
    place.textContent = text;
    clearTimeout(this.#hush);
    this.#hush = setTimeout(() => { place.textContent = ""; }, SAID_FOR);
  }
}
