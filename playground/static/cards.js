// Adaptive Cards: what Sharecheck's cards are made of, drawn element by element; text is never taken for HTML.

import { actionRow } from "./card_actions.js";
import { Form, choiceSet, textInput, toggle } from "./card_inputs.js";
import { markdown, withMoments } from "./card_text.js";
import { h } from "./dom.js";

const PLAIN = new Set([undefined, "default", "Default"]);
const word = (value) => String(value).toLowerCase();

/** The classes for what a text looks like. */
function look({ size, weight, color, isSubtle, fontType, italic, strikethrough, underline, highlight }) {
  const named = Object.entries({ size, weight, color, font: fontType }).filter(([, value]) => !PLAIN.has(value));
  const marks = Object.entries({ subtle: isSubtle, italic, struck: strikethrough, underlined: underline, highlit: highlight });
  return [...named.map(([name, value]) => `${name}-${word(value)}`), ...marks.filter(([, on]) => on).map(([name]) => name)].join(" ");
}

function textBlock(element, { level }) {
  const words = markdown(element.text ?? "");
  const heading = word(element.style) === "heading" && { role: "heading", "aria-level": level };
  const node = h("div", { class: `words ${look(element)}`, ...heading }, words);
  if (!element.wrap) node.classList.add("unwrapped");
  if (element.maxLines) node.style.setProperty("--lines", element.maxLines);
  if (element.wrap && element.maxLines) node.classList.add("clamped");
  return node;
}

function textRun(run) {
  if (typeof run === "string") return withMoments(run);
  return h("span", { class: look(run) }, withMoments(run.text ?? ""));
}

/** Runs know no Markdown: what somebody typed stays as they typed it. */
function richText(element) {
  return h("div", { class: "words typed-words", dir: "auto" }, (element.inlines ?? []).map(textRun));
}

function factSet(element) {
  const row = ({ title, value }) => [h("dt", { dir: "auto" }, markdown(title ?? "")), h("dd", { dir: "auto" }, markdown(value ?? ""))];
  return h("dl", { class: "facts" }, (element.facts ?? []).map(row));
}

function container(element, context) {
  const style = PLAIN.has(element.style) ? "" : ` box-${word(element.style)}`;
  return h("div", { class: `box${style}` }, itemNodes(element.items, context));
}

function columnSet(element, context) {
  return h("div", { class: "column-set" }, (element.columns ?? []).map((column) => columnNode(column, context)));
}

function flexOf(width = "stretch") {
  if (width === "auto") return "0 1 auto";
  if (String(width).endsWith("px")) return `0 0 ${Number.parseInt(width, 10)}px`;
  return `${Number(width) || 1} 1 0`;
}

function columnNode(column, context) {
  const node = container(column, context);
  node.classList.add("column");
  node.style.flex = flexOf(column.width);
  return node;
}

const DRAW = {
  TextBlock: textBlock,
  RichTextBlock: richText,
  FactSet: factSet,
  Container: container,
  ColumnSet: columnSet,
  ActionSet: (element, context) => actionRow(element.actions ?? [], context),
  "Input.Text": textInput,
  "Input.ChoiceSet": choiceSet,
  "Input.Toggle": toggle,
};

/** One element; what this page cannot draw gives way to its fallback, as the card says. */
function elementNode(element, context) {
  const draw = Object.hasOwn(DRAW, element.type) && DRAW[element.type];
  if (draw) return draw(element, context);
  if (element.fallback === "drop") return null;
  if (element.fallback) return elementNode(element.fallback, context);
  return h("span", { class: "unknown" }, `This page cannot show “${element.type}”.`);
}

function itemNodes(elements, context) {
  return (elements ?? []).filter((element) => element.isVisible !== false).flatMap((element) => {
    const node = elementNode(element, context);
    if (!node) return [];
    node.classList.add(`gap-${word(element.spacing ?? "default")}`);
    if (element.separator) node.classList.add("ruled");
    return [node];
  });
}

function parts(card, context) {
  const row = card.actions?.length ? [actionRow(card.actions, context)] : [];
  return [...itemNodes(card.body, context), ...row];
}

/**
 * A card as an element. `act(action, inputs, opener)` is told of every button that the app hears of;
 * `level` is the heading level of its headings.
 */
export function cardNode(card, { act, level = 4 }) {
  const context = { act, level, form: new Form(), draw: parts };
  const isWide = word(card.msteams?.width) === "full";
  return h("div", { class: isWide ? "card wide" : "card", lang: card.lang }, parts(card, context));
}
