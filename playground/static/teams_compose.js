// Where one types in Teams, with the app's button beside it, and the app's command at the top.

import { growing, sendFrom, sendOnEnter } from "./composer.js";
import { h, icon, showList } from "./dom.js";
import { openMenu } from "./menu.js";
import { channelTitle } from "./names.js";
import { act, commandsIn, extend, write } from "./teams_deeds.js";

export class Compose {
  #drafts = new Map();
  #place = null;

  constructor(state, root) {
    this.state = state;
    this.box = root.querySelector("#teams-box");
    this.apps = root.querySelector(".apps");
    this.command = root.querySelector(".command");
    this.command.addEventListener("click", () => openMenu(this.command, this.#commands()));
    this.fit = growing(this.box);
    sendOnEnter(this.box, null, () => this.#send());
    root.querySelector(".send").addEventListener("click", (event) => this.#send(event.currentTarget));
    state.addEventListener("change", () => this.show());
  }

  async #send(opener) {
    if (this.state.channel) await sendFrom(this.box, (text) => write(this.state, text, { opener }), this.fit);
  }

  show() {
    this.#move();
    this.#offer();
  }

  /** Each place has its draft. */
  #move() {
    const place = `${this.state.person}/${this.state.channel}`;
    if (place === this.#place) return;
    if (this.#place) this.#drafts.set(this.#place, this.box.value);
    const channel = this.state.channelNamed(this.state.channel);
    this.#place = place;
    this.box.value = this.#drafts.get(place) ?? "";
    this.box.placeholder = channel ? (channel.kind === "dm" ? "Write a message" : `Start a post in ${channelTitle(this.state, channel)}`) : "";
    this.fit();
  }

  #commands() {
    const use = (command) => extend(this.state, command, "command", this.command);
    return commandsIn(this.state, "command").map((one) => ({ words: one.title, about: this.state.data.app?.name, onPick: () => use(one) }));
  }

  /** The message extension, where the app is; who has not got it for themselves can add it. */
  #offer() {
    const { app, has_app: hasApp } = this.state.data;
    const isHere = hasApp || this.state.channelNamed(this.state.channel)?.with_app;
    this.command.hidden = !isHere || commandsIn(this.state, "command").length === 0;
    const commands = isHere ? commandsIn(this.state, "compose").map((one) => ({ ...one, words: one.title })) : [];
    const rows = hasApp === false ? [...commands, { id: "add", words: `Add ${app.name}` }] : commands;
    showList(this.apps, rows, {
      key: (row) => row.id, print: (row) => JSON.stringify(row),
      draw: (row) => this.#button(row, app),
    });
  }

  #button(row, app) {
    const onclick = (event) => (row.id === "add" ? this.#add(event.currentTarget) : extend(this.state, row, "compose", event.currentTarget));
    return h("div", {},
      row.id === "add" && h("span", { class: "not-here" }, `You have not added ${app.name} for yourself.`),
      h("button", { type: "button", class: "app-button", title: app?.name, onclick }, icon("mark"), row.words));
  }

  #add(opener) {
    return act(this.state, "install", { there: true }, opener);
  }
}
