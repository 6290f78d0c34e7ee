// Elements in which one chooses: radio buttons, tick boxes, lists, people, dates and times.

import { freshId, h } from "./dom.js";
import { inlineText } from "./mrkdwn.js";

const sameOption = (one, other) => one?.value === other?.value;
const flatOptions = (element) => element.options ?? (element.option_groups ?? []).flatMap((group) => group.options);

function described(option, names) {
  return option.description && h("span", { class: "option-about" }, inlineText(option.description, names));
}

function choice(kind, { group, option, checked, onchange, names }) {
  const id = freshId("choice");
  return h(
    "label",
    { class: "choice", for: id },
    h("input", { type: kind, id, name: group, checked, onchange, value: option.value }),
    h("span", { class: "option" }, inlineText(option.text, names), described(option, names)),
  );
}

/** Radio buttons: one of up to ten, each perhaps with a line about it. */
export function radioButtons(element, { entry, keep, names }) {
  const group = freshId("radio");
  const draw = (option) => choice("radio", {
    group, option, names,
    checked: sameOption(entry.selected_option, option),
    onchange: () => keep({ selected_option: option }),
  });
  return h("div", { class: "choices", role: "radiogroup" }, element.options.map(draw));
}

function tickList(options, { chosen, same, label, onchange }) {
  let ticked = options.filter((option) => chosen.some((other) => same(option, other)));
  const toggle = (option) => {
    ticked = options.filter((other) => (same(other, option) ? !ticked.includes(other) : ticked.includes(other)));
    onchange(ticked);
  };
  return options.map((option) => label(option, ticked.includes(option), () => toggle(option)));
}

/** Tick boxes: any of up to ten. */
export function checkboxes(element, { entry, keep, names }) {
  const label = (option, checked, onchange) => choice("checkbox", { option, checked, onchange, names });
  const onchange = (selected_options) => keep({ selected_options });
  const ticks = tickList(element.options, { chosen: entry.selected_options, same: sameOption, label, onchange });
  return h("div", { class: "choices", role: "group" }, ticks);
}

/** A longer list of which any number can be ticked; scrolls by itself when it is long. */
export function multiStaticSelect(element, context) {
  const box = checkboxes({ ...element, options: flatOptions(element) }, context);
  box.classList.add("boxed");
  return box;
}

function optionNode(option, place, chosen) {
  return h("option", { value: String(place), selected: sameOption(chosen, option) }, option.text.text);
}

function dropDown(placeholder, children, onchange) {
  const empty = h("option", { value: "" }, placeholder?.text ?? "Choose one");
  return h("select", { onchange: (event) => onchange(event.target.value) }, empty, children);
}

/** A list of which one can be chosen, perhaps in groups. */
export function staticSelect(element, { entry, keep }) {
  const options = flatOptions(element);
  const draw = (option) => optionNode(option, options.indexOf(option), entry.selected_option);
  const group = ({ label, options: some }) => h("optgroup", { label: label.text }, some.map(draw));
  const children = element.options ? options.map(draw) : element.option_groups.map(group);
  return dropDown(element.placeholder, children, (place) => keep({ selected_option: options[place] ?? null }));
}

function idSelect(name, list) {
  return (element, { entry, keep, names }) => {
    const draw = ({ id, title }) => h("option", { value: id, selected: entry[name] === id }, title);
    return dropDown(element.placeholder, list(names).map(draw), (id) => keep({ [name]: id || null }));
  };
}

function idTicks(name, list) {
  return (element, { entry, keep, names }) => {
    const label = (row, checked, onchange) => choice("checkbox", {
      option: { text: { type: "plain_text", text: row.title, emoji: false } }, checked, onchange, names,
    });
    const onchange = (rows) => keep({ [name]: rows.map((row) => row.id) });
    const ticks = tickList(list(names), { chosen: entry[name], same: (row, id) => row.id === (id.id ?? id), label, onchange });
    return h("div", { class: "choices boxed", role: "group" }, ticks);
  };
}

const people = (names) => names.people().map((person) => ({ id: person.id, title: person.name }));
const channels = (names) => names.channels().map((channel) => ({ id: channel.id, title: channel.title }));

export const usersSelect = idSelect("selected_user", people);
export const multiUsersSelect = idTicks("selected_users", people);
export const conversationsSelect = idSelect("selected_conversation", channels);
export const multiConversationsSelect = idTicks("selected_conversations", channels);
export const channelsSelect = idSelect("selected_channel", channels);

function picker(type, name, start) {
  return (element, { entry, keep }) => h("input", {
    type, class: "picker", value: entry[name] ?? "", placeholder: element.placeholder?.text ?? start,
    onchange: (event) => keep({ [name]: event.target.value || null }),
  });
}

export const datepicker = picker("date", "selected_date", "Choose a day");
export const timepicker = picker("time", "selected_time", "Choose a time");
