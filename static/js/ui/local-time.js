// <time datetime="…" data-behaviour="local-time" data-format="time | date | datetime | relative">: the reader's own clock.
// The server wrote the text in the installation's time zone, so nothing moves much; the full form goes to the title.

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
  element.title ||= moment.toLocaleString(pageLanguage(), { dateStyle: "full", timeStyle: "short" });
  element.textContent = format(moment, element.dataset.format ?? "datetime");
}

/**
 * @param {Date} moment
 * @param {string} style
 * @param {number} [now]
 * @param {string} [language]
 */
export function format(moment, style, now = Date.now(), language = pageLanguage()) {
  if (style !== "relative") return moment.toLocaleString(language, FORMATS[style] ?? FORMATS.datetime);
  const seconds = (moment.valueOf() - now) / 1000;
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? UNITS[3];
  return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(Math.trunc(seconds / size), unit);
}
