// When things happen. No business words here.

/**
 * Calls `action` once, `wait` ms after the last call. `flush` runs what is waiting now, `cancel` forgets it.
 * @template {any[]} A
 * @param {(...args: A) => void} action
 * @param {number} wait
 */
export function debounce(action, wait) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {A | undefined} */
  let waiting;

  function run() {
    const args = waiting;
    cancel();
    if (args) action(...args);
  }
  function cancel() {
    clearTimeout(timer);
    waiting = undefined;
  }
  /** @param {A} args */
  function call(...args) {
    waiting = args;
    clearTimeout(timer);
    timer = setTimeout(run, wait);
  }
  return Object.assign(call, { flush: run, cancel });
}

/**
 * At most one call per `gap` ms; the last one of a burst is never lost.
 * @template {any[]} A
 * @param {(...args: A) => void} action
 * @param {number} gap
 */
export function throttle(action, gap) {
  let last = -Infinity;
  const later = debounce(run, gap);
  /** @param {A} args */
  function run(...args) {
    last = performance.now();
    action(...args);
  }
  return (/** @type {A} */ ...args) => {
    if (performance.now() - last < gap) return later(...args);
    later.cancel();
    run(...args);
  };
}

/**
 * @param {number} ms
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
export function sleep(ms, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)), { once: true });
  });
}

/**
 * How long to wait before the nth new attempt: doubling, capped, and spread at random, so that two hundred browsers
 * that lost the same server do not come back in the same instant.
 * @param {number} attempt from 0
 * @param {{ base?: number, cap?: number, random?: () => number }} [options]
 */
export function backoff(attempt, { base = 500, cap = 15_000, random = Math.random } = {}) {
  const ceiling = Math.min(cap, base * 2 ** attempt);
  return ceiling / 2 + (ceiling / 2) * random();
}

/** After the next frame is painted. */
export function painted() {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}
