// The dialog that the app has open for the person: drawn anew when the app changes it, answers kept.

import { blockNodes, faultsIn, showFaults } from "./blocks.js";
import { putFocusBack, whereFocusWas } from "./focus.js";
import { namesFor } from "./names.js";
import { closeView, sendAction, submitView } from "./server.js";
import { attempt } from "./trouble.js";
import { Values } from "./values.js";

const print = (view) => JSON.stringify({ ...view, state: null });

function pageOf({ id, title, blocks }) {
  const inputs = blocks.filter((block) => block.type === "input").map((block) => block.block_id);
  return JSON.stringify([id, title?.text, inputs]);
}

/** True when an update changed a page but did not turn it: the reader stays where they are. */
function isSamePage(before, after) {
  return pageOf(before) === pageOf(after);
}

export class Dialog {
  #values = new Map();
  #closed = new Set();
  #shown = "";
  #view = null;
  #opener = null;
  #person = null;

  constructor(state, root) {
    this.state = state;
    this.root = root;
    this.names = namesFor(state);
    this.part = (name) => root.querySelector(name);
    this.#listen();
    state.addEventListener("change", () => this.sync());
  }

  #listen() {
    this.root.addEventListener("cancel", (event) => { event.preventDefault(); this.dismiss(); });
    this.root.addEventListener("close", () => { if (this.#view) this.dismiss(); });
    this.part(".shut").addEventListener("click", () => this.dismiss());
    this.part(".close").addEventListener("click", () => this.dismiss());
    this.part("form").addEventListener("submit", (event) => { event.preventDefault(); this.submit(); });
    this.part("form").addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** Enter on a choice does not send the page; Ctrl+Enter in a long text does. */
  #onKey(event) {
    if (event.key !== "Enter") return;
    if (/^(radio|checkbox)$/.test(event.target.type)) event.preventDefault();
    else if (event.target.type === "textarea" && (event.ctrlKey || event.metaKey)) this.submit();
  }

  /** Open, redraw or close, as the state says. */
  sync() {
    const { view } = this.state.data;
    const wanted = view && this.state.isActive && !this.#closed.has(view.id) ? view : null;
    if (!view) this.#closed.clear();
    if (!wanted) this.#hide();
    else if (this.#shown !== print(wanted)) this.#show(wanted);
  }

  #hide() {
    if (!this.#view) return;
    this.#view = null;
    this.#shown = "";
    this.root.close();
    const opener = this.#person === this.state.person && this.#opener?.isConnected ? this.#opener : null;
    (opener && opener !== document.body ? opener : document.querySelector("#messages")).focus();
  }

  #show(view) {
    const focus = this.#view && isSamePage(this.#view, view) ? whereFocusWas(this.root) : null;
    if (!this.#view) this.#rememberOpener();
    this.#view = view;
    this.#shown = print(view);
    this.#draw(view);
    this.#busy(false);
    if (!this.root.open) this.root.showModal();
    if (!putFocusBack(this.root, focus)) this.#startAtTop();
  }

  #rememberOpener() {
    this.#opener = document.activeElement;
    this.#person = this.state.person;
  }

  #startAtTop() {
    this.part(".view-body").scrollTop = 0;
    this.part(".view-title").focus();
  }

  #draw(view) {
    const context = { values: this.#valuesOf(view), names: this.names, level: 3, act: (action, opener) => this.#act(view, action, opener) };
    this.part(".view-title").textContent = view.title?.text ?? "";
    this.part(".troubles").replaceChildren();
    this.part(".view-blocks").replaceChildren(...blockNodes(view.blocks, context));
    this.part(".close").textContent = view.close?.text ?? "Close";
    this.part(".submit-words").textContent = view.submit?.text ?? "";
    this.part(".submit").hidden = !view.submit;
  }

  #valuesOf(view) {
    if (!this.#values.has(view.id)) this.#values.set(view.id, new Values(view.state?.values));
    return this.#values.get(view.id);
  }

  #busy(busy) {
    this.root.classList.toggle("busy", busy);
    this.part(".view-body").inert = busy;
    for (const name of [".submit", ".close"]) this.part(name).disabled = busy;
    this.part(".submit").setAttribute("aria-busy", String(busy));
  }

  async #act(view, action, opener) {
    const body = { person: this.state.person, view_id: view.id, channel: null, ts: null, ...action, values: this.#valuesOf(view).toJSON() };
    this.root.classList.add("busy");
    await attempt(opener, async () => {
      await sendAction(body);
      await this.state.refresh();
    });
    this.root.classList.remove("busy");
  }

  async submit() {
    const view = this.#view;
    if (!view?.submit || this.root.classList.contains("busy")) return;
    const values = this.#valuesOf(view);
    if (showFaults(this.root, faultsIn(view.blocks, values))) return;
    this.#busy(true);
    const answer = await attempt(null, () => this.#send(view, values));
    this.#busy(false);
    if (answer?.errors && this.#view?.id === view.id) showFaults(this.root, answer.errors);
    else if (answer === null && this.#view) this.part(".submit").focus();
  }

  async #send(view, values) {
    const answer = await submitView({ person: this.state.person, view_id: view.id, values: values.toJSON() });
    if (!answer.errors) await this.state.refresh();
    return answer;
  }

  /** Close at once for the person, then tell the app. */
  async dismiss() {
    const view = this.#view;
    if (!view) return;
    this.#closed.add(view.id);
    this.#hide();
    await attempt(null, () => closeView({ person: this.state.person, view_id: view.id }));
    await this.state.refresh();
  }
}
