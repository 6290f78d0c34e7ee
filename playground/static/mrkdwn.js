// Slack's mrkdwn as page elements. Text only ever becomes text nodes: no markup in it can come alive.

import { fromTs, fullDate, slackDate } from "./dates.js";
import { h } from "./dom.js";
import { emojiFor } from "./emoji.js";

const SAFE_LINK = /^(https?:|mailto:|tel:)/i;
const LIST_LINE = /^\s*(?:[•◦▪‣-]|\d{1,3}[.)])\s/;
const QUOTE_LINE = /^(?:>|&gt;) ?/;
const SPANS = { "*": "strong", _: "em", "~": "s" };
const INLINE = new RegExp(
  [
    "`(?<code>[^`\\n]+)`",
    "<(?<control>[^<>\\n]+)>",
    ":(?<emoji>[a-z0-9_+-]+):",
    "(?<![\\p{L}\\p{N}])(?<mark>[*_~])(?=\\S)(?<inner>(?:(?!\\k<mark>)[^\\n])+)(?<=\\S)\\k<mark>(?![\\p{L}\\p{N}])",
  ].join("|"),
  "gu",
);

/** Undo the only three escapes Slack knows. */
export function unescape(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/** A link, if its address is of a kind that is safe to follow; else its words. */
export function safeLink(address, words) {
  if (!SAFE_LINK.test(address)) return h("span", {}, words);
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer", dir: "auto" }, words);
}

function mention(words, mine = false) {
  return h("span", { class: mine ? "mention mine" : "mention" }, h("bdi", {}, words));
}

function personMention(id, label, names) {
  const name = names.person(id) ?? label ?? id;
  return mention(`@${name}`, id === names.me);
}

function dateMention(body, label) {
  const [unix, format, address] = body.split("^").slice(1);
  const words = slackDate(unix, unescape(format ?? ""), unescape(label ?? format ?? ""));
  const date = fromTs(unix);
  const time = h("time", { title: Number.isNaN(date.getTime()) ? null : fullDate(date) }, words);
  return address ? safeLink(unescape(address), time) : time;
}

function controlSequence(control, names) {
  const cut = control.indexOf("|");
  const body = cut < 0 ? control : control.slice(0, cut);
  const label = cut < 0 ? undefined : unescape(control.slice(cut + 1));
  if (body.startsWith("@")) return personMention(body.slice(1), label, names);
  if (body.startsWith("#")) return mention(`#${names.channel(body.slice(1)) ?? label ?? body.slice(1)}`);
  if (body.startsWith("!date^")) return dateMention(body, control.slice(cut + 1));
  if (body.startsWith("!")) return mention(`@${label ?? body.slice(1).split("^")[0]}`);
  return safeLink(unescape(body), label ?? unescape(body));
}

function inlineNode(groups, whole, names) {
  if (groups.code) return h("code", {}, unescape(groups.code));
  if (groups.control) return controlSequence(groups.control, names);
  if (groups.emoji) return emojiNode(groups.emoji) ?? whole;
  return h(SPANS[groups.mark], {}, inline(groups.inner, names));
}

/** The picture of a shortcode with its name for those who hear it, or null. */
export function emojiNode(code) {
  const picture = emojiFor(code);
  return picture && h("span", { role: "img", "aria-label": code.replaceAll("_", " "), class: "emoji" }, picture);
}

function inline(text, names) {
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(INLINE)) {
    nodes.push(unescape(text.slice(from, found.index)), inlineNode(found.groups, found[0], names));
    from = found.index + found[0].length;
  }
  return [...nodes, unescape(text.slice(from))];
}

function lineNode(line, names) {
  if (line.trim() === "") return h("div", { class: "gap" });
  return h("div", { class: LIST_LINE.test(line) ? "line item" : "line", dir: "auto" }, inline(line, names));
}

function linesOf(text, names) {
  const nodes = [];
  let quote = null;
  for (const line of text.split("\n")) {
    if (QUOTE_LINE.test(line)) {
      quote ??= nodes[nodes.push(h("blockquote")) - 1];
      quote.append(lineNode(line.replace(QUOTE_LINE, ""), names));
    } else {
      quote = null;
      nodes.push(lineNode(line, names));
    }
  }
  return nodes;
}

/** Elements for a piece of mrkdwn; `names` knows who `<@U…>` and `<#C…>` are, and who is reading. */
export function mrkdwn(text, names) {
  const pieces = text.split(/```\n?([\s\S]+?)\n?```/);
  return pieces.flatMap((piece, place) => {
    if (place % 2) return [h("pre", { dir: "auto", tabindex: "0" }, unescape(piece))];
    return piece.trim() === "" ? [] : linesOf(piece.replace(/^\n|\n$/g, ""), names);
  });
}

function plainLine(line, emoji) {
  if (!emoji) return [line];
  return line.split(/:([a-z0-9_+-]+):/).map((piece, place) => (place % 2 ? emojiNode(piece) ?? `:${piece}:` : piece));
}

/** Elements for a text object of Block Kit: plain_text stays text, but for emoji shortcodes. */
export function textNodes(object, names) {
  if (object.type === "mrkdwn") return mrkdwn(object.text, names);
  const emoji = object.emoji !== false;
  const draw = (line) => h("div", { class: line ? "line" : "gap", dir: "auto" }, plainLine(line, emoji));
  return object.text.split("\n").map(draw);
}

/** The same on one line, for buttons, labels and options. */
export function inlineText(object, names) {
  if (object.type === "mrkdwn") return h("span", { dir: "auto", class: "text" }, inline(object.text.replaceAll("\n", " "), names));
  return h("span", { dir: "auto", class: "text" }, plainLine(object.text, object.emoji !== false));
}
