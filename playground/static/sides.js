// The two sides of the pretend school: Slack, which is there at once, and Teams, which is fetched when it is first opened.

import { attempt } from "./trouble.js";

const SIDES = ["slack", "teams"];
const ADDRESS = /^(?<teams>teams\/)?(?<person>[\w.-]*)$/;

/** Whose eyes the address says that one looks through, and on which side; `person` may be empty. */
export function readAddress() {
  const { teams, person } = ADDRESS.exec(decodeURIComponent(location.hash.slice(1)))?.groups ?? {};
  return { side: teams ? "teams" : "slack", person: person ?? "" };
}

/** Keep in the address who one is, and on which side. */
export function writeAddress(state) {
  history.replaceState(null, "", `#${state.source.keeps}${state.person}`);
}

/** The same person's account on the other side, by their post. */
function accountOf(person, state) {
  return state.data.people.find((one) => one.name === person?.name)?.id;
}

export class Sides extends EventTarget {
  #states = {};
  #nodes = {};
  #opening = null;
  current = "slack";

  /** `root` holds the switch's buttons; `nodes` are what is seen of Slack only; `firstInTeams` who one is there otherwise. */
  constructor(slack, root, nodes, firstInTeams) {
    super();
    this.#states.slack = slack;
    this.#nodes.slack = nodes;
    this.firstInTeams = firstInTeams;
    this.buttons = [...root.querySelectorAll("[data-side]")];
    for (const button of this.buttons) button.addEventListener("click", () => this.open(button.dataset.side, { opener: button }));
    this.#show();
  }

  /** What the page knows of the side one looks at. */
  get state() {
    return this.#states[this.current];
  }

  get hasTeams() {
    return Boolean(this.firstInTeams);
  }

  /** Go to a side, as the same person there, or as the one named; true when one is there. */
  async open(side, { person = "", opener } = {}) {
    if (side === "teams" && !this.hasTeams) return false;
    if (side === this.current) return true;
    if (!this.#states[side] && !(await attempt(opener, () => this.#fetch(person)))) return false;
    const to = this.#states[side];
    const who = person || accountOf(this.state.personNamed(this.state.person), to);
    this.state.turn(false);
    this.current = side;
    if (to.personNamed(who)) to.become(who);
    this.#show();
    to.turn(true);
    writeAddress(to);
    this.dispatchEvent(new Event("turn"));
    return true;
  }

  #fetch(person) {
    this.#opening ??= this.#fetchOnce(person).finally(() => { this.#opening = null; });
    return this.#opening;
  }

  async #fetchOnce(person) {
    const { openTeams } = await import("./teams.js");
    const { state, nodes } = await openTeams(person || null, this.firstInTeams);
    this.#nodes.teams = nodes;
    this.#states.teams = state;
    return true;
  }

  #show() {
    document.body.dataset.side = this.current;
    for (const side of SIDES) for (const node of this.#nodes[side] ?? []) node.hidden = side !== this.current;
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.dataset.side === this.current));
  }
}
