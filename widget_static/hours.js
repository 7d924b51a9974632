// When somebody answers, in a sentence.
import { fill } from "./texts.js";

const DAY_MS = 86400000;

/** How a language's clock is written: 9:00 AM, and 09:00. */
export function clock(locale) {
  const { hour12 } = new Intl.DateTimeFormat(locale, { hour: "numeric" }).resolvedOptions();
  return { hour: hour12 ? "numeric" : "2-digit", minute: "2-digit" };
}

/** A moment as the visitor's own clock and language have it: "tomorrow at 09:00", "Monday at 09:00". */
export function moment(at, lang, now = new Date()) {
  const when = new Date(at);
  // The chat's language, in the visitor's own form of it: 13:00 or 1 pm.
  const locale = navigator.languages.find((tag) => tag.startsWith(lang)) ?? lang;
  const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());
  // Rounded: a day of a change of clocks has an hour more or less.
  const days = Math.round((midnight(when) - midnight(now)) / DAY_MS);
  const parts = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", ...clock(locale) }).formatToParts(when);
  const join = (some) => some.map(({ value }) => value).join("");
  // What stands between a day and a time is the language's own: ", ", " at ", "، ".
  const between = parts.findIndex(({ type }) => type === "hour") - 1;
  let day = join(parts.slice(0, between));
  if (days < 2) day = new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(days, "day");
  else if (days < 7) day = new Intl.DateTimeFormat(locale, { weekday: "long" }).format(when);
  return day + join(parts.slice(between));
}

/** A site's hours as they are by now, from what the server said of them: {open, opens_at}. */
export function judge({ open, opens_at: opens, closes_at: closes }, now = Date.now()) {
  const passed = (at) => Boolean(at) && now >= Date.parse(at);
  return { open: passed(opens) || (open && !passed(closes)), opens_at: opens };
}

/** What a visitor may expect of the site: when it is back, or how soon it answers; "" where it says neither. */
export function whenAnswered({ hours, reply_time: replyTime }, texts, lang) {
  if (!hours.open) return hours.opens_at ? fill(texts.back, { when: moment(hours.opens_at, lang) }) : "";
  return replyTime ? texts[`reply_${replyTime}`] : "";
}
