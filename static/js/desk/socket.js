// One WebSocket for the whole tab. It keeps itself alive, says how it is, and remembers what is being watched.
// It is a courtesy: whoever shows something re-reads the snapshot when told `onOnline`.

import { signal } from "@preact/signals";

/** @typedef {import("desk/types.js").Frame} Frame */
/** @typedef {{state: "online" | "reconnecting" | "offline" | "back", at: number}} Connection  what people see */

export const PING_MS = 20_000;
export const PONG_GRACE_MS = 5_000;
export const FIRST_DELAY_MS = 500;
export const LONGEST_DELAY_MS = 15_000;
const SHOWN_AFTER_MS = 2_000;
const OFFLINE_AFTER_MS = 30_000;
const BACK_SHOWN_MS = 4_000;
const STEADY_MS = 10_000;

/**
 * How long to wait before attempt n (from 0): doubling, never more than the longest, and half of it left to chance so that two hundred
 * tabs do not return in the same instant.
 * @param {number} attempt @param {() => number} random
 */
export function reconnectDelay(attempt, random) {
  const whole = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempt, 10));
  return whole / 2 + (whole / 2) * random();
}

/**
 * The same for a tab whose first try found nobody: the server was started again and all its tabs return, so they spread over as long as it
 * said they need.
 * @param {number} attempt @param {number} spread in ms @param {() => number} random
 */
export function returnDelay(attempt, spread, random) {
  const delay = reconnectDelay(attempt, random);
  return attempt === 0 ? delay : Math.max(delay, spread * random());
}

/**
 * @param {object} options
 * @param {string} options.url
 * @param {(frame: Frame) => void} options.onFrame  everything not about one watch
 * @param {() => void} options.onOnline  after hello, first time and every time
 * @param {() => void} options.onSessionEnded
 * @param {() => void} [options.onRefused]  closed before hello: perhaps the session is over
 * @param {(error: unknown) => void} [options.onTrouble]  whoever was told of a frame failed at it
 * @param {(url: string) => WebSocket} [options.open]
 * @param {{setTimeout: (run: () => void, ms: number) => any, clearTimeout: (timer: any) => void, now: () => number, random: () => number}} [options.platform]
 */
