// The list the agent is looking at. The server decides who belongs and in what order;
// here we only keep rows by id and never let an older version win.
//
// The first half is pure: a board is a value, and `old snapshot + pushes == fresh snapshot` is tested as such.

import { signal } from "@preact/signals";

/** @typedef {import("desk/types.js").Row} Row */
/** @typedef {import("desk/types.js").Order} Order */
/** @typedef {import("desk/types.js").SortKey} SortKey */
/** @typedef {import("desk/types.js").Counts} Counts */
/** @typedef {import("desk/types.js").Frame} Frame */

/**
 * @typedef {object} Board
 * @property {Order} order
 * @property {ReadonlyMap<number, {row: Row, key: SortKey, heard: number}>} rows  `heard`: the number of the push that brought it, 0 from a page
 * @property {ReadonlyMap<number, {version: number, heard: number}>} gone  what left, so that a late push does not bring it back
 * @property {SortKey | null} edge  the last place the pages have reached; beyond it there are rows we do not know. null: we know them all
 * @property {string | null} next
 * @property {number} heard  how many pushes this board has heard
 */

/** @param {Order} order @returns {Board} */
export function emptyBoard(order) {
  return { order, rows: new Map(), gone: new Map(), edge: null, next: null, heard: 0 };
}

/** @param {Board} board @param {Row} row @param {SortKey} key @returns {Board} */
export function put(board, row, key) {
  const heard = board.heard + 1;
  const held = board.rows.get(row.id);
  const left = board.gone.get(row.id);
  if ((held && held.row.version >= row.version) || (left && left.version > row.version)) return { ...board, heard };
  const rows = new Map(board.rows).set(row.id, { row, key: comparable(key), heard });
  return { ...board, rows, heard };
}

/** @param {Board} board @param {number} id @param {number} version @returns {Board} */
export function drop(board, id, version) {
  const heard = board.heard + 1;
  const held = board.rows.get(id);
  if (held && held.row.version > version) return { ...board, heard };
  const rows = new Map(board.rows);
  rows.delete(id);
  const gone = new Map(board.gone).set(id, { version: Math.max(version, board.gone.get(id)?.version ?? 0), heard });
  return { ...board, rows, gone, heard };
}

/**
 * One more page below the others.
 * @param {Board} board @param {readonly Row[]} results @param {string | null} next @returns {Board}
 */
export function extend(board, results, next) {
  const rows = new Map(board.rows);
  for (const row of results) {
    const held = rows.get(row.id);
    const left = board.gone.get(row.id);
    if ((held && held.row.version >= row.version) || (left && left.version >= row.version)) continue;
    rows.set(row.id, { row, key: keyOf(row, board.order), heard: 0 });
  }
  const last = results.at(-1);
  const edge = next === null ? null : last ? keyOf(last, board.order) : board.edge;
  return { ...board, rows, next, edge };
}

/**
 * A fresh snapshot takes the place of everything, but for what was pushed after `since` (the board's `heard` when the reading began):
 * that may be newer than what the database showed to the reader.
 * @param {Board} board @param {readonly Row[]} results @param {string | null} next @param {number} since @returns {Board}
 */
export function replace(board, results, next, since) {
  const gone = new Map([...board.gone].filter(([, left]) => left.heard > since));
  const kept = [...board.rows].filter(([, held]) => held.heard > since);
  return extend({ ...board, rows: new Map(kept), gone, edge: null }, results, next);
}

/** The rows to show, in order: those within what the pages have reached. @param {Board} board @returns {Row[]} */
export function ordered(board) {
  const { edge } = board;
  return [...board.rows.values()]
    .filter((held) => edge === null || compare(held.key, edge, board.order) <= 0)
    .sort((a, b) => compare(a.key, b.key, board.order))
    .map((held) => held.row);
}

/** Where a row of a page stands; a push brings its own key. @param {Row} row @param {Order} order @returns {SortKey} */
export function keyOf(row, order) {
  if (row.sort_key) return comparable(row.sort_key);
  return comparable([row[PLACES[order.replace("-", "")] ?? "last_activity_at"], row.id]);
}

const PLACES = /** @type {Record<string, "last_activity_at" | "waiting_since" | "window_expires_at" | "sort_name">} */ ({
  last_activity: "last_activity_at", waiting: "waiting_since", window: "window_expires_at", name: "sort_name",
});

