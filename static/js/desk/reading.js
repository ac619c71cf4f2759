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
  /** What was told of each conversation, and in which version of it. @type {Map<number, {last: number, version: number}>} */
  const told = new Map();

  function notice() {
    isPresent.value = document.visibilityState === "visible" && document.hasFocus();
  }

  /** @param {import("desk/thread.js").ThreadStore} thread */
  async function tell(thread) {
    const last = thread.lastReceivedId();
    const detail = thread.detail.peek();
    const before = told.get(thread.id);
    const isTold = last <= Math.max(before?.last ?? 0, detail?.read_up_to ?? 0);
    // Whoever gets it once more, or has another one joined into it, has it unread anew, though nothing came since they read it.
    const isUnreadAnew = last > 0 && detail !== null && detail.unread > 0 && detail.version > (before?.version ?? 0);
    if (isTold && !isUnreadAnew) return;
    told.set(thread.id, { last: Math.max(last, before?.last ?? 0), version: detail?.version ?? 0 });
    try {
      await api.put(`conversations/${thread.id}/read/`, { up_to: last });
      thread.markSeen();
    } catch {
      if (before) told.set(thread.id, before);
      else told.delete(thread.id);
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
