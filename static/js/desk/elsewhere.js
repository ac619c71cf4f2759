// What the desk says to those who look elsewhere, kept true: the badges, the notifications that are over, and which conversation has a
// person before it.

import { effect } from "@preact/signals";
import { ApiError } from "desk/api.js";
import { showBadges } from "desk/badges.js";
import { debounce } from "lib/timing.js";

const SWEEP_PAUSE_MS = 800;

/**
 * @param {object} parts
 * @param {import("desk/desk.js").Desk} parts.desk
 * @param {import("desk/board.js").BoardStore} parts.board
 * @param {import("desk/reading.js").Reading} parts.reading
 * @param {import("desk/device.js").Device} parts.device
 * @param {import("desk/tabs.js").Tabs} parts.tabs
 * @param {import("desk/api.js").Api} parts.api
 */
export function lookElsewhere({ desk, board, reading, device, tabs, api }) {
  effect(() => tabs.look(reading.isLooking.value ? (desk.current.value?.id ?? null) : null));
  effect(() => showBadges(board.totals.value.unread));

  /** Notifications of what was read meanwhile, here or on another device, go (P0-38). */
  const sweep = debounce(async () => {
    for (const { conversation, close } of await device.shown()) if (await isOver(conversation)) close();
  }, SWEEP_PAUSE_MS);

  /** @param {number} conversation */
  async function isOver(conversation) {
    const row = board.rowOf(conversation);
    if (row) return row.unread === 0 && !(row.needs_first_reply && row.assignee_id === null);
    try {
      const detail = await api.get(`conversations/${conversation}/`);
      return detail.unread === 0 && detail.assignee_id !== null;
    } catch (error) {
      // No longer ours to see: nothing to tell of it.
      return error instanceof ApiError && error.status === 404;
    }
  }

  effect(() => {
    // Whatever is read anywhere moves these.
    void [board.totals.value, board.rows.value, reading.isLooking.value];
    sweep();
  });
}
