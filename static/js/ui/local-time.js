// <time datetime="…" data-behaviour="local-time" data-format="time | date | datetime | relative | when">: the reader's own clock.
// Whoever is signed in has chosen a time zone, which the server wrote the text in and the desk keeps to as well; a guest's is the
// browser's. The full form goes to the title.

import { pageLanguage } from "lib/dom.js";

/** @type {Record<string, Intl.DateTimeFormatOptions>} */
const FORMATS = {
  time: { hour: "2-digit", minute: "2-digit" },
  date: { day: "numeric", month: "short", year: "numeric" },
  datetime: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
};
/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const UNITS = [["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1]];

/** @param {HTMLTimeElement} element */
export function start(element) {
  const moment = new Date(element.dateTime);
  if (Number.isNaN(moment.valueOf())) return;
  element.title ||= moment.toLocaleString(pageLanguage(), { dateStyle: "full", timeStyle: "short", timeZone: readersZone() });
  element.textContent = format(moment, element.dataset.format ?? "datetime");
}

/** undefined: the browser's own, also in place of a zone that it does not know. */
function readersZone() {
  const timeZone = document.documentElement.dataset.timeZone;
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    return timeZone;
  } catch {
    return undefined;
  }
}

/**
 * @param {Date} moment
 * @param {string} style
 * @param {number} [now]
 * @param {string} [language]
 */
export function format(moment, style, now = Date.now(), language = pageLanguage()) {
  if (style === "when") return when(moment, now, language);
  if (style !== "relative") return moment.toLocaleString(language, { ...(FORMATS[style] ?? FORMATS.datetime), timeZone: readersZone() });
  const seconds = (moment.valueOf() - now) / 1000;
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? UNITS[3];
  return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(Math.trunc(seconds / size), unit);
}

/**
 * «Hoy 10:14», «ayer 18:40», «12 nov», and the year where it is another one.
 * @param {Date} moment @param {number} now @param {string} language
 */
function when(moment, now, language) {
  const timeZone = readersZone();
  const dayOf = (/** @type {Date | number} */ each) => new Intl.DateTimeFormat("en-CA", { timeZone }).format(each);
  const days = (Date.parse(dayOf(moment)) - Date.parse(dayOf(now))) / 86_400_000;
  if (days === 0 || days === -1) {
    const day = new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(days, "day");
    const time = moment.toLocaleTimeString(language, { ...FORMATS.time, timeZone });
    return `${days === 0 ? day.charAt(0).toLocaleUpperCase(language) + day.slice(1) : day} ${time}`;
  }
  const isThisYear = dayOf(moment).slice(0, 4) === dayOf(now).slice(0, 4);
  return moment.toLocaleDateString(language, { day: "numeric", month: "short", ...(isThisYear ? {} : { year: "numeric" }), timeZone });
}
