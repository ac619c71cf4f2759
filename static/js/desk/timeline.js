// From messages and events to what is drawn: days, the «new» line, runs of events folded, bubbles joined. Pure.

/** @typedef {import("desk/types.js").Message} Message */
/** @typedef {import("desk/types.js").ConversationEvent} ConversationEvent */
/** @typedef {import("desk/stretch.js").Item} Item */
/** @typedef {import("desk/outgoing.js").Pending} Pending */

/** @typedef {import("desk/earlier.js").Segment} Segment */
/** @typedef {import("desk/types.js").Row} Row */

/**
 * @typedef {{kind: "day", key: string, at: string}
 *   | {kind: "divider", key: string, count: number}
 *   | {kind: "events", key: string, events: ConversationEvent[]}
 *   | {kind: "conversation", key: string, row: Row | null}
 *   | {kind: "message", key: string, message: Message, joined: boolean}
 *   | {kind: "pending", key: string, pending: Pending, joined: boolean}} Entry
 */

const JOINED_WITHIN_MS = 5 * 60_000;

/**
 * @param {object} input
 * @param {readonly Item[]} input.items  in position order
 * @param {readonly Segment[]} [input.earlier]  what was said in conversations before this one, oldest first
 * @param {readonly Pending[]} input.pending
 * @param {number | null} input.dividerId  the first message not seen yet
 * @param {(at: string) => string} input.dayKey
 * @returns {Entry[]}
 */
export function timeline({ items, earlier = [], pending, dividerId, dayKey }) {
  /** @type {Entry[]} */
  const entries = [];
  let day = "";
  /** @type {{message: Message | Pending, isIn: boolean} | null} */
  let last = null;

  /** @param {string} at */
  function startDay(at) {
    const key = dayKey(at);
    if (key === day) return;
    day = key;
    last = null;
    entries.push({ kind: "day", key: `day-${key}`, at });
  }

  for (const segment of earlier) {
    entries.push({ kind: "conversation", key: `c${segment.row.id}`, row: segment.row });
    entries.push(...timeline({ items: segment.items, pending: [], dividerId: null, dayKey }).map((entry) => (entry.kind === "day" ? { ...entry, key: `${entry.key}-${segment.row.id}` } : entry)));
  }
  if (earlier.length > 0) entries.push({ kind: "conversation", key: "here", row: null });

  for (const item of items) {
    startDay(item.at.endsWith("Z") ? item.at : `${item.at}Z`);
    if (item.kind === "event") {
      const previous = entries.at(-1);
      if (previous?.kind === "events") previous.events.push(item.event);
      else entries.push({ kind: "events", key: item.key, events: [item.event] });
      last = null;
      continue;
    }
    if (item.message.id === dividerId) {
      entries.push({ kind: "divider", key: "divider", count: receivedFrom(items, item) });
      last = null;
    }
    const isIn = item.message.direction === "in";
    entries.push({ kind: "message", key: item.key, message: item.message, joined: joins(last, item.message, isIn) });
    last = { message: item.message, isIn };
  }

  const known = new Set(items.map((item) => item.key));
  for (const one of pending) {
    // The server's copy has arrived before its answer: one bubble, not two.
    if (known.has(one.client_id)) continue;
    startDay(one.happened_at);
    entries.push({ kind: "pending", key: one.client_id, pending: one, joined: joins(last, one, false) });
    last = { message: one, isIn: false };
  }
  return entries;
}

/** @param {readonly Item[]} items @param {Item} first */
function receivedFrom(items, first) {
  return items.slice(items.indexOf(first)).filter((item) => item.kind === "message" && item.message.direction === "in").length;
}

/**
 * @param {{message: Message | Pending, isIn: boolean} | null} last @param {Message | Pending} next @param {boolean} isIn
 */
function joins(last, next, isIn) {
  if (!last || last.isIn !== isIn || last.message.is_note !== next.is_note || next.is_note) return false;
  const author = (/** @type {Message | Pending} */ one) => ("author_id" in one ? `${one.author_kind}${one.author_id}` : "me");
  const sameAuthor = isIn || author(last.message) === author(next) || !("author_id" in next);
  return sameAuthor && Date.parse(next.happened_at) - Date.parse(last.message.happened_at) < JOINED_WITHIN_MS;
}

/** Where the reader is in a long conversation: the entry at the top of the screen, or null at its end. @typedef {string | null} Around */

/**
 * The part that is drawn: so many entries before and after where the reader is. What is far away is kept in memory, not on the page.
 * @param {readonly Entry[]} entries @param {Around} around @param {{before: number, after: number}} reach
 * @returns {{from: number, to: number}}
 */
export function drawn(entries, around, { before, after }) {
  const count = entries.length;
  const here = around === null ? -1 : entries.findIndex((entry) => entry.key === around);
  if (here < 0) return { from: Math.max(0, count - before), to: count };
  return { from: Math.max(0, here - before), to: Math.min(count, here + after) };
}
