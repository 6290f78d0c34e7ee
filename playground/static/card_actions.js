// The buttons of an Adaptive Card.

import { freshId, h, icon } from "./dom.js";
import { Form } from "./card_inputs.js";

const STYLES = { positive: "primary", destructive: "danger" };
const TELLS = new Set(["Action.Submit", "Action.Execute"]);

/** The name by which the app knows a button. */
const nameOf = (action) => action.verb ?? action.data?.do ?? "";

function press(action, { form, act }, opener) {
  const sends = action.associatedInputs !== "none";
  const fault = sends ? form.findFault() : null;
  if (fault) fault.focus();
  else act(action, sends ? form.read() : {}, opener);
}

function plainButton(action, context) {
  const properties = { class: `button ${STYLES[action.style] ?? "plain"}`, dir: "auto", "data-action": nameOf(action), title: action.tooltip };
  if (action.type === "Action.OpenUrl" && /^https?:/i.test(action.url ?? "")) {
    return h("a", { ...properties, href: action.url, target: "_blank", rel: "noopener noreferrer" }, action.title);
  }
  const isOff = action.isEnabled === false || !TELLS.has(action.type);
  return h("button", {
    ...properties, type: "button", disabled: isOff,
    onclick: (event) => press(action, context, event.currentTarget),
  }, action.title);
}

/** A button that shows a card under the row of buttons, and hides it again; one such card at a time. */
function showButton(action, context, under) {
  const shown = h("div", { class: "shown-card", id: freshId("shown"), hidden: true });
  const button = h("button", {
    type: "button", class: `button ${STYLES[action.style] ?? "plain"}`, dir: "auto", "aria-expanded": "false", "aria-controls": shown.id,
    "data-shows": (action.card.actions ?? []).map(nameOf).join(" "), onclick: () => turn(shown.hidden),
  }, action.title, icon("down"));
  const turn = (opens) => {
    if (opens) for (const other of under.children) other.turn(false);
    shown.hidden = !opens;
    button.setAttribute("aria-expanded", String(opens));
  };
  shown.turn = turn;
  shown.append(...context.draw(action.card, { ...context, form: new Form(context.form) }));
  under.append(shown);
  return button;
}

/** A row of buttons, with the cards that they show under it. */
export function actionRow(actions, context) {
  const under = h("div", { class: "shown-cards" });
  const draw = (action) => (action.type === "Action.ShowCard" ? showButton(action, context, under) : plainButton(action, context));
  return h("div", { class: "action-set" }, h("div", { class: "actions" }, actions.map(draw)), under);
}
