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
  let isBeyond = false;

  /** One page more. */
  async function load() {
    const [top] = segments.value;
    if (top && !top.isWhole) return extend(top);
    if (waiting.length === 0 && cursor !== null) {
      const parameters = [cursor && `cursor=${encodeURIComponent(cursor)}`, isBeyond && "beyond=1"].filter(Boolean).join("&");
      const page = await api.get(`conversations/${id}/earlier/${parameters && `?${parameters}`}`);
      waiting = page.results;
      cursor = page.next;
    }
    const row = waiting.shift();
    if (row) await begin(row);
  }

  /** @param {Row} row @param {string} [asked] */
  function messagesOf(row, asked = "") {
    const parameters = [asked, isBeyond && "beyond=1"].filter(Boolean).join("&");
    return `conversations/${row.id}/messages/${parameters && `?${parameters}`}`;
  }

  /** @param {Row} row */
  async function begin(row) {
    stretch = open(EMPTY_THREAD, await api.get(messagesOf(row)));
    segments.value = [{ row, items: items(stretch), isWhole: stretch.previous === null }, ...segments.value];
  }

  /** @param {Segment} top */
  async function extend(top) {
    stretch = extendUpward(stretch, await api.get(messagesOf(top.row, `before=${encodeURIComponent(stretch.previous ?? "")}`)));
    segments.value = [{ row: top.row, items: items(stretch), isWhole: stretch.previous === null }, ...segments.value.slice(1)];
  }

  return {
    segments,
    load,
    /** Those from before the hours that the campaign shows, too, and the rest of those that are here: all are asked for anew. */
    goBeyond() {
      isBeyond = true;
      segments.value = [];
      waiting = [];
      cursor = "";
    },
    items: () => segments.value.flatMap((segment) => segment.items),
    hasMore: () => cursor !== null || waiting.length > 0 || segments.value[0]?.isWhole === false,
  };
}
