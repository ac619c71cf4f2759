// The stretch of a conversation that is in hand: messages and events from `edge` to `ceiling`. Two orders, never mixed: `change` says
// which copy of a message is the newer, position (happened_at, id) says where it stands. Pure: a stretch is a value.
//
// It never holds more than MOST_HELD messages. Whoever reads far up lets go of the end, and the other way round; what was let go is read
// again when they come back to it.

/** @typedef {import("desk/types.js").Message} Message */
/** @typedef {import("desk/types.js").ConversationEvent} ConversationEvent */
/** @typedef {import("desk/types.js").MessagePage} MessagePage */

/**
 * @typedef {object} Thread
 * @property {ReadonlyMap<number, Message>} messages
 * @property {ReadonlyMap<number, ConversationEvent>} events
 * @property {string | null} edge  the oldest moment the pages have reached; what is older is not shown yet. null: all of it is here
 * @property {string | null} previous  the cursor upward
 * @property {string | null} ceiling  the newest moment of the stretch; null: it reaches the conversation's end
 * @property {string | null} next  the cursor downward
 * @property {import("desk/types.js").Bound | null} bound  what is older is not shown here; null: all of it may be read
 * @property {number} change  everything up to here has been read from REST (a push may skip one, so pushes never move it)
 */

/** @typedef {{kind: "message", key: string, at: string, message: Message} | {kind: "event", key: string, at: string, event: ConversationEvent}} Item */

export const MOST_HELD = 1_000;
const KEPT_OF_MANY = 800;

/** @type {Thread} */
export const EMPTY_THREAD = { messages: new Map(), events: new Map(), edge: null, previous: null, ceiling: null, next: null, bound: null, change: 0 };

/** What arrived is taken in where it belongs to the stretch; what lies beyond its end is read when somebody gets there. @param {Thread} thread @param {readonly Message[]} messages @param {readonly ConversationEvent[]} events @returns {Thread} */
export function merge(thread, messages, events) {
  const { ceiling } = thread;
  /** @type {<T extends {happened_at: string}>(all: readonly T[]) => readonly T[]} */
  const below = (all) => (ceiling === null ? all : all.filter((one) => sortable(one.happened_at) <= ceiling));
  return { ...thread, messages: newest(thread.messages, below(messages)), events: newest(thread.events, below(events)) };
}

/** The first page: the end of the conversation. @param {Thread} thread @param {MessagePage} page @returns {Thread} */
export function open(thread, page) {
  const merged = merge({ ...thread, ceiling: null, next: null }, page.results, page.events);
  return { ...merged, ...topOf(page), change: Math.max(thread.change, page.change) };
}

/** A page from the middle takes the place of what was in hand. @param {Thread} thread @param {MessagePage} page @returns {Thread} */
export function jump(thread, page) {
  const fresh = merge(EMPTY_THREAD, page.results, page.events);
  return { ...fresh, ...topOf(page), ...endOf(page), change: page.next ? thread.change || page.change : page.change };
}

/** A page above the others. @param {Thread} thread @param {MessagePage} page @returns {Thread} */
export function extendUpward(thread, page) {
  return withoutEnd({ ...merge(thread, page.results, page.events), ...topOf(page) });
}

/** A page below the others. With the last one the stretch is live again: the mark goes back to what that page knew. @param {Thread} thread @param {MessagePage} page @returns {Thread} */
export function extendDownward(thread, page) {
  const merged = merge({ ...thread, ...endOf(page) }, page.results, page.events);
  return withoutBeginning({ ...merged, change: page.next ? thread.change : page.change });
}

/** What changed since `thread.change`. @param {Thread} thread @param {MessagePage} page @returns {Thread} */
export function catchUp(thread, page) {
  return { ...merge(thread, page.results, page.events), change: Math.max(thread.change, page.change) };
}

/** Everything to show, oldest first. @param {Thread} thread @returns {Item[]} */
export function items(thread) {
  const all = [...thread.messages.values()].filter((message) => !message.deleted).map(itemOfMessage);
  for (const event of thread.events.values()) all.push({ kind: "event", key: `e${event.id}`, at: sortable(event.happened_at), event });
  const { edge, ceiling } = thread;
  return all.filter((item) => (edge === null || item.at >= edge) && (ceiling === null || item.at <= ceiling)).sort(byPosition);
}

/** @param {Message} message @returns {Item} */
function itemOfMessage(message) {
  return { kind: "message", key: message.client_id ?? `m${message.id}`, at: sortable(message.happened_at), message };
}

/** Whether a message stands among what the pages have reached, or beyond their end. @param {Thread} thread @param {Message} message */
export function isWithin(thread, message) {
  return thread.edge === null || sortable(message.happened_at) >= thread.edge;
}

/** @param {Thread} thread @returns {Thread} */
function withoutEnd(thread) {
  const held = inOrder(thread);
  const last = held.length > MOST_HELD ? held[KEPT_OF_MANY - 1] : undefined;
  if (!last) return thread;
  const ceiling = sortable(last.happened_at);
  return { ...only(thread, (at) => at <= ceiling), ceiling, next: String(last.id) };
}

/** @param {Thread} thread @returns {Thread} */
function withoutBeginning(thread) {
  const held = inOrder(thread);
  const first = held.length > MOST_HELD ? held[held.length - KEPT_OF_MANY] : undefined;
  if (!first) return thread;
  const edge = sortable(first.happened_at);
  return { ...only(thread, (at) => at >= edge), edge, previous: String(first.id) };
}

/** @param {Thread} thread */
function inOrder(thread) {
  return [...thread.messages.values()].sort((a, b) => (a.happened_at === b.happened_at ? a.id - b.id : a.happened_at < b.happened_at ? -1 : 1));
}

/** @param {Thread} thread @param {(at: string) => boolean} stays @returns {Thread} */
function only(thread, stays) {
  /** @type {<T extends {happened_at: string}>(all: ReadonlyMap<number, T>) => ReadonlyMap<number, T>} */
  const kept = (all) => new Map([...all].filter(([, one]) => stays(sortable(one.happened_at))));
  return { ...thread, messages: kept(thread.messages), events: kept(thread.events) };
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

/** Beyond the hours of the campaign: from the oldest message in hand on, upward. @param {Thread} thread @returns {Thread} */
export function unbound(thread) {
  const [first] = inOrder(thread).filter((message) => thread.edge === null || sortable(message.happened_at) >= thread.edge);
  return { ...thread, bound: null, previous: first ? String(first.id) : null, edge: first ? sortable(first.happened_at) : null };
}

/** Where a page ends above: at the page before it, at the campaign's hours, or nowhere. @param {MessagePage} page */
function topOf(page) {
  const first = page.results[0];
  const bound = page.bound ?? null;
  const edge = page.previous && first ? first.happened_at : bound?.since;
  return { previous: page.previous ?? null, bound, edge: edge ? sortable(edge) : null };
}

/** @param {MessagePage} page */
function endOf(page) {
  const last = page.results.at(-1);
  return page.next && last ? { next: page.next, ceiling: sortable(last.happened_at) } : { next: null, ceiling: null };
}

/** @param {string} time */
function sortable(time) {
  return time.replace(/(Z|\+00:00)$/u, "");
}
