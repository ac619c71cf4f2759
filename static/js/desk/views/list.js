// The list pane. Only the rows on the screen (and a few around) exist; what somebody looks at never moves because of others.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Empty, Icon, Skeleton } from "desk/views/bits.js";
import { isCompact } from "desk/views/density.js";
import { DeviceStrip } from "desk/views/strips.js";
import { onceDrawn } from "desk/views/lazily.js";
import { MemoRow } from "desk/views/row.js";
import { ListHead } from "desk/views/trays.js";
import { holdStill, scrollToShow, windowOf } from "desk/windowing.js";
import { formatRoute, isEverywhere, isFiltered, isOrderOf, NO_FILTERS, SHORTEST_SEARCH, TRAYS } from "desk/route.js";
import { listWords } from "desk/words/list.js";
import { words } from "desk/words.js";

const ROW_REM = { comfortable: 5, compact: 3.75 };
const NEAR_END_ROWS = 12;
/** The window moves by so many rows at once: most frames of a scroll then have nothing to draw anew. */
const ROWS_A_STEP = 4;
const OVERSCAN = 8;

/** @typedef {import("desk/types.js").Row} Row */

export function ListPane() {
  const { board } = useParts();
  return html`<section class="list-pane" id="desk-list" aria-label=${words.conversations()}>
    <${DeviceStrip} />
    <div class="list-body"><${ListHead} />
      ${board.rows.value.length > 0 ? html`<${Rows} />` : html`<div class="conversation-list" id="conversation-list" role="tabpanel" aria-busy=${board.status.value === "loading"}><${NoRows} /></div>`}
    </div></section>`;
}

