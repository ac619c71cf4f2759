// Times, durations and figures as people read them, in the user's language and time zone. Pure: everything comes in, words go out.

import { words } from "desk/words.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NO_BREAK = "\u00a0";

/**
 * @param {{locale: string, timeZone?: string}} preferences
 */
export function createFormatter({ locale, timeZone }) {
  const zone = usable(timeZone);
  const language = usableLocale(locale);
  /** @param {Intl.DateTimeFormatOptions} options */
  const make = (options) => new Intl.DateTimeFormat(language, { timeZone: zone, ...options });
  // Built once: each costs more than a thousand uses.
  const clock = make({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const clockSeconds = make({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  const weekday = make({ weekday: "short" });
  const shortDay = make({ day: "numeric", month: "short" });
  const shortDayYear = make({ day: "numeric", month: "short", year: "numeric" });
  const longDay = make({ weekday: "long", day: "numeric", month: "long" });
  const longDayYear = make({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
  const key = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
  const figures = new Intl.NumberFormat(language);
  const oneDecimal = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });

  /** @param {string | number} when */
  const dayKey = (when) => key.format(toDate(when));
  let lastNow = NaN;
  let lastDay = NaN;
  /** Every row asks with the same moment. @param {number} now */
  function today(now) {
    if (now !== lastNow) [lastNow, lastDay] = [now, Date.parse(dayKey(now))];
    return lastDay;
  }
  /** @param {string | number} when @param {number} now */
  const daysAgo = (when, now) => Math.round((today(now) - Date.parse(dayKey(when))) / DAY);
  /** @param {string | number} when @param {number} now */
  const sameYear = (when, now) => dayKey(when).slice(0, 4) === dayKey(now).slice(0, 4);
  /** @param {string | number} when @param {number} now */
  const day = (when, now) => (sameYear(when, now) ? shortDay : shortDayYear).format(toDate(when)).replace(/\.$/u, "");

  return {
    dayKey,
    /** 10:14 @param {string | number} when */
    time: (when) => clock.format(toDate(when)),
    /** 10:21:07 @param {string | number} when */
    timeWithSeconds: (when) => clockSeconds.format(toDate(when)),

    /** The time of a row: 10:14, yesterday, Mon, 12 Nov. @param {string} when @param {number} now */
    rowTime(when, now) {
      const ago = daysAgo(when, now);
      if (ago <= 0) return clock.format(toDate(when));
      if (ago === 1) return words.yesterday();
      if (ago < 7) return weekday.format(toDate(when)).replace(/\.$/u, "");
      return day(when, now);
    },

    /** Today, Saturday 21 November @param {string} when @param {number} now */
    dayLabel(when, now) {
      const ago = daysAgo(when, now);
      const intl = (sameYear(when, now) ? longDay : longDayYear).format(toDate(when));
      // Spanish writes «sábado 21 de noviembre»; what Intl puts between is for a letterhead.
      const long = language.startsWith("es") ? intl.replace(", ", " ") : intl;
      if (ago === 0) return words.todayIs(long);
      if (ago === 1) return words.yesterdayIs(long);
      return long.charAt(0).toLocaleUpperCase(language) + long.slice(1);
    },

    /** today 09:46, yesterday 18:40, 12 Nov, 16:20 @param {string | number} when @param {number} now */
    moment(when, now) {
      const ago = daysAgo(when, now);
      const time = clock.format(toDate(when));
      if (ago === 0) return words.todayAt(time);
      if (ago === 1) return words.yesterdayAt(time);
      if (ago === -1) return words.tomorrowAt(time);
      return words.dayAt(day(when, now), time);
    },

    /** 12 nov: a day by its name, wherever the reader is. @param {string} isoDay */
    day: (isoDay) => new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }).format(new Date(`${isoDay}T00:00:00Z`)),

    /** @param {number} value */
    number: (value) => figures.format(value),

    /** 184 kB, 4,2 MB (decimal, as phones and providers count) @param {number} bytes */
    bytes(bytes) {
      if (bytes < 1000) return `${figures.format(bytes)}${NO_BREAK}B`;
      if (bytes < 1_000_000) return `${figures.format(Math.round(bytes / 1000))}${NO_BREAK}kB`;
      return `${oneDecimal.format(bytes / 1_000_000)}${NO_BREAK}MB`;
    },
  };
}

/** @typedef {ReturnType<typeof createFormatter>} Formatter */

/** 48 s, 12 min, 1 h 40, 3 d: how long something has lasted. @param {number} ms */
export function duration(ms) {
  const span = Math.max(0, ms);
  if (span < MINUTE) return `${Math.floor(span / 1000)}${NO_BREAK}s`;
  if (span < HOUR) return `${Math.floor(span / MINUTE)}${NO_BREAK}min`;
  if (span < DAY) return hoursAndMinutes(span);
  return `${Math.floor(span / DAY)}${NO_BREAK}d`;
}

/** How long a customer has waited: minutes at least, a row never counts seconds. @param {number} ms */
export function waitingTime(ms) {
  return duration(Math.max(ms, MINUTE));
}

/** 23 h 41 min, 41 min, 1 min 05 s, 48 s: what is left of the window. @param {number} ms */
export function countdown(ms) {
  const left = Math.max(0, ms);
  if (left >= HOUR) {
    return `${Math.floor(left / HOUR)}${NO_BREAK}h ${Math.floor((left % HOUR) / MINUTE)}${NO_BREAK}min`;
  }
  if (left >= 2 * MINUTE) return `${Math.floor(left / MINUTE)}${NO_BREAK}min`;
  const seconds = Math.floor(left / 1000);
  if (seconds < 60) return `${seconds}${NO_BREAK}s`;
  return `1${NO_BREAK}min ${String(seconds - 60).padStart(2, "0")}${NO_BREAK}s`;
}

/** 1:42:07: a running timer. @param {number} ms */
export function stopwatch(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const rest = `${String(Math.floor((seconds % 3600) / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
  return `${Math.floor(seconds / 3600)}:${rest}`;
}

/** 0:07, 12:40, 1:02:07: how long a sound or a film is. @param {number} ms */
export function playingTime(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), String(seconds % 60).padStart(2, "0")];
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/**
 * The window gauge: grey alone above two hours, amber under two hours, red under fifteen minutes.
 * @param {string | null} expiresAt @param {number} now @param {number} [hours]
 * @returns {{open: boolean, left: number, percent: number, tone: "" | "warning" | "danger"} | null}  null: there was never a window
 */
export function windowGauge(expiresAt, now, hours = 24) {
  if (!expiresAt) return null;
  const left = Date.parse(expiresAt) - now;
  const percent = Math.max(0, Math.min(100, (left / (hours * HOUR)) * 100));
  const tone = left <= 15 * MINUTE ? "danger" : left < 2 * HOUR ? "warning" : "";
  return { open: left > 0, left, percent: left > 0 ? Math.max(1, percent) : 0, tone };
}

/**
 * Amber once a wait is no good one any more, red once it is late: as the client promises, else after five and fifteen minutes.
 * @param {number} ms @param {{sla_optimal_s?: number, sla_low_s?: number}} [promise]
 */
export function waitingTone(ms, promise) {
  if (ms >= (promise?.sla_low_s ?? 900) * 1000) return "danger";
  return ms >= (promise?.sla_optimal_s ?? 300) * 1000 ? "warning" : "";
}

/** @param {number} span */
function hoursAndMinutes(span) {
  const minutes = Math.floor((span % HOUR) / MINUTE);
  const hours = `${Math.floor(span / HOUR)}${NO_BREAK}h`;
  return minutes ? `${hours}${NO_BREAK}${String(minutes).padStart(2, "0")}` : hours;
}

/** @param {string | number} when */
function toDate(when) {
  return new Date(when);
}

/** A zone the browser does not know must not take the desk down. @param {string | undefined} timeZone */
function usable(timeZone) {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    return timeZone;
  } catch {
    return undefined;
  }
}

/** @param {string} locale */
function usableLocale(locale) {
  try {
    return Intl.getCanonicalLocales(locale)[0] ?? "es";
  } catch {
    return "es";
  }
}
