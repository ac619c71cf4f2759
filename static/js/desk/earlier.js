// What was said with the same person before this conversation, the newest of those conversations first: read page by page above it.

import { signal } from "@preact/signals";
import { EMPTY_THREAD, extendUpward, items, open } from "desk/stretch.js";

/** @typedef {import("desk/types.js").Row} Row */
/** @typedef {import("desk/stretch.js").Item} Item */
/** @typedef {{row: Row, items: Item[], isWhole: boolean}} Segment  one earlier conversation, as far up as it was read */

/** @param {{id: number, api: import("desk/api.js").Api}} options */
export function createEarlier({ id, api }) {
  /** Oldest first, as they stand on the page. */
  const segments = signal(/** @type {readonly Segment[]} */ ([]));
  let stretch = EMPTY_THREAD;
  /** @type {Row[]}  known, not read yet */
  let waiting = [];
  /** @type {string | null}  null: there are no more */
  let cursor = "";

  /** One page more. */
  async function load() {
    const [top] = segments.value;
    if (top && !top.isWhole) return extend(top);
    if (waiting.length === 0 && cursor !== null) {
      const page = await api.get(`conversations/${id}/earlier/${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ""}`);
      waiting = page.results;
      cursor = page.next;
    }
    const row = waiting.shift();
    if (row) await begin(row);
  }

  /** @param {Row} row */
  async function begin(row) {
    stretch = open(EMPTY_THREAD, await api.get(`conversations/${row.id}/messages/`));
    segments.value = [{ row, items: items(stretch), isWhole: stretch.previous === null }, ...segments.value];
  }

  /** @param {Segment} top */
  async function extend(top) {
    stretch = extendUpward(stretch, await api.get(`conversations/${top.row.id}/messages/?before=${encodeURIComponent(stretch.previous ?? "")}`));
    segments.value = [{ row: top.row, items: items(stretch), isWhole: stretch.previous === null }, ...segments.value.slice(1)];
  }

  return {
    segments,
    load,
    items: () => segments.value.flatMap((segment) => segment.items),
    hasMore: () => cursor !== null || waiting.length > 0 || segments.value[0]?.isWhole === false,
  };
}