export function createSocket({ url, onFrame, onOnline, onSessionEnded, onRefused, onTrouble = console.error, open = (to) => new WebSocket(to), platform = browser() }) {
  /** @type {WebSocket | null} */
  let socket = null;
  let greeted = false;
  let stopped = false;
  let attempt = 0;
  let spread = 0;
  let downSince = platform.now();
  /** @type {any} */ let retryTimer = null;
  /** @type {any} */ let pingTimer = null;
  /** @type {any} */ let pongTimer = null;
  /** @type {any} */ let steadyTimer = null;
  /** @type {any} */ let shownTimer = null;
  /** @type {Map<string, {topic: string, details: object, onFrame: (frame: Frame) => void}>} */
  const watches = new Map();
  /** @type {Map<string, number>}  answers the server still owes, per watch name */
  const owed = new Map();
  const connection = signal(/** @type {Connection} */ ({ state: "online", at: platform.now() }));

  function connect() {
    cancel();
    if (stopped) return;
    greeted = false;
    const mine = open(url);
    socket = mine;
    // A dead network may leave a handshake hanging for minutes.
    pongTimer = platform.setTimeout(() => lost(mine, 1006), LONGEST_DELAY_MS);
    mine.onmessage = (event) => mine === socket && hear(event.data);
    mine.onclose = (event) => lost(mine, event.code);
    mine.onerror = () => {};
  }

  /** @param {string} text */
  function hear(text) {
    platform.clearTimeout(pongTimer);
    pongTimer = null;
    const told = JSON.parse(text);
    for (const frame of Array.isArray(told) ? told : [told]) takeSafely(frame);
  }

  /** Frames come together: what one of them breaks must not cost the others. Its watch is told anew, whose answer reads everything again. @param {Frame} frame */
  function takeSafely(frame) {
    try {
      take(frame);
    } catch (error) {
      onTrouble(error);
      const watch = watches.get(frame.watch);
      // Not after the answer itself: that would ask for ever.
      if (watch && frame.type !== "watching" && frame.type !== "error") tell(frame.watch, watch);
    }
  }

  /** @param {Frame} frame */
  function take(frame) {
    if (frame.return_within !== undefined) spread = frame.return_within * 1000;
    if (frame.type === "hello") {
      greeted = true;
      owed.clear();
      for (const [name, watch] of watches) tell(name, watch);
      schedulePing();
      steadyTimer = platform.setTimeout(() => (attempt = 0), STEADY_MS);
      onFrame(frame);
      onOnline();
    } else if (frame.type === "ask") {
      // Only now, behind everything before it: this is how the server knows that we keep up.
      send({ type: "answer", number: frame.number });
    } else if (frame.watch !== undefined) {
      passOn(frame);
    } else if (frame.type !== "pong") {
      onFrame(frame);
    }
  }

  /** Frames of the watch that was replaced may still be on their way: they end with the `watching` of the new one. @param {Frame} frame */
  function passOn(frame) {
    const answers = owed.get(frame.watch) ?? 0;
    const left = frame.type === "watching" || frame.type === "error" ? Math.max(0, answers - 1) : answers;
    owed.set(frame.watch, left);
    if (left === 0) watches.get(frame.watch)?.onFrame(frame);
  }

  function schedulePing() {
    platform.clearTimeout(pingTimer);
    pingTimer = platform.setTimeout(() => {
      send({ type: "ping" });
      const asked = socket;
      platform.clearTimeout(pongTimer);
      // Anything heard counts as the answer. Measured from the ping and not from the last frame: timers of hidden tabs run late.
      pongTimer = platform.setTimeout(() => asked && lost(asked, 1006), PONG_GRACE_MS);
      schedulePing();
    }, PING_MS);
  }

  /** @param {WebSocket} which @param {number} code */
  function lost(which, code) {
    if (which !== socket) return;
    const wasGreeted = greeted;
    cancel();
    socket = null;
    greeted = false;
    which.onmessage = which.onclose = null;
    try {
      which.close();
    } catch {
      // Already closed: nothing to do.
    }
    if (stopped) return;
    if (code === 4401) {
      stopped = true;
      onSessionEnded();
      return;
    }
    if (code === 4400 || code === 1009) console.warn(`The server refused a frame and closed the socket (${code}).`);
    if (wasGreeted) goneDown();
    else onRefused?.();
    retryTimer = platform.setTimeout(connect, delayAfter(code));
    attempt += 1;
  }

  /** @param {number} code */
  function delayAfter(code) {
    if (code === 4400) return LONGEST_DELAY_MS / 2 + (LONGEST_DELAY_MS / 2) * platform.random();
    if (code === 4409) return 3_000 * platform.random();
    return returnDelay(attempt, spread, platform.random);
  }

  function goneDown() {
    downSince = platform.now();
    platform.clearTimeout(shownTimer);
    // Nobody needs to know about half a second: shown only when it lasts.
    shownTimer = platform.setTimeout(showDown, SHOWN_AFTER_MS);
  }

  function showDown() {
    if (greeted || stopped) return;
    const offline = platform.now() - downSince >= OFFLINE_AFTER_MS || !browserOnline();
    const state = offline ? "offline" : "reconnecting";
    if (connection.value.state !== state) connection.value = { state, at: platform.now() };
    shownTimer = platform.setTimeout(showDown, 1_000);
  }

  function cancel() {
    for (const timer of [retryTimer, pingTimer, pongTimer, steadyTimer]) platform.clearTimeout(timer);
    retryTimer = pingTimer = pongTimer = steadyTimer = null;
  }

  /** @param {object} frame */
  function send(frame) {
    if (socket && greeted && socket.readyState === 1) socket.send(JSON.stringify(frame));
  }

  /** @param {string} name @param {{topic: string, details: object}} watch */
  function tell(name, watch) {
    if (!greeted) return;
    owed.set(name, (owed.get(name) ?? 0) + 1);
    send({ type: "watch", watch: name, topic: watch.topic, ...watch.details });
  }

  return {
    connection,
    get isOnline() {
      return greeted;
    },

    start() {
      goneDown();
      connect();
    },

    /** Try now: the network came back, or somebody looks at the tab again. */
    nudge() {
      if (stopped || socket) return;
      connect();
    },

    stop() {
      stopped = true;
      cancel();
      platform.clearTimeout(shownTimer);
      socket?.close();
    },

    /**
     * @param {string} name @param {string} topic @param {object} details
     * @param {(frame: Frame) => void} onWatched  this watch's frames, `watching` first
     */
    watch(name, topic, details, onWatched) {
      const watch = { topic, details, onFrame: onWatched };
      watches.set(name, watch);
      tell(name, watch);
    },

    /** @param {string} name */
    unwatch(name) {
      if (!watches.delete(name)) return;
      send({ type: "unwatch", watch: name });
    },

    /** Something about what is watched; while there is no connection it is not said at all. @param {string} name @param {object} details */
    tell(name, details) {
      send({ type: "tell", watch: name, ...details });
    },

    /** What is shown has been re-read: say so for a moment, if anybody had seen that we were away. */
    caughtUp() {
      platform.clearTimeout(shownTimer);
      const { state } = connection.value;
      if (state === "online") return;
      // A moment away while it is still being said took its end away: said once, and ended anew.
      if (state !== "back") connection.value = { state: "back", at: platform.now() };
      shownTimer = platform.setTimeout(() => (connection.value = { state: "online", at: platform.now() }), BACK_SHOWN_MS);
    },
  };
}

/** @typedef {ReturnType<typeof createSocket>} Socket */

function browserOnline() {
  return typeof navigator === "undefined" || navigator.onLine !== false;
}

function browser() {
  return {
    /** @param {() => void} run @param {number} ms */
    setTimeout: (run, ms) => setTimeout(run, ms),
    /** @param {any} timer */
    clearTimeout: (timer) => clearTimeout(timer),
    now: () => Date.now(),
    random: () => Math.random(),
  };
}
