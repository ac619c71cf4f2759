// One conversation, alive: the stretch of it that is in hand, what stands above it from earlier conversations of the same person, and
// where its reader is.

import { signal } from "@preact/signals";
import { ApiError } from "desk/api.js";
import { createEarlier } from "desk/earlier.js";
import { catchUp, EMPTY_THREAD, extendDownward, extendUpward, isWithin, items, jump, merge, open, unbound } from "desk/stretch.js";

/** @typedef {import("desk/types.js").Message} Message */
/** @typedef {import("desk/types.js").MessagePage} MessagePage */
/** @typedef {import("desk/types.js").Detail} Detail */
/** @typedef {import("desk/types.js").Frame} Frame */
/** @typedef {import("desk/stretch.js").Thread} Thread */
/** @typedef {import("desk/stretch.js").Item} Item */

const USUAL_PAGE = 50;
const LARGEST_PAGE = 100;
const MOST_PAGES_BACK = 3;

/**
 * @param {{id: number, api: import("desk/api.js").Api, unread?: number, onArrived: (messages: Message[]) => void}} options
 *   `unread`: how many the list says; `onArrived`: customers' messages not seen before
 */
export function createThread({ id, api, unread: awaiting = 0, onArrived }) {
  const thread = signal(EMPTY_THREAD);
  const shown = signal(/** @type {Item[]} */ ([]));
  const detail = signal(/** @type {Detail | null} */ (null));
  const status = signal(/** @type {"loading" | "ready" | "failed" | "missing"} */ ("loading"));
  const loadingOlder = signal(false);
  const earlier = createEarlier({ id, api });
  /** Bumped where the stretch was replaced: nothing of what stood there is to be stayed with. */
  const jumps = signal(0);
  let loadingNewer = false;
  let lastTold = 0;
  /** The line «n new messages»: from which message on, as it was when the thread was opened. */
  const divider = signal(/** @type {{id: number, read: boolean} | null} */ (null));
  /** The message somebody asked to see: brought onto the page, shown, forgotten. */
  const sought = signal(/** @type {{key: string, focus: boolean} | null} */ (null));
  /** Somebody has just come in: until the next reading is done nothing counts as an arrival. */
  const opening = signal(true);
  let hasPages = false;
  /** Who may asked for what is older than the campaign's hours. */
  let isBeyond = false;
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

  /** As `show`, telling about customers' messages that are new, also where they lie beyond what is in hand. @param {Thread} next @param {readonly Message[]} came */
  function showArrivals(next, came) {
    const before = thread.value.messages;
    show(next);
    const arrived = came.filter((message) => message.direction === "in" && message.id > lastTold && !before.has(message.id) && isWithin(next, message));
    lastTold = came.reduce((last, { id: one }) => Math.max(last, one), lastTold);
    if (arrived.length > 0 && !opening.value) onArrived(arrived);
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
    // What was not read yet is shown from its beginning: it comes at once where it fits into a page.
    const first = await page(awaiting >= USUAL_PAGE ? `limit=${LARGEST_PAGE}` : "");
    lastTold = first.results.reduce((last, one) => Math.max(last, one.id), lastTold);
    show(open(thread.value, first));
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
      showArrivals(catchUp(thread.value, page), page.results);
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

  /** The page above; past the beginning, what was said in the conversation before this one. @param {number} [limit] */
  async function loadOlder(limit) {
    const { previous } = thread.value;
    if (loadingOlder.value) return false;
    loadingOlder.value = true;
    try {
      if (previous) show(extendUpward(thread.value, await page(`before=${encodeURIComponent(previous)}${limit ? `&limit=${limit}` : ""}`)));
      else await earlier.load();
      return true;
    } catch {
      return false;
    } finally {
      loadingOlder.value = false;
    }
  }

  /** The page below, for who came here by a jump or let go of the end. */
  async function loadNewer() {
    const { next } = thread.value;
    if (!next || loadingNewer) return;
    loadingNewer = true;
    try {
      const below = await page(`after=${encodeURIComponent(next)}&limit=${LARGEST_PAGE}`);
      if (thread.value.next === next) show(extendDownward(thread.value, below));
      // What came while that page was on its way was not taken in: it lay beyond the end.
      if (!thread.value.next) void read();
    } catch {
      // The next scroll asks again.
    } finally {
      loadingNewer = false;
    }
  }

  /** @param {string} asked @returns {Promise<MessagePage>} */
  function page(asked) {
    const parameters = [asked, isBeyond && "beyond=1"].filter(Boolean).join("&");
    return api.get(`conversations/${id}/messages/${parameters && `?${parameters}`}`);
  }

  /** What is older than the hours that the campaign shows. */
  function goBeyond() {
    isBeyond = true;
    earlier.goBeyond();
    show(unbound(thread.value));
    return loadOlder();
  }

  /** To the end, wherever the stretch is. */
  async function toEnd() {
    if (!thread.value.next) return;
    const newest = await page("");
    thread.value = { ...EMPTY_THREAD };
    show(open(thread.value, newest));
    jumps.value += 1;
    void read();
  }

  /** Reading begins at the first message not seen: with all that follows it where that is not much. @param {number} messageId */
  async function reachBackTo(messageId) {
    const isFar = (detail.value?.unread ?? 0) > thread.value.messages.size + MOST_PAGES_BACK * LARGEST_PAGE;
    for (let turn = 0; turn < MOST_PAGES_BACK && !isFar && !thread.value.messages.has(messageId); turn += 1) {
      if (!thread.value.previous || !(await loadOlder(LARGEST_PAGE))) break;
    }
    if (!thread.value.messages.has(messageId)) await around(messageId);
  }

  /** The stretch around a message, however far it is. @param {number} messageId */
  async function around(messageId) {
    show(jump(thread.value, await page(`around=${messageId}&limit=${LARGEST_PAGE}`)));
    jumps.value += 1;
  }

  /** Bring a message onto the page and light it up. False where it is not in this conversation. @param {number} messageId @param {{focus: boolean}} [how]  whoever searches goes on typing */
  async function seek(messageId, { focus } = { focus: true }) {
    try {
      if (holds(messageId) === undefined) await around(messageId);
    } catch {
      // Told below: it is not here.
    }
    const found = holds(messageId);
    sought.value = found === undefined ? null : { key: found, focus };
    return found !== undefined;
  }

  /** @param {number} messageId @returns {string | undefined} the key of the message among what is shown */
  function holds(messageId) {
    const isIt = (/** @type {Item} */ item) => item.kind === "message" && item.message.id === messageId;
    return (shown.value.find(isIt) ?? earlier.items().find(isIt))?.key;
  }

  /**
   * From `change` on everything is pushed. A first reading that began before the watch stood, and ended beyond it, missed nothing.
   * @param {Frame} watching
   */
  function meetWatch({ change, version }) {
    if (!running || hasPages) return void read();
    void running.then(() => {
      if (!hasPages || !(thread.value.change >= change)) void read();
      else if (!((detail.value?.version ?? 0) >= version)) readDetail().catch(() => {});
    });
  }

  /** @param {Frame} frame */
  function hear(frame) {
    if (frame.type === "messages") showArrivals(merge(thread.value, frame.messages, frame.events ?? []), frame.messages);
    else if (frame.type === "watching") meetWatch(frame);
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
    earlier: earlier.segments,
    jumps,
    loadOlder: () => loadOlder(),
    goBeyond,
    /** Why nothing older comes, once the top is reached. */
    bound: () => (thread.value.previous === null ? thread.value.bound : null),
    loadNewer,
    toEnd,
    hear,
    hasOlder: () => thread.value.previous !== null || earlier.hasMore(),
    hasNewer: () => thread.value.next !== null,
    /** @param {readonly Message[]} messages */
    take: (messages) => show(merge(thread.value, messages, [])),
    /** The newest message this tab has heard of, also where it lies beyond what is in hand. */
    newestId: () => lastTold,
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

