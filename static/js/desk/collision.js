// Who else is in the open conversation, and telling them that we are. Said again and again while it is true; whoever falls silent is
// forgotten by everybody within seconds (inbox/viewing.py).

import { effect, signal } from "@preact/signals";

/** @typedef {import("desk/types.js").Frame} Frame */
/** @typedef {{id: number, name: string, initials: string, hue: string, doing: "looking" | "replying" | "noting", until: number}} Companion */

export const LOOK_EVERY_MS = 15_000;
export const WRITE_EVERY_MS = 3_000;
const PAUSE_MS = 5_000;

/**
 * @param {object} options
 * @param {import("desk/socket.js").Socket} options.socket
 * @param {import("@preact/signals").ReadonlySignal<{id: number} | null>} options.current
 * @param {() => boolean} [options.isVisible]
 * @param {{setTimeout: (run: () => void, ms: number) => any, clearTimeout: (timer: any) => void, setInterval: (run: () => void, ms: number) => any, now: () => number}} [options.platform]
 */
export function createCollision({ socket, current, isVisible = () => document.visibilityState === "visible", platform = browser() }) {
  const company = signal(/** @type {{conversation: number, people: readonly Companion[]}} */ ({ conversation: 0, people: [] }));
  let doing = "looking";
  let toldAt = -Infinity;
  /** @type {any} */ let pause = null;

  /** @param {number | undefined} conversation @param {string} what */
  function tell(conversation, what) {
    if (!conversation) return;
    toldAt = platform.now();
    socket.tell("thread", { conversation, doing: what });
  }

  const again = () => tell(current.peek()?.id, isVisible() ? doing : "away");

  function stopWriting() {
    platform.clearTimeout(pause);
    if (doing === "looking") return;
    doing = "looking";
    again();
  }

  return {
    company,

    /** @param {Frame} frame */
    hear(frame) {
      const people = frame.people.map((/** @type {any} */ one) => ({ ...one, until: platform.now() + one.seconds * 1000 }));
      company.value = { conversation: frame.conversation, people };
    },

    /** A letter was typed. @param {"reply" | "note"} mode */
    noteWriting(mode) {
      const now = mode === "note" ? "noting" : "replying";
      const isNews = doing !== now || platform.now() - toldAt >= WRITE_EVERY_MS;
      doing = now;
      if (isNews) again();
      platform.clearTimeout(pause);
      pause = platform.setTimeout(stopWriting, PAUSE_MS);
    },

    stopWriting,
    again,

    start() {
      effect(() => {
        const id = current.value?.id;
        doing = "looking";
        // The watch is told first; the server takes frames in their order.
        const soon = platform.setTimeout(() => current.peek()?.id === id && again(), 0);
        return () => {
          platform.clearTimeout(soon);
          tell(id, "away");
        };
      });
      platform.setInterval(again, LOOK_EVERY_MS);
      if (typeof document === "undefined") return;
      document.addEventListener("visibilitychange", again);
      addEventListener("pagehide", () => tell(current.peek()?.id, "away"));
    },
  };
}

/** @typedef {ReturnType<typeof createCollision>} Collision */

/** Those who are there now: nobody is believed for longer than they said. @param {readonly Companion[]} people @param {number} now */
export function present(people, now) {
  return people.flatMap((one) => (now < one.until ? [one] : one.doing === "looking" ? [] : [{ ...one, doing: /** @type {const} */ ("looking") }]));
}

function browser() {
  return {
    /** @param {() => void} run @param {number} ms */
    setTimeout: (run, ms) => setTimeout(run, ms),
    /** @param {any} timer */
    clearTimeout: (timer) => clearTimeout(timer),
    /** @param {() => void} run @param {number} ms */
    setInterval: (run, ms) => setInterval(run, ms),
    now: () => Date.now(),
  };
}
