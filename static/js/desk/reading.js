// When a message counts as read: its conversation is open, its end is on the screen, and a person has this tab before them.
// A tab left open behind another window must not clear anybody's unread mark.

import { computed, effect, signal } from "@preact/signals";

const PAUSE_MS = 300;

/**
 * @param {object} options
 * @param {import("desk/api.js").Api} options.api
 * @param {import("@preact/signals").ReadonlySignal<import("desk/thread.js").ThreadStore | null>} options.current
 * @param {() => number} options.myId
 */
export function createReading({ api, current, myId }) {
  const isPresent = signal(false);
  const isAtEnd = signal(false);
  const isLooking = computed(() => isPresent.value && isAtEnd.value);
  /** @type {Map<number, number>} */
  const told = new Map();

  function notice() {
    isPresent.value = document.visibilityState === "visible" && document.hasFocus();
  }

  /** @param {import("desk/thread.js").ThreadStore} thread */
  async function tell(thread) {
    const last = thread.lastReceivedId();
    if (last <= Math.max(told.get(thread.id) ?? 0, thread.detail.peek()?.read_up_to ?? 0)) return;
    const before = told.get(thread.id) ?? 0;
    told.set(thread.id, last);
    try {
      await api.put(`conversations/${thread.id}/read/`, { up_to: last });
      thread.markSeen();
    } catch {
      told.set(thread.id, before);
    }
  }

  return {
    isLooking,
    isAtEnd,
    start() {
      for (const name of ["focus", "blur"]) addEventListener(name, notice);
      document.addEventListener("visibilitychange", notice);
      notice();
      effect(() => {
        const thread = current.value;
        // Only the reading of who is in charge counts (a supervisor who looks in clears nothing).
        if (!thread || !isLooking.value || thread.items.value.length === 0 || thread.detail.value?.assignee_id !== myId()) return;
        const timer = setTimeout(() => void tell(thread), PAUSE_MS);
        return () => clearTimeout(timer);
      });
    },
  };
}

/** @typedef {ReturnType<typeof createReading>} Reading */
