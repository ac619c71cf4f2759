// Promises to contact somebody again: the list, how many are due, and a word when the time of one has come.

import { computed, signal } from "@preact/signals";

/**
 * @typedef {object} Callback
 * @property {number} id
 * @property {"personal" | "global" | "automatic"} kind
 * @property {string} kind_name
 * @property {string} state
 * @property {string} due_at
 * @property {{id: number, name: string, initials: string, hue: string, is_vip: boolean}} contact
 * @property {string} number
 * @property {{id: number, name: string}} campaign
 * @property {string} base
 * @property {{id: number, name: string} | null} owner
 * @property {import("desk/types.js").Permission} work
 */

const PAUSE_MS = 1_000;

/** @param {{api: import("desk/api.js").Api, clock: {quarterMinute: import("@preact/signals").ReadonlySignal<number>}, onDue: (callback: Callback) => void}} options */
export function createCallbacks({ api, clock, onDue }) {
  const items = signal(/** @type {Callback[] | null} */ (null));
  const next = signal(/** @type {string | null} */ (null));
  const failed = signal(false);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  async function read() {
    try {
      const page = await api.get("callbacks/");
      items.value = page.results;
      next.value = page.next;
      failed.value = false;
    } catch {
      failed.value = true;
    }
  }

  async function more() {
    if (!next.value) return;
    try {
      const page = await api.get(`callbacks/?cursor=${encodeURIComponent(next.value)}`);
      items.value = [...(items.value ?? []), ...page.results];
      next.value = page.next;
    } catch {
      failed.value = true;
    }
  }

  /** Many changes are one reading. */
  function readSoon() {
    timer ??= setTimeout(() => {
      timer = undefined;
      void read();
    }, PAUSE_MS);
  }

  /** @param {number} id */
  async function tell(id) {
    try {
      /** @type {Callback} */
      const callback = await api.get(`callbacks/${id}/`);
      if (callback.state === "pending") onDue(callback);
    } catch {
      // Ended or handed on meanwhile: the list says what is true.
    }
  }

  return {
    items,
    failed,
    hasMore: computed(() => next.value !== null),
    dueCount: computed(() => (items.value ?? []).filter((each) => Date.parse(each.due_at) <= clock.quarterMinute.value).length),
    read,
    more,
    /** @param {import("desk/types.js").Frame} frame */
    hear(frame) {
      readSoon();
      if (frame.type === "callback_due") void tell(frame["callback"]);
    },
    /** Throws an ApiError. @param {number} id @param {"done" | "cancelled"} state */
    async end(id, state) {
      await api.put(`callbacks/${id}/end/`, { state });
      items.value = (items.value ?? []).filter((each) => each.id !== id);
    },
    /** Throws an ApiError. @param {number} id @param {string} due_at */
    async move(id, due_at) {
      await api.put(`callbacks/${id}/`, { due_at });
      await read();
    },
  };
}

/** @typedef {ReturnType<typeof createCallbacks>} Callbacks */
