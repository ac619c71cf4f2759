// The URL is the state: which tray, which filters, which conversation. It survives a reload, a copied link and the back button.

/** @typedef {import("desk/types.js").Tray} Tray */
/** @typedef {import("desk/types.js").Order} Order */

/**
 * @typedef {object} Route
 * @property {Tray} tray
 * @property {number | null} conversation
 * @property {number | null} message  the one to show, of that conversation
 * @property {string} search
 * @property {boolean} unanswered
 * @property {boolean} unread
 * @property {string} assignee  "", "me", "none" or an id
 * @property {Order} order
 */

export const TRAYS = /** @type {const} */ (["pending", "in_progress", "attended"]);
export const ORDERS = /** @type {const} */ (["-last_activity", "last_activity", "-waiting", "waiting"]);
export const SHORTEST_SEARCH = 2;

/** @param {string} search  location.search @returns {Route} */
export function parseRoute(search) {
  const asked = new URLSearchParams(search);
  const conversation = identifier(asked.get("c"));
  return {
    tray: TRAYS.find((tray) => tray === asked.get("tray")) ?? "pending",
    conversation,
    message: conversation ? identifier(asked.get("m")) : null,
    search: asked.get("search") ?? "",
    unanswered: asked.get("unanswered") === "1",
    unread: asked.get("unread") === "1",
    assignee: /^(me|none|\d+)$/u.test(asked.get("assignee") ?? "") ? (asked.get("assignee") ?? "") : "",
    order: ORDERS.find((order) => order === asked.get("order")) ?? "-last_activity",
  };
}

/** @param {Route} route */
export function formatRoute(route) {
  const parts = new URLSearchParams({ tray: route.tray });
  if (route.conversation) parts.set("c", String(route.conversation));
  if (route.conversation && route.message) parts.set("m", String(route.message));
  if (route.search) parts.set("search", route.search);
  if (route.unanswered) parts.set("unanswered", "1");
  if (route.unread) parts.set("unread", "1");
  if (route.assignee) parts.set("assignee", route.assignee);
  if (route.order !== "-last_activity") parts.set("order", route.order);
  return `?${parts}`;
}

/** @param {string | null} given */
function identifier(given) {
  const value = Number(given);
  return Number.isSafeInteger(value) && value > 0 ? value : null;
}

/** The same wish in the words of GET conversations/ and of the socket's `watch`. @param {Route} route @returns {Record<string, string>} */
export function filterOf(route) {
  /** @type {Record<string, string>} */
  const filter = { tray: route.tray };
  if (route.search.trim().length >= SHORTEST_SEARCH) filter.search = route.search.trim();
  if (route.unanswered) filter.unanswered = "1";
  if (route.unread) filter.unread = "1";
  if (route.assignee) filter.assignee = route.assignee;
  if (route.order !== "-last_activity") filter.order = route.order;
  return filter;
}

/** @param {Route} route */
export function isFiltered(route) {
  return route.unanswered || route.unread || route.assignee !== "" || route.search.trim().length >= SHORTEST_SEARCH;
}
