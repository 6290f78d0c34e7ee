// The little Markdown that Adaptive Cards know, and their {{DATE}} and {{TIME}}; whatever else is in a text stays text.

import { h } from "./dom.js";

const INLINE = new RegExp([
  String.raw`\\(?<escaped>[!-/:-@[-\x60{-~])`,
  String.raw`\*\*(?=\S)(?<bold>(?:\\.|[^\\])+?)(?<!\s)\*\*`,
  String.raw`__(?=\S)(?<strong>(?:\\.|[^\\])+?)(?<!\s)__`,
  String.raw`\*(?=[^\s*])(?<italic>(?:\\.|[^\\*])+?)(?<!\s)\*`,
  String.raw`(?<![\p{L}\p{N}_])_(?=[^\s_])(?<slanted>(?:\\.|[^\\_])+?)(?<!\s)_(?![\p{L}\p{N}_])`,
  String.raw`\[(?<words>(?:\\.|[^\\\]])+)\]\((?<link>[^\s()]+)\)`,
  String.raw`&(?<entity>amp|lt|gt|quot|nbsp|#\d{1,6});`,
].join("|"), "gsu");
const ITEM = /^\s*(?:[-*+]|(?<number>\d{1,4})[.)])\s+(?<words>.*)$/;
const SAFE = /^(?:https?:|mailto:|tel:)/i;
const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', nbsp: "\u00a0" };
const MOMENT = /\{\{(DATE|TIME)\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d))(?:,\s*(COMPACT|SHORT|LONG))?\)\}\}/g;

const DATES = {
  COMPACT: new Intl.DateTimeFormat("en-GB"),
  SHORT: new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", year: "numeric" }),
  LONG: new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric" }),
};
const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

/** A text with its moments written out, as this machine's clock shows them. */
export function withMoments(text) {
  return text.replace(MOMENT, (whole, kind, moment, style) => {
    const date = new Date(moment);
    if (Number.isNaN(date.getTime())) return whole;
    return kind === "TIME" ? TIME.format(date) : DATES[style ?? "COMPACT"].format(date);
  });
}

function link({ words, link: address }) {
  if (!SAFE.test(address)) return inline(words);
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, inline(words));
}

function nodeOf(found) {
  const { escaped, bold, strong, italic, slanted, words, entity } = found;
  if (escaped) return escaped;
  if (entity) return ENTITIES[entity] ?? String.fromCodePoint(Math.min(Number(entity.slice(1)), 0x10ffff));
  if (words) return link(found);
  if (bold ?? strong) return h("strong", {}, inline(bold ?? strong));
  return h("em", {}, inline(italic ?? slanted));
}

function inline(text) {
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(INLINE)) {
    nodes.push(text.slice(from, found.index), nodeOf(found.groups));
    from = found.index + found[0].length;
  }
  return [...nodes, text.slice(from)];
}

/** Paragraphs and lists: a line goes on with the one before it, unless a blank line or a list's mark parts them. */
function piecesOf(text) {
  const pieces = [];
  let open = null;
  for (const line of text.split(/\r\n|\r|\n/)) {
    const item = ITEM.exec(line)?.groups;
    if (item) pieces.push(open = { list: item.number ? "ol" : "ul", start: item.number, lines: [item.words] });
    else if (line.trim() === "") open = null;
    else if (open) open.lines.push(line.trim());
    else pieces.push(open = { lines: [line.trim()] });
  }
  return pieces;
}

/** Elements for a text of a card. */
export function markdown(text) {
  const nodes = [];
  let list = null;
  for (const piece of piecesOf(withMoments(text))) {
    const words = inline(piece.lines.join(" "));
    if (!piece.list) nodes.push(h("p", { dir: "auto" }, words));
    else if (list?.localName === piece.list && nodes.at(-1) === list) list.append(h("li", { dir: "auto" }, words));
    else nodes.push(list = h(piece.list, { start: piece.start === "1" ? null : piece.start }, h("li", { dir: "auto" }, words)));
  }
  return nodes;
}