function Rows() {
  const { board, desk } = useParts();
  const rows = board.rows.value;
  const route = desk.route.value;
  const list = useRef(/** @type {HTMLDivElement | null} */ (null));
  const rowHeight = useRowHeight();
  const { scrollTop, isAtTop, viewport } = useScroll(list, rowHeight);
  const [arrivals, setArrivals] = useState(/** @type {ReadonlySet<number>} */ (new Set()));
  const before = useRef(/** @type {{rows: Row[], filter: string} | null} */ (null));
  const filter = formatRoute({ ...route, conversation: null });
  const shown = windowOf({ scrollTop, viewport, count: rows.length, rowHeight, overscan: OVERSCAN });

  const drawn = rows.slice(shown.start, shown.end);
  const tabStop = (drawn.find((row) => row.id === route.conversation) ?? drawn[0])?.id;

  useLayoutEffect(() => {
    const was = before.current;
    before.current = { rows, filter };
    const element = list.current;
    if (!element || !was) return;
    if (was.filter !== filter) {
      element.scrollTop = 0;
      setArrivals(new Set());
      return;
    }
    if (was.rows === rows) return;
    const anchors = anchorsOf(element, was.rows, rowHeight);
    // At the top with nobody on a row, new ones simply come in.
    if (anchors.length === 0) return;
    const { shift, arrived } = holdStill({ before: idsOf(was.rows), after: idsOf(rows), anchors, moved: movedBetween(was.rows, rows), rowHeight });
    if (shift !== 0) element.scrollTop += shift;
    if (arrived.length > 0) setArrivals((known) => new Set([...known, ...arrived]));
  }, [rows, filter, rowHeight]);

  useEffect(() => {
    if (isAtTop && arrivals.size > 0) setArrivals(new Set());
  }, [isAtTop]);

  useEffect(() => {
    if (shown.end + NEAR_END_ROWS >= rows.length && board.more.value === "idle" && board.hasMore()) void board.loadMore();
  }, [shown.end, rows.length, board.more.value]);

  // The open conversation is brought into sight when it changes (keyboard, link), not when the list moves.
  useLayoutEffect(() => {
    const index = rows.findIndex((row) => row.id === route.conversation);
    const element = list.current;
    if (index < 0 || !element) return;
    const to = scrollToShow({ index, scrollTop: element.scrollTop, viewport: element.clientHeight, rowHeight });
    if (to !== null) element.scrollTop = to;
    if (element.contains(document.activeElement)) queueMicrotask(() => focusRow(element, route.conversation));
  }, [route.conversation]);

  /** @param {MouseEvent} event */
  function open(event) {
    const link = /** @type {HTMLElement} */ (event.target).closest("a.conversation-row");
    if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    desk.open(Number(/** @type {HTMLElement} */ (link).dataset["id"]));
    // Who chose a conversation wants to write in it: whoever came by the keyboard goes there in any case (where nothing may be
    // written, to the words that say so and the button beside them); a finger would only call up its keyboard.
    const byKeyboard = event.detail === 0;
    void onceDrawn(() => {
      if (matchMedia("(pointer: fine)").matches) document.getElementById("desk-composer")?.focus();
      if (byKeyboard) /** @type {HTMLElement | null} */ (document.querySelector(".composer-closed"))?.focus();
    });
  }

  /** The list is one stop of the Tab key, however long it is; the arrows move in it. @param {KeyboardEvent} event */
  function move(event) {
    const here = /** @type {HTMLElement} */ (event.target).closest("li");
    if (!here || event.altKey || event.ctrlKey || event.metaKey) return;
    const next = event.key === "ArrowDown" ? here.nextElementSibling : event.key === "ArrowUp" ? here.previousElementSibling : null;
    if (!next) return;
    event.preventDefault();
    next.querySelector("a")?.focus();
  }

  return html`${arrivals.size > 0 && html`<button class="new-pill desk-new-pill" type="button" onClick=${() => list.current?.scrollTo({ top: 0 })}>
      <${Icon} name="lucide-arrow-up" size="sm" />${words.newAbove(arrivals.size)}</button>`}
    <div class="conversation-list" id="conversation-list" data-density=${isCompact.value ? "compact" : undefined} role="tabpanel" aria-labelledby=${`tray-${route.tray}`} ref=${list} onClick=${open} onKeyDown=${move} tabIndex=${-1}>
      <ol role="list" style=${{ blockSize: `${rows.length * rowHeight}px` }}>
        ${drawn.map((row, index) => html`<${MemoRow} key=${row.id} row=${row} isCurrent=${row.id === route.conversation} isTabStop=${row.id === tabStop}
            href=${formatRoute({ ...route, conversation: row.id, message: null })} position=${shown.start + index + 1} size=${board.hasMore() ? -1 : rows.length} top=${(shown.start + index) * rowHeight} />`)}
      </ol>
      ${!board.hasMore() && html`<${ListEnd} />`}
      ${board.more.value === "loading" && html`<p class="list-end">${words.loadingMore()}</p>`}
      ${board.more.value === "failed" && html`<p class="list-end">${words.moreFailed()}
        <button class="button" data-variant="link" type="button" onClick=${() => board.loadMore()}>${words.tryAgain()}</button></p>`}
    </div>`;
}

/** Under the last row: what an order leaves out, and where else a search finds something. */
function ListEnd() {
  const { board, desk } = useParts();
  const route = desk.route.value;
  const counts = board.counts.value;
  const isSearching = route.search.trim().length >= SHORTEST_SEARCH && !isEverywhere(route);
  const elsewhere = isSearching ? TRAYS.filter((tray) => tray !== route.tray && counts[tray] > 0) : [];
  const note = !isOrderOf(route, route.order) ? "" : /waiting/u.test(route.order) ? listWords.onlyWaiting() : /window/u.test(route.order) ? listWords.onlyOpen() : "";
  return html`${note && html`<p class="list-end">${note}</p>`}
    ${elsewhere.length > 0 && html`<p class="list-end">${elsewhere.map((tray) => html`<button key=${tray} class="button" data-variant="link" data-size="sm" type="button" onClick=${() => desk.go({ tray })}>${words.matchesElsewhere(counts[tray], words.tray(tray))}</button>`)}
      <button class="button" data-variant="link" data-size="sm" type="button" onClick=${() => desk.go({ everywhere: true })}>${listWords.searchEverywhere()}</button></p>`}`;
}

