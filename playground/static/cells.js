// How one value of the database looks to a person: short, readable, the whole of it on hover.

import { clockWithSeconds, fullDate, now } from "./dates.js";
import { h } from "./dom.js";

const MOMENT = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:?\d\d)?$/;
const LONG_CODE = /[0-9a-f]{16,}/gi;
const CODE_SHOWN = 8;
const TIME_NAME = /(^|_)(at|time|due|when|until|since)$/;
const PLAIN = { true: "yes", false: "no", null: "–", undefined: "–", "": "–" };

const withZone = (text) => (/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`).replace(" ", "T");

function momentOf(name, value) {
  if (typeof value === "string" && MOMENT.test(value)) return new Date(withZone(value));
  if (typeof value === "number" && TIME_NAME.test(name) && value > 1e9) return new Date(value * 1000);
  return null;
}

function isToday(date) {
  return date.toDateString() === now().toDateString();
}

function momentNode(date) {
  const day = isToday(date) ? "" : `${date.toLocaleDateString("en-GB", { day: "numeric", month: "short" })} `;
  return h("time", { title: fullDate(date), datetime: date.toISOString() }, day + clockWithSeconds(date));
}

/** An element for the value that stands under a name; times without a zone are read as UTC. */
export function cell(name, value) {
  if (Object.hasOwn(PLAIN, String(value))) return h("span", { class: "nothing" }, PLAIN[String(value)]);
  const moment = momentOf(name, value);
  if (moment && !Number.isNaN(moment.getTime())) return momentNode(moment);
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  const short = text.replace(LONG_CODE, (code) => `${code.slice(0, CODE_SHOWN)}…`);
  if (short === text) return h("span", { dir: "auto" }, text);
  return h(/\s/.test(text) ? "span" : "code", { title: text }, short);
}

/** `decided_at` as people would write it: "decided at". */
export const label = (name) => name.replaceAll("_", " ");
