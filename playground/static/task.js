// The dialog of Teams: a card in a window, whose own buttons send it; only the cross is the window's.

import { cardNode } from "./cards.js";
import { h, icon } from "./dom.js";
import { act } from "./teams_deeds.js";
import { attempt } from "./trouble.js";
import { doInTeams } from "./teams_server.js";

function frame() {
  return h("dialog", { class: "view task", id: "task", "aria-labelledby": "task-title" },
    h("div", { class: "task-page" },
      h("header", { class: "view-head" },
        h("button", { type: "button", class: "shut bare", "aria-label": "Close" }, icon("close")),
        h("h2", { class: "view-title", id: "task-title", tabindex: "-1", dir: "auto" }),
        h("span", { class: "avatar bot", "aria-hidden": "true" }, icon("mark"))),
      h("div", { class: "progress", "aria-hidden": "true" }),
      h("div", { class: "view-body" }, h("div", { class: "troubles" }), h("div", { class: "task-card" }))));
}

function errorsNode(errors) {
  return h("div", { class: "notice", role: "alert" }, icon("warning"), h("span", { dir: "auto" }, errors.join(" ")));
}

export class Task {
  root = frame();
  #closed = new Set();
  #shown = "";
  #view = null;
  #opener = null;
  #person = null;

  constructor(state) {
    this.state = state;
    this.part = (name) => this.root.querySelector(name);
    document.body.append(this.root);
    this.part(".shut").addEventListener("click", () => this.dismiss());
    this.root.addEventListener("cancel", (event) => { event.preventDefault(); this.dismiss(); });
    this.root.addEventListener("close", () => { if (this.#view) this.dismiss(); });
    state.addEventListener("change", () => this.sync());
  }

  /** Open, redraw or close, as the state says; while one looks at the other side it is out of sight. */
  sync() {
    const { view } = this.state.data;
    if (!view) this.#closed.clear();
    const wanted = view && this.state.isActive && !this.#closed.has(view.id) ? view : null;
    if (!wanted) this.#hide();
    else if (this.#shown !== JSON.stringify(wanted)) this.#show(wanted);
  }

  #hide() {
    if (!this.#view) return;
    this.#view = null;
    this.#shown = "";
    this.root.close();
    const opener = this.#person === this.state.person && this.#opener?.isConnected ? this.#opener : null;
    (opener && opener !== document.body ? opener : document.querySelector("#teams-messages")).focus();
  }

  #show(view) {
    const errorsOnly = this.#view && JSON.stringify({ ...this.#view, errors: [] }) === JSON.stringify({ ...view, errors: [] });
    if (!this.#view) this.#rememberOpener();
    this.#view = view;
    this.#shown = JSON.stringify(view);
    this.part(".troubles").replaceChildren(...(view.errors?.length ? [errorsNode(view.errors)] : []));
    if (errorsOnly) return;
    this.part(".view-title").textContent = view.title ?? "";
    this.part(".task-card").replaceChildren(this.#content(view));
    if (!this.root.open) this.root.showModal();
    this.part(".view-body").scrollTop = 0;
    this.part(".view-title").focus();
  }

  #rememberOpener() {
    this.#opener = document.activeElement;
    this.#person = this.state.person;
  }

  #content(view) {
    if (!view.card) return h("p", { class: "task-words", dir: "auto" }, view.text ?? "");
    const card = cardNode(view.card, { level: 3, act: (action, inputs, opener) => this.#press(view, action, inputs, opener) });
    card.querySelector(".color-attention")?.setAttribute("role", "alert");
    return card;
  }

  async #press(view, action, inputs, opener) {
    if (this.root.classList.contains("busy")) return;
    this.#busy(true);
    await act(this.state, "submit", { dialog: view.id, action, inputs }, opener);
    this.#busy(false);
    if (this.#view?.id === view.id && opener.isConnected) opener.focus();
  }

  #busy(busy) {
    this.root.classList.toggle("busy", busy);
    this.part(".task-card").inert = busy;
    this.part(".task-card").setAttribute("aria-busy", String(busy));
  }

  /** Close at once for the person, then tell the server. */
  async dismiss() {
    const view = this.#view;
    if (!view) return;
    this.#closed.add(view.id);
    this.#hide();
    await attempt(null, () => doInTeams("close", { person: this.state.person, dialog: view.id }));
    await this.state.refresh();
  }
}
