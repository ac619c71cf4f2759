// The URL is the state: which tray, which filters, which conversation. It survives a reload, a copied link and the back button.

/** @typedef {import("desk/types.js").Tray} Tray */
/** @typedef {import("desk/types.js").Order} Order */

/**
 * @typedef {object} Filters  what narrows the list; together they are ANDed, the values of one are ORed
 * @property {string} search
 * @property {boolean} unanswered
 * @property {boolean} unread
 * @property {boolean} answered
 * @property {boolean} unreplied
 * @property {"" | "ending" | "open" | "closed"} window
 * @property {string} since  a day, 2026-11-21
 * @property {string} until
 * @property {string[]} assignee  "me", "none" or ids
 * @property {string[]} team
 * @property {string[]} campaign
 * @property {string[]} account
 * @property {string[]} tag
 * @property {string[]} group
 */

/**
 * @typedef {object} Place
 * @property {Tray} tray
 * @property {boolean} everywhere  all trays at once: an explicit extra of what is being looked for
 * @property {number | null} conversation
 * @property {number | null} message  the one to show, of that conversation
 * @property {Order} order
 */

/** @typedef {Filters & Place} Route */
/** @typedef {{name: keyof Filters, value: string}} Applied  one applied filter, as a chip shows it */

export const TRAYS = /** @type {const} */ (["pending", "in_progress", "attended"]);
export const ORDERS = /** @type {const} */ (["-last_activity", "last_activity", "waiting", "-waiting", "name", "-name", "window", "-window"]);
export const WINDOWS = /** @type {const} */ (["ending", "open", "closed"]);
export const FLAGS = /** @type {const} */ (["unread", "unreplied", "unanswered", "answered"]);
const DAYS = /** @type {const} */ (["since", "until"]);
const LISTS = /** @type {const} */ (["account", "campaign", "team", "assignee", "tag", "group"]);
export const SHORTEST_SEARCH = 2;

/** @type {Readonly<Filters>} */
export const NO_FILTERS = {
  search: "", unanswered: false, unread: false, answered: false, unreplied: false, window: "", since: "", until: "", assignee: [], team: [], campaign: [], account: [], tag: [], group: [],
};

/** @param {string} search  location.search @returns {Route} */
export function parseRoute(search) {
  const asked = new URLSearchParams(search);
  const conversation = identifier(asked.get("c"));
  return {
    tray: TRAYS.find((tray) => tray === asked.get("tray")) ?? "pending",
    everywhere: asked.get("all") === "1",
    conversation,
    message: conversation ? identifier(asked.get("m")) : null,
    order: ORDERS.find((order) => order === asked.get("order")) ?? "-last_activity",
    ...readFilters((name) => asked.getAll(name)),
  };
}

/** @param {(name: string) => string[]} all @returns {Filters} */
function readFilters(all) {
  const first = (/** @type {string} */ name) => all(name)[0] ?? "";
  const on = (/** @type {string} */ name) => first(name) === "1";
  const day = (/** @type {string} */ name) => (/^\d{4}-\d\d-\d\d$/u.test(first(name)) ? first(name) : "");
  const ids = (/** @type {string} */ name, words = /^\d{1,18}$/u) => [...new Set(all(name).filter((value) => words.test(value)))];
  return {
    search: first("search"),
    unanswered: on("unanswered"), unread: on("unread"), answered: on("answered"), unreplied: on("unreplied"),
    window: WINDOWS.find((each) => each === first("window")) ?? "",
    since: day("since"), until: day("until"),
    assignee: ids("assignee", /^(me|none|\d{1,18})$/u), team: ids("team"), campaign: ids("campaign"), account: ids("account"), tag: ids("tag"), group: ids("group"),
  };
}

/** @param {Route} route */
export function formatRoute(route) {
  const parts = new URLSearchParams({ tray: route.tray });
  if (route.conversation) parts.set("c", String(route.conversation));
  if (route.conversation && route.message) parts.set("m", String(route.message));
  if (route.everywhere) parts.set("all", "1");
  if (route.search) parts.set("search", route.search);
  for (const [name, values] of Object.entries(filtersOf({ ...route, search: "" }))) for (const value of values) parts.append(name, value);
  return `?${parts}`;
}