function NoRows() {
  const { board, desk } = useParts();
  const route = desk.route.value;
  const tray = words.tray(route.tray);
  if (board.status.value === "loading") return html`<${Skeleton} rows=${8} />`;
  if (board.status.value === "failed") {
    return html`<${Empty} icon="lucide-wifi-off" title=${words.listFailed()} hint=${words.listFailedHint()}>
      <button class="button" type="button" onClick=${() => board.reread()}>${words.tryAgain()}</button><//>`;
  }
  if (!isFiltered(route)) return html`<${Empty} icon="lucide-inbox" title=${words.emptyTitle(route.tray)} hint=${words.emptyHint(route.tray)} />`;
  const counts = board.counts.value;
  const isAll = isEverywhere(route);
  const elsewhere = isAll ? [] : TRAYS.filter((other) => other !== route.tray && counts[other] > 0);
  const hint = route.search ? words.nothingMatches(route.search) : words.nothingWithFilters();
  return html`<${Empty} icon="lucide-search" title=${isAll ? listWords.nothingAnywhereTitle() : words.nothingFound(tray)} hint=${hint}>
    ${elsewhere.map((other) => html`<button key=${other} class="button" type="button" onClick=${() => desk.go({ tray: other })}>${words.matchesElsewhere(counts[other], words.tray(other))}</button>`)}
    ${elsewhere.length > 0 && html`<button class="button" data-variant="link" type="button" onClick=${() => desk.go({ everywhere: true })}>${listWords.searchEverywhere()}</button>`}
    <button class="button" data-variant="link" type="button" onClick=${() => desk.go({ ...NO_FILTERS, everywhere: false })}>${words.clearFilters()}</button>
  <//>`;
}

/**
 * Where the list is scrolled to, in steps of some rows: between two of them there is nothing new to draw.
 * @param {{current: HTMLElement | null}} list @param {number} rowHeight
 */
function useScroll(list, rowHeight) {
  const [scrollTop, setScrollTop] = useState(0);
  const [isAtTop, setAtTop] = useState(true);
  const [viewport, setViewport] = useState(() => innerHeight);
  useLayoutEffect(() => {
    const element = list.current;
    if (!element) return;
    const step = ROWS_A_STEP * rowHeight;
    const scrolled = () => {
      const top = Math.max(0, element.scrollTop);
      setScrollTop(Math.floor(top / step) * step);
      setAtTop(top < rowHeight / 2);
    };
    const sizes = new ResizeObserver(([entry]) => entry && setViewport(entry.contentRect.height));
    scrolled();
    element.addEventListener("scroll", scrolled, { passive: true });
    sizes.observe(element);
    return () => {
      element.removeEventListener("scroll", scrolled);
      sizes.disconnect();
    };
  }, [rowHeight]);
  return { scrollTop, isAtTop, viewport };
}

/** Rows are measured in the reader's own letter size: 80 px, more for who enlarged it. */
function useRowHeight() {
  const [rem] = useState(() => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16);
  return rem * (isCompact.value ? ROW_REM.compact : ROW_REM.comfortable);
}

/**
 * What must not move: the row with the focus or under the pointer, then the first ones on the screen when the list is scrolled.
 * @param {HTMLElement} list @param {Row[]} rows @param {number} rowHeight
 */
function anchorsOf(list, rows, rowHeight) {
  const touched = [list.querySelector("a:focus-visible"), list.querySelector("a:hover")]
    .filter((element) => element !== null)
    .map((element) => Number(/** @type {HTMLElement} */ (element).dataset["id"]));
  if (touched.length === 0 && list.scrollTop < rowHeight / 2) return [];
  const first = Math.floor(list.scrollTop / rowHeight);
  return [...touched, ...idsOf(rows.slice(first, first + 20))];
}

/** @param {Row[]} rows */
function idsOf(rows) {
  return rows.map((row) => row.id);
}

/** Rows that took another place by themselves. @param {Row[]} was @param {Row[]} now */
function movedBetween(was, now) {
  const times = new Map(was.map((row) => [row.id, row.last_activity_at]));
  return new Set(now.filter((row) => times.has(row.id) && times.get(row.id) !== row.last_activity_at).map((row) => row.id));
}

/** @param {HTMLElement} list @param {number | null} id */
function focusRow(list, id) {
  /** @type {HTMLElement | null} */ (list.querySelector(`a[data-id="${id}"]`))?.focus({ preventScroll: true });
}