/** @param {SortKey} a @param {SortKey} b @param {Order} order */
export function compare(a, b, order) {
  const sign = order.startsWith("-") ? -1 : 1;
  if (a[0] !== b[0]) {
    // Whoever does not wait stands last, whichever way the list runs.
    if (a[0] === null) return 1;
    if (b[0] === null) return -1;
    return a[0] < b[0] ? -sign : sign;
  }
  return sign * (a[1] - b[1]);
}

/** Without the zone mark, whole seconds sort before their fractions. @param {SortKey} key @returns {SortKey} */
function comparable([time, id]) {
  return [time === null ? null : time.replace(/(Z|\+00:00)$/u, ""), id];
}

// ── The living board ────────────────────────────────────────────────────────────────────────────────────────────────

const PAGE = 50;
const LARGEST_PAGE = 100;
const MOST_REREAD = 300;
const MOST_REMEMBERED = 8;
const WATCHING_PATIENCE_MS = 250;
const STALE_PAUSE_MS = 400;
const TOTALS_PAUSE_MS = 3_000;

/** @type {Counts} */
const NO_COUNTS = {
  pending: 0, in_progress: 0, attended: 0, attended_capped: false, unanswered: 0, unread: 0, mine: 0,
  by_tray: { pending: { unanswered: 0, unread: 0, mine: 0 }, in_progress: { unanswered: 0, unread: 0, mine: 0 } },
};

/**
 * @param {{api: import("desk/api.js").Api, socket: import("desk/socket.js").Socket}} doors
 */
