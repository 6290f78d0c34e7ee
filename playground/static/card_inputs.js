// The inputs of an Adaptive Card, and what is filled in.

import { freshId, h } from "./dom.js";

/** What is filled in on a card; a card shown by a button also sends what is filled in on the card around it. */
export class Form {
  #fields = new Map();

  constructor(around = null) {
    this.around = around;
  }

  add(id, field) {
    this.#fields.set(id, field);
  }

  /** Texts by the inputs' ids, empty ones too. */
  read() {
    const own = [...this.#fields].map(([id, field]) => [id, field.read()]);
    return { ...this.around?.read(), ...Object.fromEntries(own) };
  }

  /** Say at each input what the card itself asks of it, and give the first that is at fault, or nothing. */
  findFault() {
    const faulty = [...this.#fields.values()].filter((field) => field.hasFault());
    return this.around?.findFault() ?? faulty[0]?.focusable() ?? null;
  }
}

const isTicked = (box) => box.checked;

function labelled(input, id, field) {
  return h("div", { class: "input", "data-block": input.id },
    input.label && h("label", { for: id, dir: "auto" }, input.label), field, errorOf(input));
}

function grouped(input, choices) {
  return h("fieldset", { class: "input", "data-block": input.id },
    input.label && h("legend", { dir: "auto" }, input.label), choices, errorOf(input));
}

function errorOf(input) {
  return input.isRequired && h("div", { class: "error", role: "alert" });
}

function enter(form, input, node, read) {
  const hasFault = () => {
    const fault = Boolean(input.isRequired) && read().trim() === "";
    const error = node.querySelector(".error");
    if (error) error.textContent = fault ? input.errorMessage ?? "Fill this in." : "";
    return fault;
  };
  form.add(input.id, { read, hasFault, focusable: () => node.querySelector("input, select, textarea") });
  return node;
}

/** `Input.Text`: a line, or a box that grows. */
export function textInput(input, { form }) {
  const id = freshId("field");
  const field = h(input.isMultiline ? "textarea" : "input", {
    id, type: input.isMultiline ? null : { Email: "email", Tel: "tel", Url: "url" }[input.style] ?? "text",
    rows: input.isMultiline ? 3 : null, maxlength: input.maxLength, placeholder: input.placeholder,
    "aria-label": input.label ? null : input.placeholder ?? input.id, autocomplete: "off", dir: "auto", value: input.value ?? "",
  });
  const node = labelled(input, id, h("div", { class: "typed" }, field));
  return enter(form, input, node, () => field.value);
}

function option(kind, { name, choice, checked, wrap }) {
  const id = freshId("choice");
  return h("label", { class: "choice", for: id },
    h("input", { type: kind, id, name, checked, value: choice.value }),
    h("span", { class: wrap ? "option" : "option unwrapped", dir: "auto" }, choice.title));
}

function expanded(input, { form }, kind) {
  const name = freshId("group");
  const chosen = new Set(input.isMultiSelect ? (input.value ?? "").split(",") : [input.value]);
  const draw = (choice) => option(kind, { name, choice, checked: chosen.has(choice.value), wrap: input.wrap });
  const box = h("div", { class: "choices" }, (input.choices ?? []).map(draw));
  const read = () => [...box.querySelectorAll("input")].filter(isTicked).map((tick) => tick.value).join(",");
  return enter(form, input, grouped(input, box), read);
}

function compact(input, { form }) {
  const id = freshId("field");
  const empty = h("option", { value: "" }, input.placeholder ?? "Choose one");
  const draw = ({ title, value }) => h("option", { value, selected: value === input.value }, title);
  const field = h("select", { id, "aria-label": input.label ? null : input.placeholder ?? input.id }, empty, (input.choices ?? []).map(draw));
  return enter(form, input, labelled(input, id, field), () => field.value);
}

/** `Input.ChoiceSet`: radio buttons, tick boxes or a list, as it says. */
export function choiceSet(input, context) {
  if (input.isMultiSelect) return expanded(input, context, "checkbox");
  return input.style === "expanded" ? expanded(input, context, "radio") : compact(input, context);
}

/** `Input.Toggle`: one tick box. */
export function toggle(input, { form }) {
  const { valueOn = "true", valueOff = "false" } = input;
  const tick = option("checkbox", { choice: { value: valueOn, title: input.title }, checked: input.value === valueOn, wrap: input.wrap });
  const read = () => (tick.querySelector("input").checked ? valueOn : valueOff);
  return enter(form, input, grouped(input, h("div", { class: "choices" }, tick)), read);
}
