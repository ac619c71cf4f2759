// The server's time, as near as the browser can know it, and two ticks for what shows time passing.
// The window of a channel closes by the server's clock: a laptop ten minutes slow must not offer a locked composer.

import { signal } from "@preact/signals";

/**
 * @param {{now?: () => number, setInterval?: (run: () => void, ms: number) => unknown}} [platform]
 */
export function createClock(platform = {}) {
  const localNow = platform.now ?? (() => Date.now());
  const every = platform.setInterval ?? ((run, ms) => setInterval(run, ms));
  let offset = 0;

  const second = signal(localNow());
  const quarterMinute = signal(localNow());

  function now() {
    return localNow() + offset;
  }
  function refresh() {
    second.value = now();
    if (Math.abs(second.value - quarterMinute.value) >= 15_000) quarterMinute.value = second.value;
  }

  return {
    now,
    /** Milliseconds, once a second: only for what counts seconds. */
    second,
    /** Milliseconds, four times a minute: for rows. */
    quarterMinute,
    /** @param {string} serverTime */
    sync(serverTime) {
      const server = Date.parse(serverTime);
      if (Number.isNaN(server)) return;
      offset = server - localNow();
      second.value = quarterMinute.value = now();
    },
    start() {
      every(refresh, 1000);
    },
    iso() {
      return new Date(now()).toISOString();
    },
  };
}

/** @typedef {ReturnType<typeof createClock>} Clock */
