// The rich_text block: sections, lists, quotes and preformatted text.

import { slackDate } from "./dates.js";
import { h } from "./dom.js";
import { emojiNode, safeLink } from "./mrkdwn.js";

const STYLES = { bold: "strong", italic: "em", strike: "s", code: "code" };

const PIECES = {
  text: (piece) => piece.text,
  link: (piece) => safeLink(piece.url, piece.text ?? piece.url),
  emoji: (piece) => emojiNode(piece.name) ?? `:${piece.name}:`,
  user: (piece, names) => h("span", { class: "mention" }, `@${names.person(piece.user_id) ?? piece.user_id}`),
  channel: (piece, names) => h("span", { class: "mention" }, `#${names.channel(piece.channel_id) ?? piece.channel_id}`),
  usergroup: (piece) => h("span", { class: "mention" }, `@${piece.usergroup_id}`),
  broadcast: (piece) => h("span", { class: "mention" }, `@${piece.range}`),
  date: (piece) => slackDate(piece.timestamp, piece.format, piece.fallback ?? piece.format),
};

function styled(node, style = {}) {
  return Object.keys(STYLES).filter((name) => style[name]).reduce((inner, name) => h(STYLES[name], {}, inner), node);
}

function pieceNodes(pieces, names) {
  return pieces.map((piece) => styled(PIECES[piece.type]?.(piece, names) ?? piece.type, piece.style));
}

function listNode(list, names) {
  const items = list.elements.map((section) => h("li", { dir: "auto" }, pieceNodes(section.elements, names)));
  return h(list.style === "ordered" ? "ol" : "ul", { start: (list.offset ?? 0) + 1 }, items);
}

const PARTS = {
  rich_text_section: (part, names) => h("div", { class: "rich-line", dir: "auto" }, pieceNodes(part.elements, names)),
  rich_text_list: listNode,
  rich_text_quote: (part, names) => h("blockquote", { dir: "auto" }, pieceNodes(part.elements, names)),
  rich_text_preformatted: (part, names) => h("pre", { dir: "auto", tabindex: "0" }, pieceNodes(part.elements, names)),
};

/** Elements for a rich_text block. */
export function richText(block, names) {
  return block.elements.map((part) => PARTS[part.type]?.(part, names) ?? "");
}
