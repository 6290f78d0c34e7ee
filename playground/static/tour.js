// The guided tour: it plays short stories on the page itself, with a caption, and stops when the visitor takes over.

import { DidNotCome, Halted, Hands, Pace } from "./hands.js";
import { stepsOf } from "./stories.js";

const PER_WORD = 340;
const AT_LEAST = 3000;
const AFTER_A_DEED = 1200;
const REST = 60;
const END = "That was Sharecheck. Now try it yourself: become anyone at this school, and press anything.";
const TAKEN_OVER = "You have taken over, so the tour has stopped. All is as you see it.";
const failed = (what) => `The tour waited for ${what}, and it did not come. Is some trouble switched on behind the scenes?`;

const readingTime = (words) => Math.max(AT_LEAST, words.split(" ").length * PER_WORD);

export class Tour {
  #pace = new Pace();
  #skip = false;
  #plays = true;
  #opener = null;
  #own = null;
  #byTab = false;
  #watched = new Set();

  constructor(sides, root) {
    this.sides = sides;
    this.steps = stepsOf(sides.hasTeams);
    this.root = root;
    this.view = document.querySelector("#view");
    this.part = (name) => root.querySelector(`#tour-${name}`);
    this.calm = window.matchMedia("(prefers-reduced-motion: reduce)");
    this.part("next").addEventListener("click", () => this.#next());
    this.part("pause").addEventListener("click", () => this.#setPlaying(!this.#plays));
    this.part("again").addEventListener("click", () => this.start());
    this.part("leave").addEventListener("click", () => this.leave());
    this.#watchVisitor();
    this.#watchPlace();
  }

  get isOn() {
    return this.root.matches(":popover-open");
  }

  /** Play from the start. Where motion is unwelcome it waits for the visitor after each step. */
  start(opener = null) {
    this.#halt();
    this.#opener = opener ?? this.#opener;
    document.body.classList.add("touring");
    this.#dock();
    this.#setPlaying(!this.calm.matches);
    this.#own = this.part("next");
    this.#offer({ next: true, pause: true });
    this.#keepFocus();
    this.#play(this.#pace = new Pace());
  }

  /** End it, leave everything as it is, and go back to where the visitor began. */
  leave() {
    this.#halt();
    this.#own = null;
    if (this.isOn) this.root.hidePopover();
    document.body.append(this.root);
    document.body.classList.remove("touring");
    const back = this.view.open ? this.view.querySelector(".view-title") : this.#opener?.checkVisibility() ? this.#opener : document.querySelector("#messages");
    back.focus();
  }

  #halt() {
    this.#pace.halted = true;
    for (const node of document.querySelectorAll(".tour-target")) node.classList.remove("tour-target");
  }

  // Playing

  async #play(pace) {
    const hands = new Hands(this.sides, pace, { calm: this.calm.matches });
    try {
      for (const [place, step] of this.steps.entries()) await this.#playStep(step, place, hands);
      hands.dim();
      this.#end(END);
    } catch (error) {
      if (error instanceof Halted || pace.halted) return;
      hands.dim();
      this.#end(failed(error instanceof DidNotCome ? error.message : "the next thing"));
    }
  }

  async #playStep({ title, say, do: deed }, place, hands) {
    this.#skip = false;
    hands.pace.hurried = false;
    hands.dim();
    this.#caption(title, say, place);
    const since = Date.now();
    await deed(hands);
    this.#keepFocus();
    await this.#rest(hands.pace, Math.max(AFTER_A_DEED, readingTime(say) - (Date.now() - since)));
  }

  /** Time to read; when paused, for as long as the visitor likes. */
  async #rest(pace, time) {
    let left = time;
    while (!this.#skip && (!this.#plays || left > 0)) {
      pace.check();
      await new Promise((resolve) => setTimeout(resolve, REST));
      if (this.#plays) left -= REST;
    }
    pace.check();
  }

  #caption(title, words, place) {
    this.part("story").textContent = title;
    this.part("words").textContent = words;
    this.part("step").textContent = `${place + 1} of ${this.steps.length}`;
    this.root.style.setProperty("--done", (place + 1) / this.steps.length);
  }

  #end(words) {
    this.part("words").textContent = words;
    this.#offer({ next: false, pause: false });
    this.#own &&= this.part("leave");
    this.#keepFocus();
  }

  #offer({ next, pause }) {
    this.part("next").hidden = !next;
    this.part("pause").hidden = !pause;
  }

  #next() {
    this.#skip = true;
    this.#pace.frozen = false;
    this.#pace.hurried = true;
  }

  #setPlaying(plays) {
    this.#plays = plays;
    this.#pace.frozen = !plays && !this.#pace.halted;
    this.part("pause").textContent = plays ? "Pause" : "Play";
  }

  // Beside the visitor

  /** Whatever the visitor presses or types outside the caption ends the tour; what they pressed happens. */
  #watchVisitor() {
    const takeOver = (event) => {
      if (!event.isTrusted || !this.isOn || this.#pace.halted || this.root.contains(event.target)) return;
      this.#halt();
      this.#own = null;
      this.#end(TAKEN_OVER);
    };
    for (const kind of ["click", "beforeinput"]) document.addEventListener(kind, takeOver, true);
    document.addEventListener("keydown", (event) => {
      this.#byTab = event.key === "Tab";
      if (event.key !== "Escape" || !this.isOn) return;
      event.preventDefault();
      event.stopPropagation();
      this.leave();
    }, true);
    document.addEventListener("pointerdown", () => { this.#byTab = true; }, true);
    document.addEventListener("focusin", (event) => {
      if (this.root.contains(event.target)) this.#own = event.target;
      else if (this.#byTab) this.#own = null;
      this.#byTab = false;
    });
  }

  /** An open dialog makes the rest of the page dead: the caption goes into it, and comes out when it closes. */
  #watchPlace() {
    this.#watchState();
    this.sides.addEventListener("turn", () => this.#watchState());
    new MutationObserver(() => { if (this.isOn || this.#isLost()) this.#dock(); }).observe(this.view, { attributeFilter: ["open"] });
    new ResizeObserver(() => document.body.style.setProperty("--tour", `${this.root.offsetHeight}px`)).observe(this.root);
  }

  /** Whatever is drawn anew, on either side, may have moved the focus. */
  #watchState() {
    const { state } = this.sides;
    if (this.#watched.has(state)) return;
    this.#watched.add(state);
    state.addEventListener("change", () => { if (this.isOn) this.#keepFocus(); });
  }

  #isLost() {
    return document.body.classList.contains("touring") && !this.isOn;
  }

  #dock() {
    const place = this.view.open ? this.view : document.body;
    if (this.root.parentElement !== place) place.append(this.root);
    if (!this.isOn) this.root.showPopover();
    this.#keepFocus();
  }

  /** The focus stays on the caption's button while the page underneath moves it about. */
  #keepFocus() {
    const own = this.#own?.checkVisibility() ? this.#own : null;
    if (own && document.activeElement !== own) own.focus({ preventScroll: true });
  }
}
