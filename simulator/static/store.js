// What the page knows. The simulator is the truth: everything here can be read again at any moment, and is after a gap.

/**
 * @typedef {{id: string, customer: string, number: string, direction: "in" | "out", kind: string, text: string, at: number, state: string,
 *   media: {id: string, url: string} | null}} Message
 * @typedef {{last: Message | null, unseen: string[], window_until: number}} Chat
 * @typedef {{id: string, name: string, wa_id: string, user_id: string, username: string, country: string, online: boolean, chats: Record<string, Chat>}} Customer
 */

export const state = {
  /** @type {Map<string, Customer>} */ customers: new Map(),
  /** @type {{id: string, display: string, name: string}[]} */ numbers: [],
  /** @type {Message[]} of the open chat, oldest first */ thread: [],
  /** @type {Record<string, any>} */ faults: {},
  /** @type {{counts: Record<string, number>, deliveries: any[]}} */ activity: { counts: {}, deliveries: [] },
  business: "",
  webhookUrl: "",
  customer: "",
  number: "",
  client: "",
  connected: false,
  /** Seconds between the simulator's clock, which a test may have moved, and ours. */
  clockOffset: 0,
};

/** A state never goes back, in either direction. */
const RANKS = ["pending", "stored", "accepted", "sent", "delivered", "read", "failed"];

/** @type {Map<string, Set<() => void>>} */
const listeners = new Map();

/** @param {string} topic @param {() => void} listener */
export function on(topic, listener) {
  if (!listeners.has(topic)) listeners.set(topic, new Set());
  listeners.get(topic)?.add(listener);
}

/** @param {...string} topics */
export function tell(...topics) {
  for (const topic of topics) listeners.get(topic)?.forEach((listener) => listener());
}

export const now = () => Date.now() / 1000 + state.clockOffset;

/** Whether the customer's phone has this message: what is on its way is not there yet. @param {Message} message */
export const isOnPhone = (message) => message.direction === "in" || message.state === "delivered" || message.state === "read";

/** @param {Message} message */
export function put(message) {
  const person = state.customers.get(message.customer);
  if (!person) return;
  if (message.customer === state.customer && message.number === state.number) putThread([message]);
  const chat = person.chats[message.number];
  if (chat && isOnPhone(message) && (!chat.last || chat.last.at <= message.at)) chat.last = message;
  if (message.direction === "in" && chat) chat.window_until = Math.max(chat.window_until, message.at + 24 * 3600);
  tell("people");
}

/** A thread just read. Added, not exchanged: an event may have brought something newer while it was on its way. @param {Message[]} messages */
export function putThread(messages) {
  messages.forEach(putInThread);
  tell("thread");
}

/** @param {Message} message */
function putInThread(message) {
  const at = state.thread.findIndex((known) => known.id === message.id);
  if (at < 0) state.thread.push(message);
  // The event «stored» may overtake the answer of our own POST, which still says «pending».
  else if (RANKS.indexOf(message.state) >= RANKS.indexOf(state.thread[at].state)) state.thread[at] = message;
  state.thread.sort((one, other) => one.at - other.at);
}

/** Messages the phone holds that nobody looked at. Kept here by id, so that a repeated event counts once. */
/** @type {Map<string, Set<string>>} */
const unseen = new Map();

/** @param {Message} message */
export function noteUnseen(message) {
  if (message.direction !== "out") return;
  if (!unseen.has(message.customer)) unseen.set(message.customer, new Set());
  if (message.state === "delivered") unseen.get(message.customer)?.add(message.id);
  else if (message.state === "read") unseen.get(message.customer)?.delete(message.id);
}

/** @param {string} customer */
export const unseenCount = (customer) => unseen.get(customer)?.size ?? 0;

/** @param {Customer[]} people */
export function restoreUnseen(people) {
  unseen.clear();
  for (const person of people) {
    // By their ids: the event of a message that the snapshot already holds may still be on its way.
    unseen.set(person.id, new Set(Object.values(person.chats).flatMap((chat) => chat.unseen)));
  }
}

/** The chat was opened: whatever waited in it is read. @param {string} customer */
export const clearUnseen = (customer) => unseen.delete(customer);
