// Block Kit blocks as page elements, in messages and in dialogs alike.

import { freshId, h } from "./dom.js";
import { elementNode, picture } from "./elements.js";
import { inlineText, textNodes } from "./mrkdwn.js";
import { richText } from "./richtext.js";
import { isBlank } from "./values.js";

const GROUPS = new Set(["radio_buttons", "checkboxes", "multi_static_select", "multi_users_select", "multi_conversations_select"]);

const prose = (text, names) => h("div", { class: "prose" }, textNodes(text, names));

function section(block, context) {
  const words = h("div", { class: "section-words" },
    block.text && prose(block.text, context.names),
    block.fields && h("div", { class: "fields" }, block.fields.map((field) => prose(field, context.names))),
  );
  const beside = block.accessory && h("div", { class: "accessory" }, named(elementNode(block, block.accessory, context), block.text));
  return h("div", { class: "section" }, words, beside);
}

/** Give a control without a label of its own the words it stands beside. */
function named(node, text) {
  const field = node.matches("select, input, [role=group], [role=radiogroup]") ? node : null;
  if (field && text) field.setAttribute("aria-label", text.text.replace(/[*_~`]/g, "").slice(0, 120));
  return node;
}

function labelWords(block, context) {
  return [inlineText(block.label, context.names), block.optional && h("span", { class: "optional" }, " (optional)")];
}

function inputFrame(block, ids, context) {
  const error = context.errors?.[block.block_id];
  return {
    hint: block.hint && h("div", { class: "hint", id: ids.hint }, inlineText(block.hint, context.names)),
    error: h("div", { class: "error", id: ids.error, role: "alert" }, error ?? ""),
    describedBy: [block.hint && ids.hint, ids.error].filter(Boolean).join(" "),
  };
}

function describe(control, block, describedBy) {
  control.setAttribute("aria-describedby", describedBy);
  if (!block.optional && !control.matches("fieldset")) control.setAttribute("aria-required", "true");
}

function groupInput(block, ids, context) {
  const frame = inputFrame(block, ids, context);
  const choices = elementNode(block, block.element, context);
  choices.removeAttribute("role");
  const set = h("fieldset", { class: "input" }, h("legend", {}, labelWords(block, context)), choices, frame.error, frame.hint);
  describe(set, block, frame.describedBy);
  return set;
}

function fieldInput(block, ids, context) {
  const frame = inputFrame(block, ids, context);
  const node = elementNode(block, block.element, context);
  const control = node.matches("input, select, textarea") ? node : node.querySelector("input, select, textarea");
  if (control) {
    control.id = ids.control;
    describe(control, block, frame.describedBy);
  }
  return h("div", { class: "input" }, h("label", { for: ids.control }, labelWords(block, context)), node, frame.error, frame.hint);
}

function input(block, context) {
  const ids = { control: freshId("field"), hint: freshId("hint"), error: freshId("error") };
  return GROUPS.has(block.element.type) ? groupInput(block, ids, context) : fieldInput(block, ids, context);
}

function contextBlock(block, { names }) {
  const draw = (element) => (element.type === "image" ? picture(element) : prose(element, names));
  return h("div", { class: "context" }, block.elements.map(draw));
}

function image(block, { names }) {
  return h("figure", { class: "image" }, block.title && h("figcaption", {}, inlineText(block.title, names)), picture(block));
}

const DRAW = {
  header: (block, { names, level }) => h(`h${level ?? 3}`, { class: "header" }, inlineText(block.text, names)),
  section,
  divider: () => h("hr"),
  context: contextBlock,
  actions: (block, context) => h("div", { class: "actions" }, block.elements.map((element) => elementNode(block, element, context))),
  input,
  image,
  rich_text: (block, { names }) => h("div", { class: "prose rich" }, richText(block, names)),
};

function blockNode(block, context) {
  const draw = DRAW[block.type];
  const node = draw ? draw(block, context) : h("div", { class: "unknown" }, `This page cannot show a “${block.type}” block.`);
  node.dataset.block = block.block_id ?? "";
  return node;
}

/**
 * Draw blocks. `context` is `{values, act, names, errors?, level?}`: what is filled in, how to tell the app,
 * who is who, faults by block id, and the level of headings.
 */
export function blockNodes(blocks, context) {
  context.values.keep(blocks);
  return blocks.map((block) => blockNode(block, context));
}

function lengthFault(block, { value }) {
  const { min_length: least, max_length: most } = block.element;
  if (typeof value !== "string") return null;
  if (least && value.length < least) return `Please write at least ${least} characters.`;
  if (most && value.length > most) return `Please write at most ${most} characters.`;
  return null;
}

/** What Slack itself refuses before it asks the app: blanks and lengths, by block id; null when all is well. */
export function faultsIn(blocks, values) {
  const faults = {};
  for (const block of blocks.filter((one) => one.type === "input")) {
    const entry = values.get(block.block_id, block.element.action_id);
    if (!entry) continue;
    const fault = isBlank(entry) ? !block.optional && "Please complete this required field." : lengthFault(block, entry);
    if (fault) faults[block.block_id] = fault;
  }
  return Object.keys(faults).length ? faults : null;
}

/** Show faults beside their fields, clear the others, and put the focus on the first. */
export function showFaults(root, faults) {
  let first = null;
  for (const node of root.querySelectorAll(".input")) {
    const fault = faults?.[node.dataset.block];
    node.querySelector(".error").textContent = fault ?? "";
    node.classList.toggle("faulty", Boolean(fault));
    const control = node.querySelector("input, select, textarea");
    if (fault) control?.setAttribute("aria-invalid", "true");
    else control?.removeAttribute("aria-invalid");
    if (fault) first ??= control;
  }
  first?.focus();
  return Boolean(first);
}
