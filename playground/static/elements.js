// Interactive elements of Block Kit: how each is drawn, and what happens when it is used.

import * as choices from "./choices.js";
import { askFirst } from "./confirm.js";
import { h, icon } from "./dom.js";
import { openMenu } from "./menu.js";
import { inlineText } from "./mrkdwn.js";

const NEAR_THE_END = 0.8;

function countDown(element, field) {
  const most = element.max_length;
  if (!most) return null;
  const counter = h("span", { class: "counter", "aria-live": "polite" });
  const count = () => {
    const left = most - field.value.length;
    counter.textContent = field.value.length >= most * NEAR_THE_END ? `${left} left` : "";
    counter.classList.toggle("over", left < 0);
  };
  field.addEventListener("input", count);
  count();
  return counter;
}

/** What a text field tells the app of, where its block asks for that: Enter, unless the app wants every letter. */
function sends(element, trigger) {
  return (element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"]).includes(trigger);
}

function tell(event, press) {
  if (!press || event.isComposing || event.target.matches("textarea")) return;
  event.preventDefault();
  press(undefined, event.target);
}

function typed(kind) {
  return (element, { entry, keep, press }) => {
    const field = h(element.multiline ? "textarea" : "input", {
      type: element.multiline ? null : kind,
      rows: element.multiline ? 4 : null,
      placeholder: element.placeholder?.text,
      autocomplete: "off",
      dir: "auto",
      value: entry.value ?? "",
      oninput: () => {
        keep({ value: field.value === "" ? null : field.value }, { quiet: true });
        if (sends(element, "on_character_entered")) press?.();
      },
      onkeydown: (event) => { if (event.key === "Enter" && sends(element, "on_enter_pressed")) tell(event, press); },
    });
    return h("div", { class: "typed" }, field, countDown(element, field));
  };
}

function button(element, { press, names }) {
  const style = { primary: "primary", danger: "danger" }[element.style] ?? "plain";
  const words = inlineText(element.text, names);
  const properties = { class: `button ${style}`, "aria-label": element.accessibility_label, dir: "auto" };
  if (/^https?:\/\//i.test(element.url ?? "")) {
    return h("a", { ...properties, href: element.url, target: "_blank", rel: "noopener noreferrer", onclick: () => press() }, words);
  }
  return h("button", { ...properties, type: "button", onclick: (event) => press({ value: element.value }, event.currentTarget) }, words);
}

function overflow(element, { press, names }) {
  const items = () => element.options.map((option) => ({
    words: inlineText(option.text, names),
    about: option.description && inlineText(option.description, names),
    onPick: () => press({ selected_option: option }, opener),
  }));
  const opener = h("button", {
    type: "button", class: "button plain", "aria-label": "More", "aria-haspopup": "menu", "aria-expanded": "false",
    onclick: () => openMenu(opener, items()),
  }, icon("more"));
  return h("span", { class: "overflow" }, opener);
}

/** A picture from this machine; any other is named only, since the page asks nothing of other machines. */
export function picture(element) {
  const address = new URL(element.image_url ?? "", location.href);
  if (address.origin === location.origin && element.image_url) return h("img", { src: address.href, alt: element.alt_text });
  return h("span", { class: "no-picture", role: "img", "aria-label": element.alt_text }, icon("picture"), element.alt_text);
}

const DRAW = {
  button,
  overflow,
  image: picture,
  plain_text_input: typed("text"),
  number_input: typed("number"),
  email_text_input: typed("email"),
  url_text_input: typed("url"),
  radio_buttons: choices.radioButtons,
  checkboxes: choices.checkboxes,
  static_select: choices.staticSelect,
  multi_static_select: choices.multiStaticSelect,
  users_select: choices.usersSelect,
  multi_users_select: choices.multiUsersSelect,
  conversations_select: choices.conversationsSelect,
  multi_conversations_select: choices.multiConversationsSelect,
  channels_select: choices.channelsSelect,
  datepicker: choices.datepicker,
  timepicker: choices.timepicker,
};

async function pressNow(block, element, extra, { act, names, opener }) {
  if (element.confirm && !(await askFirst(element.confirm, names))) return false;
  await act({ block_id: block.block_id, action_id: element.action_id, type: element.type, ...extra }, opener);
  return true;
}

/** True for elements that tell the app at once: all outside an input block, and inside one those that ask for it. */
function tellsAtOnce(block, element) {
  return block.type !== "input" || block.dispatch_action || element.type === "button";
}

/** Draw one element. `values` holds what is filled in; `act(action, opener)` tells the app. */
export function elementNode(block, element, context) {
  const draw = DRAW[element.type];
  if (!draw) return h("span", { class: "unknown" }, `This page cannot show “${element.type}”.`);
  const { values, act, names } = context;
  const entry = values.get(block.block_id, element.action_id);
  const current = () => values.get(block.block_id, element.action_id);
  const press = (extra, opener) => pressNow(block, element, extra ?? current(), { act, names, opener });
  const keep = async (part, { quiet } = {}) => {
    const before = current();
    values.set(block.block_id, element.action_id, { type: element.type, ...part });
    if (quiet || !tellsAtOnce(block, element) || (await press(part))) return;
    values.set(block.block_id, element.action_id, before);
    node.replaceWith(elementNode(block, element, context));
  };
  const node = draw(element, { entry, keep, names, press: tellsAtOnce(block, element) ? press : null });
  node.dataset.action = element.action_id ?? "";
  return node;
}
