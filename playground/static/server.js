// What the page asks the playground's server, and the line on which the server calls back.

export class Trouble extends Error {}

async function readAnswer(response) {
  const answer = await response.json().catch(() => ({}));
  if (!response.ok || answer.ok === false) throw new Trouble(answer.error ?? `status ${response.status}`);
  return answer;
}

export async function get(path) {
  return readAnswer(await fetch(path, { headers: { Accept: "application/json" }, cache: "no-store" }));
}

export async function post(path, body) {
  return readAnswer(
    await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
  );
}

export const readState = (person) => get(`/play/state?person=${encodeURIComponent(person)}`);
export const readPanel = () => get("/play/panel");
export const sendText = (body) => post("/play/command", body);
export const sendAction = (body) => post("/play/action", body);
export const submitView = (body) => post("/play/submit", body);
export const closeView = (body) => post("/play/close", body);
export const openHome = (body) => post("/play/home", body);
export const sendShortcut = (body) => post("/play/shortcut", body);
export const sendMessageShortcut = (body) => post("/play/message_shortcut", body);
export const doBackstage = (deed, choice) => post("/play/backstage", { deed, choice });

/** A line that stays open: says when something changed, and mends itself when it breaks. */
export class Line {
  #source = null;
  #retry = null;

  /** `path` is the address of the line, for which a person follows. */
  constructor(path, { onChange, onLink }) {
    this.path = path;
    this.onChange = onChange;
    this.onLink = onLink;
  }

  listenAs(person) {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = new EventSource(`${this.path}${encodeURIComponent(person)}`);
    this.#source.onopen = () => { this.onLink(true); this.onChange(); };
    this.#source.onmessage = () => this.onChange();
    this.#source.onerror = () => this.#lose(person);
  }

  #lose(person) {
    this.onLink(false);
    if (this.#source.readyState !== EventSource.CLOSED) return;
    this.#retry = setTimeout(() => this.listenAs(person), 2000);
  }
}
