// What rings at me now: read when it is told, and when the line is back.

import { signal } from "@preact/signals";

/** @typedef {{id: number, until: string, conversation: import("desk/types.js").Row}} Offer */

/** @param {{api: import("desk/api.js").Api}} options */
export function createOffers({ api }) {
  const ringing = signal(/** @type {readonly Offer[]} */ ([]));

  async function read() {
    try {
      ringing.value = (await api.get("offers/")).results;
    } catch {
      // The next word of it reads again.
    }
  }

  /** @param {number} id */
  const without = (id) => (ringing.value = ringing.value.filter((each) => each.id !== id));

  return {
    ringing,
    read,
    /** Throws an ApiError. Answers the detail. @param {number} id */
    async accept(id) {
      try {
        return await api.put(`offers/${id}/answer/`);
      } finally {
        without(id);
      }
    },
    /** Throws an ApiError. @param {number} id */
    async decline(id) {
      try {
        await api.delete(`offers/${id}/answer/`);
      } finally {
        without(id);
      }
    },
  };
}

/** @typedef {ReturnType<typeof createOffers>} Offers */
