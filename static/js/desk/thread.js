// One conversation's messages and events. Two orders, never mixed: `change` says which copy of a message is the newer, position
// (happened_at, id) says where it stands.
//
// The first half is pure: a thread is a value.

import { signal } from "@preact/signals";
import { ApiError } from "desk/api.js";

/** @typedef {import("desk/types.js").Message} Message */
/** @typedef {import("desk/types.js").ConversationEvent} ConversationEvent */
/** @typedef {import("desk/types.js").MessagePage} MessagePage */
/** @typedef {import("desk/types.js").Detail} Detail */
/** @typedef {import("desk/types.js").Frame} Frame */

/**
 * @typedef {object} Thread
 * @property {ReadonlyMap<number, Message>} messages
 * @property {ReadonlyMap<number, ConversationEvent>} events
 * @property {string | null} edge  the oldest moment the pages have reached; what is older is not shown yet. null: all of it is here
 * @property {string | null} previous  the cursor upward
 * @property {number} change  everything up to here has been read from REST (a push may skip one, so pushes never move it)
 */

/** @typedef {{kind: "message", key: string, at: string, message: Message} | {kind: "event", key: string, at: string, event: ConversationEvent}} Item */

const LARGEST_PAGE = 100;
const MOST_PAGES_BACK = 5;
/** Somebody asked for one certain message: it may be further up than what is unread. */
const MOST_PAGES_TO_QUOTE = 20;

/** @type {Thread} */
export const EMPTY_THREAD = { messages: new Map(), events: new Map(), edge: null, previous: null, change: 0 };

/** @param {Thread} thread @param {readonly Message[]} messages @param {readonly ConversationEvent[]} events @returns {Thread} */
export function merge(thread, messages, events) {
  return { ...thread, messages: newest(thread.messages, messages), events: newest(thread.events, events) };
}

/** The first page: the end of the conversation. @param {Thread} thread @param {MessagePage} page @returns {Thread} */
export function open(thread, page) {
  const merged = merge(thread, page.results, page.events);
  return { ...merged, previous: page.previous ?? null, edge: edgeOf(page), change: Math.max(thread.change, page.change) };
}

/** A page above the others. @param {Thread} thread @param {MessagePage} page @returns {Thread} */
export function extendUpward(thread, page) {
  return { ...merge(thread, page.results, page.events), previous: page.previous ?? null, edge: edgeOf(page) };
}

/** What changed since `thread.change`. @param {Thread} thread @param {MessagePage} page @returns {Thread} */
export function catchUp(thread, page) {
  return { ...merge(thread, page.results, page.events), change: Math.max(thread.change, page.change) };
}

/** Everything to show, oldest first. @param {Thread} thread @returns {Item[]} */
export function items(thread) {
  /** @type {Item[]} */
  const all = [];
  for (const message of thread.messages.values()) {
    if (!message.deleted) all.push({ kind: "message", key: message.client_id ?? `m${message.id}`, at: sortable(message.happened_at), message });
  }
  for (const event of thread.events.values()) all.push({ kind: "event", key: `e${event.id}`, at: sortable(event.happened_at), event });
  const { edge } = thread;
  return all.filter((item) => edge === null || item.at >= edge).sort(byPosition);
}

/** @param {Item} a @param {Item} b */
function byPosition(a, b) {
  if (a.at !== b.at) return a.at < b.at ? -1 : 1;
  if (a.kind !== b.kind) return a.kind === "event" ? -1 : 1;
  return idOf(a) - idOf(b);
}

/** @param {Item} item */
function idOf(item) {
  return item.kind === "message" ? item.message.id : item.event.id;
}

/**
 * @template {{id: number, change: number}} T
 * @param {ReadonlyMap<number, T>} held @param {readonly T[]} arrived @returns {ReadonlyMap<number, T>}
 */