/** @param {string | null} given */
function identifier(given) {
  const value = Number(given);
  return Number.isSafeInteger(value) && value > 0 ? value : null;
}

/** The same wish in the words of GET conversations/ and of the socket's `watch`. @param {Route} route @returns {Record<string, string | string[]>} */
export function filterOf(route) {
  /** @type {Record<string, string | string[]>} */
  const filter = isEverywhere(route) ? {} : { tray: route.tray };
  const search = route.search.trim();
  if (search.length >= SHORTEST_SEARCH) filter["search"] = search;
  for (const [name, values] of Object.entries(filtersOf({ ...route, search: "" }))) {
    const [only] = values;
    // In Atendidos nobody waits and no window is open: an order by these would show nothing.
    if (name === "order" && !isOrderOf(route, /** @type {Order} */ (only))) continue;
    filter[name] = values.length === 1 ? (only ?? "") : values;
  }
  return filter;
}

/** All trays only while something is looked for: the whole of them is no list to work through. @param {Route} route */
export function isEverywhere(route) {
  return route.everywhere && isFiltered(route);
}

/** Whether an order means something where the list stands. @param {Pick<Route, "tray" | "everywhere">} route @param {Order} order */
export function isOrderOf(route, order) {
  return route.tray !== "attended" || route.everywhere || !/waiting|window/u.test(order);
}

/** What a saved view keeps: filters and order, wherever one stands. @param {Filters & {order: Order}} route @returns {Record<string, string[]>} */
export function filtersOf(route) {
  /** @type {Record<string, string[]>} */
  const kept = {};
  const search = route.search.trim();
  if (search.length >= SHORTEST_SEARCH) kept["search"] = [search];
  for (const name of FLAGS) if (route[name]) kept[name] = ["1"];
  if (route.window) kept["window"] = [route.window];
  for (const name of DAYS) if (route[name]) kept[name] = [route[name]];
  for (const name of LISTS) if (route[name].length > 0) kept[name] = route[name];
  if (route.order !== "-last_activity") kept["order"] = [route.order];
  return kept;
}

/** Going to a saved view: its filters and nothing else. @param {Record<string, string[]>} kept @returns {Filters & {order: Order, everywhere: boolean}} */
export function changeTo(kept) {
  return {
    ...readFilters((name) => kept[name] ?? []),
    order: ORDERS.find((order) => order === kept["order"]?.[0]) ?? "-last_activity",
    everywhere: false,
  };
}

/** Whether what is shown is this view, in whatever order its values were chosen. @param {Route} route @param {Record<string, string[]>} kept */
export function isView(route, kept) {
  const plain = (/** @type {Record<string, string[]>} */ filters) => JSON.stringify(Object.entries(filters).map(([name, values]) => [name, [...values].sort()]).sort());
  return plain(filtersOf(route)) === plain(filtersOf(changeTo(kept)));
}

/** The applied filters one by one, the search left out: it stands in its own field. @param {Route} route @returns {Applied[]} */
export function applied(route) {
  return Object.entries(filtersOf({ ...route, search: "", order: "-last_activity" })).flatMap(([name, values]) =>
    values.map((value) => ({ name: /** @type {keyof Filters} */ (name), value })));
}

/** What to change so that this one is off. @param {Route} route @param {Applied} one @returns {Partial<Filters>} */
export function without(route, { name, value }) {
  const now = route[name];
  if (Array.isArray(now)) return { [name]: now.filter((each) => each !== value) };
  return { [name]: NO_FILTERS[name] };
}

/** The other way: a value on or off. @param {Route} route @param {"assignee" | "team" | "campaign" | "account" | "tag" | "group"} name @param {string} value @returns {Partial<Filters>} */
export function toggled(route, name, value) {
  const now = route[name];
  return { [name]: now.includes(value) ? now.filter((each) => each !== value) : [...now, value] };
}

/** @param {Filters} route */
export function isFiltered(route) {
  return Object.keys(filtersOf({ ...route, order: "-last_activity" })).length > 0;
}
