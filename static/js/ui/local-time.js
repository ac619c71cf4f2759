// <time datetime="…" data-behaviour="local-time" data-format="time | date | datetime | relative">: the reader's own clock.
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
  if (style !== "relative") return moment.toLocaleString(language, { ...(FORMATS[style] ?? FORMATS.datetime), timeZone: readersZone() });
  const seconds = (moment.valueOf() - now) / 1000;
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? UNITS[3];
  return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(Math.trunc(seconds / size), unit);
}
