// What a screen reader is told. At most once every two seconds, however many messages arrive: five become one sentence.

import { signal } from "@preact/signals";
import { words } from "desk/words.js";

export const ANNOUNCE_EVERY_MS = 2_000;

/** @param {{setTimeout: (run: () => void, ms: number) => any, now: () => number}} [platform] */
export function createAnnouncer(platform = { setTimeout: (run, ms) => setTimeout(run, ms), now: () => Date.now() }) {
  const text = signal("");
  /** @type {{who: string, what: string}[]} */
  let waiting = [];
  let lastSaid = -Infinity;
  let scheduled = false;

  function speak() {
    scheduled = false;
    lastSaid = platform.now();
    const [first] = waiting;
    if (first) text.value = waiting.length === 1 ? words.messageFrom(first.who, first.what) : words.newMessages(waiting.length);
    waiting = [];
  }

  return {
    text,
    /** @param {string} who @param {string} what */
    message(who, what) {
      waiting.push({ who, what });
      if (scheduled) return;
      scheduled = true;
      platform.setTimeout(speak, Math.max(0, lastSaid + ANNOUNCE_EVERY_MS - platform.now()));
    },
  };
}

/** @typedef {ReturnType<typeof createAnnouncer>} Announcer */