export function createBoard({ api, socket }) {
  const board = signal(emptyBoard("-last_activity"));
  const rows = signal(/** @type {Row[]} */ ([]));
  const counts = signal(NO_COUNTS);
  /** Of everything the agent may see, whatever is being searched for: the title and the navigation count these. */
  const totals = signal(NO_COUNTS);
  const status = signal(/** @type {"loading" | "ready" | "failed"} */ ("loading"));
  const more = signal(/** @type {"idle" | "loading" | "failed"} */ ("idle"));
  /** @type {Record<string, string | string[]>} */
  let filter = {};
  /** @type {string | null} */
  let etag = null;
  let generation = 0;
  /** @type {Map<string, Board>}  trays seen before, to show at once while they are re-read */
  const remembered = new Map();
  /** @type {Promise<boolean> | null} */
  let running = null;
  let readAgain = false;
  /** Somebody is at the end of the list while it is being re-read: they do not have to scroll again. */
  let moreWanted = false;
  let readings = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let staleTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let totalsTimer;

  /** @param {string} key @param {Board} known */
  function remember(key, known) {
    remembered.delete(key);
    remembered.set(key, known);
    for (const oldest of remembered.keys()) {
      if (remembered.size <= MOST_REMEMBERED) break;
      remembered.delete(oldest);
    }
  }

  /** @param {Board} next */
  function show(next) {
    board.value = next;
    rows.value = ordered(next);
  }

  /** @param {Counts} fresh */
  function count(fresh) {
    counts.value = fresh;
    if (query(narrowing(filter)) === "") totals.value = fresh;
    // Never a zero that nobody counted: a page that opens with filters asks for the whole at once.
    else if (totals.value === NO_COUNTS) totalsTimer ??= setTimeout(readTotals, 0);
    else totalsTimer ??= setTimeout(readTotals, TOTALS_PAUSE_MS);
  }

  async function readTotals() {
    clearTimeout(totalsTimer);
    totalsTimer = undefined;
    try {
      totals.value = await api.get("conversations/counts/");
    } catch {
      // The next reading brings them.
    }
  }

  /** @param {Frame} frame */
  function hear(frame) {
    if (frame.type === "put") show(put(board.value, frame.row, frame.sort_key));
    else if (frame.type === "drop") show(drop(board.value, frame.id, frame.version));
    else if (frame.type === "counts") count(frame.counts);
    else if (frame.type === "watching") void reread();
    else if (frame.type === "stale") staleTimer ??= setTimeout(reread, STALE_PAUSE_MS);
  }

  /** Follow another list. @param {Record<string, string | string[]>} wanted  the parameters of GET conversations/ */
  function follow(wanted) {
    if (status.value === "ready") remember(query(filter), board.value);
    filter = wanted;
    generation += 1;
    readings = 0;
    etag = null;
    running = null;
    moreWanted = false;
    more.value = "idle";
    const known = remembered.get(query(wanted));
    status.value = known ? "ready" : "loading";
    show(known ?? emptyBoard(/** @type {Order} */ (wanted.order) ?? "-last_activity"));
    // Reading before `watching` may miss what happens in between, so `watching` reads (again); but nobody waits for a slow socket.
    const mine = generation;
    socket.watch("list", "inbox", { filter }, hear);
    if (!socket.isOnline) void reread();
    else setTimeout(() => mine === generation && readings === 0 && void reread(), WATCHING_PATIENCE_MS);
  }

  /**
   * The snapshot is the truth. Several wishes during one reading become one more reading.
   * @returns {Promise<boolean>}  whether what is shown is now what the server has
   */
  function reread() {
    clearTimeout(staleTimer);
    staleTimer = undefined;
    if (running) readAgain = true;
    else running = readUntilQuiet(generation);
    return running;
  }

  /** @param {number} mine */
  async function readUntilQuiet(mine) {
    readings += 1;
    try {
      do {
        readAgain = false;
        await readOnce(mine);
      } while (readAgain && mine === generation);
      if (mine === generation) status.value = "ready";
      return mine === generation;
    } catch {
      // The reason is not for here: no answer is the connection's to tell, a refusal the next reading's.
      if (mine === generation && status.value !== "ready") status.value = "failed";
      return false;
    } finally {
      if (mine === generation) {
        running = null;
        if (moreWanted || more.value === "failed") void loadMore();
      }
    }
  }

  /** @param {number} mine */
  async function readOnce(mine) {
    const since = board.value.heard;
    const wanted = Math.min(MOST_REREAD, Math.max(PAGE, board.value.rows.size));
    const countsAnswer = api.get(`conversations/counts/?${query(narrowing(filter))}`);
    countsAnswer.catch(() => {});
    const first = await api.getFresh(`conversations/?${query({ ...filter, limit: String(Math.min(wanted, LARGEST_PAGE)) })}`, etag);
    if (mine !== generation) return;
    if (!first.unchanged) {
      let { results, next } = first.page;
      while (next && results.length < wanted) {
        const page = await api.get(`conversations/?${query({ ...filter, limit: String(LARGEST_PAGE), cursor: next })}`);
        if (mine !== generation) return;
        results = [...results, ...page.results];
        next = page.next;
      }
      show(replace(board.value, results, next, since));
      // A longer reading than one page has no single mark: the next one reads everything again.
      etag = results.length <= LARGEST_PAGE ? first.etag : null;
    }
    const answer = await countsAnswer;
    if (mine === generation) count(answer);
  }

  /** One more page. Whoever asked gets it, also when it has to wait for a re-reading; after a failure the next re-reading tries again. */
  async function loadMore() {
    moreWanted = running !== null;
    const { next } = board.value;
    if (!next || more.value === "loading" || running) return;
    more.value = "loading";
    const mine = generation;
    try {
      const page = await api.get(`conversations/?${query({ ...filter, limit: String(LARGEST_PAGE), cursor: next })}`);
      if (mine !== generation) return;
      more.value = "idle";
      if (running || board.value.next !== next) {
        // A re-reading has its own cursor: this page does not follow what it shows.
        void loadMore();
        return;
      }
      show(extend(board.value, page.results, page.next));
      etag = null;
    } catch {
      if (mine === generation) more.value = "failed";
    }
  }

  return {
    /** What to show, in order. */
    rows,
    counts,
    totals,
    status,
    /** Whether the next page is on its way, or did not come. */
    more,
    follow,
    reread,
    loadMore,
    hasMore: () => board.value.next !== null,
    /** @param {number} id */
    rowOf: (id) => board.value.rows.get(id)?.row,
  };
}

/** @typedef {ReturnType<typeof createBoard>} BoardStore */

/** What a filter leaves out, besides choosing a tray. @param {Record<string, string | string[]>} filter */
function narrowing(filter) {
  return { ...filter, tray: [], order: [] };
}

/** @param {Record<string, string | string[] | undefined>} parameters */
export function query(parameters) {
  const result = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one) result.append(name, one);
  }
  return result.toString();
}
