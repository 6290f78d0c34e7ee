// Building page elements without ever parsing text as HTML.

const SVG = "http://www.w3.org/2000/svg";
let lastId = 0;

/** A page-wide unique id, so that labels and hints can name their field. */
export function freshId(word) {
  lastId += 1;
  return `${word}-${lastId}`;
}

function setProperty(node, name, value) {
  if (value === undefined || value === null || value === false) return;
  if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
  else if (name === "value" || name === "checked" || name === "selected") node[name] = value;
  else node.setAttribute(name, value === true ? "" : String(value));
}

/** An element with attributes (`onclick` and the like are listeners) and children; strings stay text. */
export function h(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) setProperty(node, name, value);
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** One of the drawings in the page's sheet of icons; for the eye only. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

/**
 * Make `parent` show `items` in order, keeping the node of every item that has not changed.
 * `print(item)` tells whether it changed; an element with the focus is therefore left alone.
 */
export function showList(parent, items, { key, print, draw }) {
  const before = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  const wanted = items.map((item) => keepOrDraw(before.get(key(item)), item, { key, print, draw }));
  const staying = new Set(wanted);
  for (const node of [...parent.children]) if (!staying.has(node)) node.remove();
  wanted.forEach((node, place) => {
    if (parent.children[place] !== node) parent.insertBefore(node, parent.children[place] ?? null);
  });
}

function keepOrDraw(old, item, { key, print, draw }) {
  const shown = print(item);
  if (old && old.shown === shown) return old;
  const node = draw(item, old);
  node.dataset.key = key(item);
  node.shown = shown;
  return node;
}

/** The first letters of a post, for its round picture: "deputy DSL" gives "DD". */
export function initials(name) {
  const words = name.replace(/[^\p{L}\p{N} ]/gu, " ").split(" ").filter((word) => word.length > 2);
  if (words.length === 1) return words[0].slice(0, 1).toUpperCase();
  return words.slice(0, 2).map((word) => word[0].toUpperCase()).join("") || "?";
}

/** A round picture with a post's initials, in one of eight colours that goes with the name: a post has the same on both sides. */
export function avatar(id, name, bot = false) {
  if (bot) return h("span", { class: "avatar bot", "aria-hidden": "true" }, icon("mark"));
  const tint = [...name].reduce((sum, letter) => (sum * 4 + letter.charCodeAt(0)) % 997, 22) % 8;
  return h("span", { class: `avatar tint-${tint}`, "aria-hidden": "true" }, initials(name));
}