function newest(held, arrived) {
  const fresh = arrived.filter((one) => (held.get(one.id)?.change ?? -1) < one.change);
  if (fresh.length === 0) return held;
  const result = new Map(held);
  // Within one page the same id may come twice: the greater change wins there too.
  for (const one of fresh) if ((result.get(one.id)?.change ?? -1) < one.change) result.set(one.id, one);
  return result;
}

/** @param {MessagePage} page */
function edgeOf(page) {
  const first = page.results[0];
  return page.previous && first ? sortable(first.happened_at) : null;
}

/** @param {string} time */
function sortable(time) {
  return time.replace(/(Z|\+00:00)$/u, "");
}

// ── The living thread ───────────────────────────────────────────────────────────────────────────────────────────────

/**
 * @param {{id: number, api: import("desk/api.js").Api, onArrived: (messages: Message[]) => void}} options  `onArrived`: customers' messages not seen before
 */
export function createThread({ id, api, onArrived }) {
  const thread = signal(EMPTY_THREAD);
  const shown = signal(/** @type {Item[]} */ ([]));
  const detail = signal(/** @type {Detail | null} */ (null));
  const status = signal(/** @type {"loading" | "ready" | "failed" | "missing"} */ ("loading"));
  const loadingOlder = signal(false);
  /** The line «n new messages»: from which message on, as it was when the thread was opened. */
  const divider = signal(/** @type {{id: number, read: boolean} | null} */ (null));
  /** The message somebody asked to see: brought onto the page, shown, forgotten. */
  const sought = signal(/** @type {string | null} */ (null));
  /** Somebody has just come in: until the next reading is done nothing counts as an arrival. */
  const opening = signal(true);
  let hasPages = false;
  let readings = 0;
  /** @type {Promise<boolean> | null} */
  let running = null;
  let readAgain = false;

  /** @param {Thread} next */
  function show(next) {
    if (next === thread.value) return;
    thread.value = next;
    shown.value = items(next);
  }

  /** As `show`, telling about customers' messages that were not here before. @param {Thread} next */
  function showArrivals(next) {
    const before = thread.value.messages;
    show(next);
    if (opening.value || next.messages === before) return;
    const arrived = [...next.messages.values()].filter((message) => message.direction === "in" && !before.has(message.id) && isWithin(next, message));
    if (arrived.length > 0) onArrived(arrived);
  }

  /** First time everything, later what changed. A wish during a reading becomes one more reading. @returns {Promise<boolean>} */
  function read() {
    if (running) readAgain = true;
    else running = readUntilQuiet().finally(() => (running = null));
    return running;
  }

  async function readUntilQuiet() {
    readings += 1;
    let done;
    do {
      readAgain = false;
      done = await readOnce();
    } while (readAgain && done);
    return done;
  }

  async function readOnce() {
    try {
      const wantDetail = readDetail();
      wantDetail.catch(() => {});
      if (hasPages) await readChanges();
      else await readFirst();
      await wantDetail;
      const unread = opening.value ? detail.value?.first_unread_id : null;
      if (unread) await reachBackTo(unread);
      status.value = "ready";
      if (opening.value) {
        divider.value = unread ? { id: unread, read: false } : null;
        opening.value = false;
      }
      return true;
    } catch (error) {
      const missing = error instanceof ApiError && (error.status === 404 || error.status === 403);
      if (missing) status.value = "missing";
      else if (status.value === "loading") status.value = "failed";
      return false;
    }
  }

  async function readFirst() {
    show(open(thread.value, await api.get(`conversations/${id}/messages/`)));
    hasPages = true;
  }

  async function readChanges() {
    for (;;) {
      /** @type {MessagePage} */
      const page = await api.get(`conversations/${id}/messages/?after_change=${thread.value.change}`);
      if (page.reload) {
        // Away for too long, or the server was set back: what stands here is given up for the newest page.
        thread.value = EMPTY_THREAD;
        await readFirst();
        return;
      }
      const before = thread.value.change;
      showArrivals(catchUp(thread.value, page));
      if (!page.more || thread.value.change === before) return;
    }
  }

  async function readDetail() {
    /** @type {Detail} */
    const fresh = await api.get(`conversations/${id}/`);
    setDetail(fresh);
  }

  /** @param {Detail} fresh */
  function setDetail(fresh) {
    if (!detail.value || fresh.version >= detail.value.version) detail.value = fresh;
  }

  /** @param {number} [limit] */
  async function loadOlder(limit) {
    const { previous } = thread.value;
    if (!previous || loadingOlder.value) return false;
    loadingOlder.value = true;
    try {
      const page = await api.get(`conversations/${id}/messages/?before=${encodeURIComponent(previous)}${limit ? `&limit=${limit}` : ""}`);
      show(extendUpward(thread.value, page));
      return true;
    } catch {
      return false;
    } finally {
      loadingOlder.value = false;
    }
  }

  /** Reading begins at the first message not seen, where that is within reason. @param {number} messageId */
  async function reachBackTo(messageId) {
    for (let page = 0; page < MOST_PAGES_BACK && !thread.value.messages.has(messageId); page += 1) {
      if (!(await loadOlder(LARGEST_PAGE))) return;
    }
  }

  /** Bring a message onto the page, loading up to it. False where it is not within reach. @param {number} messageId */
  async function seek(messageId) {
    for (let page = 0; page < MOST_PAGES_TO_QUOTE && !holds(messageId) && thread.value.previous; page += 1) {
      // Scrolling may be loading the page above already.
      if (loadingOlder.value) await quiet();
      else if (!(await loadOlder(LARGEST_PAGE))) break;
    }
    const found = holds(messageId);
    sought.value = found ?? null;
    return found !== undefined;
  }

  /** @param {number} messageId @returns {string | undefined} the key of the message among what is shown */
  function holds(messageId) {
    return shown.value.find((item) => item.kind === "message" && item.message.id === messageId)?.key;
  }

  /** Until nothing above is being loaded. @returns {Promise<void>} */
  function quiet() {
    return new Promise((resolve) => {
      const stop = loadingOlder.subscribe((isLoading) => !isLoading && queueMicrotask(() => (stop(), resolve())));
    });
  }

  /** @param {Frame} frame */
  function hear(frame) {
    if (frame.type === "messages") showArrivals(merge(thread.value, frame.messages, frame.events ?? []));
    else if (frame.type === "watching") void read();
    else if (frame.type === "detail" && frame.version > (detail.value?.version ?? 0)) readDetail().catch(() => {});
  }

  return {
    id,
    items: shown,
    detail,
    status,
    divider,
    opening,
    loadingOlder,
    sought,
    seek,
    /** Where the reader was when they left, for when they come back. */
    place: /** @type {{key: string, offset: number} | null} */ (null),
    reopen: () => (opening.value = true),
    read,
    setDetail,
    readDetail: () => readDetail().catch(() => {}),
    hasBeenRead: () => readings > 0,
    loadOlder: () => loadOlder(),
    hear,
    hasOlder: () => thread.value.previous !== null,
    /** @param {readonly Message[]} messages */
    take: (messages) => show(merge(thread.value, messages, [])),
    /** The customer's last word. */
    lastReceivedId: () => [...thread.value.messages.values()].reduce((last, each) => (each.direction === "in" ? Math.max(last, each.id) : last), 0),
    /** Somebody looked away: the line «new» goes above the first message they have not seen. @param {number} messageId */
    markUnseen(messageId) {
      if (!divider.value || divider.value.read) divider.value = { id: messageId, read: false };
    },
    markSeen() {
      if (divider.value) divider.value = { ...divider.value, read: true };
    },
    /** Whoever answers has read: the line «new» has done its work. */
    forgetUnseen: () => (divider.value = null),
  };
}

/** @typedef {ReturnType<typeof createThread>} ThreadStore */

/** @param {Thread} thread @param {Message} message */
function isWithin(thread, message) {
  return thread.edge === null || sortable(message.happened_at) >= thread.edge;
}
