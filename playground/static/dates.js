// Times as this machine's clock shows them.

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const SECONDS = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const NUMBERS = new Intl.DateTimeFormat("en-CA");
const SHORT = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const LONG = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric" });
const FULL = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "medium" });

let ahead = 0;

/** The workspace's clock is this many seconds ahead of this machine's. */
export function pushClock(seconds) {
  ahead = seconds * 1000;
}

/** The time in the workspace. */
export const now = () => new Date(Date.now() + ahead);
export const clock = (date) => CLOCK.format(date);
export const clockWithSeconds = (date) => SECONDS.format(date);
export const fullDate = (date) => FULL.format(date);
export const fromTs = (ts) => new Date(Number.parseFloat(ts) * 1000);

function daysFromToday(date) {
  const midnight = (day) => new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime();
  return Math.round((midnight(date) - midnight(now())) / 86400000);
}

/** "Today", "Yesterday", "Tomorrow", or the day written out. */
export function dayName(date) {
  return { 0: "Today", "-1": "Yesterday", 1: "Tomorrow" }[daysFromToday(date)] ?? LONG.format(date);
}

const nearDay = (date, otherwise) => (Math.abs(daysFromToday(date)) <= 1 ? dayName(date).toLowerCase() : otherwise(date));

const TOKENS = {
  date_num: (date) => NUMBERS.format(date),
  date: (date) => LONG.format(date),
  date_short: (date) => SHORT.format(date),
  date_long: (date) => LONG.format(date),
  date_pretty: (date) => nearDay(date, LONG.format),
  date_short_pretty: (date) => nearDay(date, SHORT.format),
  date_long_pretty: (date) => nearDay(date, LONG.format),
  time: (date) => clock(date),
  time_secs: (date) => clockWithSeconds(date),
};

/** What Slack makes of `<!date^unix^format|fallback>`; the fallback when a token is unknown. */
export function slackDate(unix, format, fallback) {
  const date = new Date(Number(unix) * 1000);
  const tokens = [...format.matchAll(/\{(\w+)\}/g)].map((found) => found[1]);
  if (Number.isNaN(date.getTime()) || !tokens.every((token) => Object.hasOwn(TOKENS, token))) return fallback;
  return format.replace(/\{(\w+)\}/g, (_, token) => TOKENS[token](date));
}
