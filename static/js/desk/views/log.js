// The messages of the open conversation, as far as they are on the page: a window of the stretch that is in hand.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Button, Icon } from "desk/views/bits.js";
import { Events } from "desk/views/events.js";
import { MessageItem, PendingItem } from "desk/views/message.js";
import { useSteadyScroll } from "desk/views/steady.js";
import { Tools } from "desk/views/tools.js";
import { usePointed } from "desk/views/pointing.js";
import { drawn, timeline } from "desk/timeline.js";
import { wordsOf } from "desk/finding.js";
import { words } from "desk/words.js";
import { said } from "desk/words/thread.js";

/** @typedef {import("desk/thread.js").ThreadStore} ThreadStore */
/** @typedef {import("desk/timeline.js").Entry} Entry */
/** @typedef {import("desk/views/steady.js").Place} Place */
/** @typedef {import("desk/talk.js").Selection} Selection */

const REACH = { before: 120, after: 80 };
const NEAR_PX = 800;
/** How far below the top of the log what was asked for stands. */
const SOUGHT_OFFSET = 96;
const FLASH_MS = 1_200;

/** @param {{thread: ThreadStore}} props */
export function Log({ thread }) {
  const parts = useParts();
  const { desk, outgoing, reading, formatter, talk } = parts;
  const log = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [around, setAround] = useState(/** @type {string | null} */ (thread.place?.key ?? null));
  const isAtBottom = !thread.hasNewer();
  // What is being sent stands at the end: it is not drawn where the end is not in hand.
  const pending = isAtBottom ? outgoing.pending.value.filter((one) => one.conversation === thread.id) : [];
  const entries = timeline({ items: thread.items.value, earlier: thread.earlier.value, pending, dividerId: thread.divider.value?.id ?? null, dayKey: formatter.dayKey });
  const lastPending = outgoing.pending.value.findLast((one) => one.conversation === thread.id)?.client_id;
  const target = useTarget(thread, lastPending, toEnd);
  const goal = target && !target.atEnd ? target.key : null;
  const { from, to } = drawn(entries, goal ?? around, REACH);

  useSteadyScroll(log, { target, onPlace });

  /** @param {Place} place @param {HTMLElement} element */
  function onPlace(place, element) {
    const atEnd = place.atEnd && to === entries.length && !thread.hasNewer();
    reading.isAtEnd.value = atEnd;
    thread.place = place.atEnd ? (thread.hasNewer() ? thread.place : null) : { key: place.key, offset: place.offset };
    if (atEnd) {
      desk.below.value = 0;
      if (around !== null) setAround(null);
      // Too little to scroll by: what was said before comes by itself.
      if (from === 0 && element.scrollHeight <= element.clientHeight && thread.hasOlder() && !thread.opening.value) void thread.loadOlder();
      return;
    }
    const nearTop = element.scrollTop < NEAR_PX;
    const nearBottom = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
    const key = place.atEnd ? (entries[to - 1]?.key ?? null) : place.key;
    if (((nearTop && from > 0) || (nearBottom && to < entries.length)) && key !== around) setAround(key);
    if (nearTop && from === 0 && thread.hasOlder()) void thread.loadOlder();
    if (nearBottom && to === entries.length && thread.hasNewer()) void thread.loadNewer();
  }

  // What was gone to stays drawn.
  useLayoutEffect(() => {
    if (goal !== null) setAround(goal);
  }, [goal]);
  useEffect(() => () => void (reading.isAtEnd.value = false), []);
  useSought(log, thread);

  async function toEnd() {
    await thread.toEnd();
    setAround(null);
    thread.place = null;
    requestAnimationFrame(() => log.current?.scrollTo({ top: log.current.scrollHeight }));
  }

  const selection = talk.selection.value?.conversation === thread.id ? talk.selection.value : null;
  const query = talk.finding.value?.conversation === thread.id ? talk.finding.value.query : "";
  const found = useSame(query.trim().length > 1 ? wordsOf(query) : []);
  const pointed = usePointed(parts, thread, log, entries);
  return html`<div class="messages" role="log" aria-live="off" aria-label=${words.messages()} tabIndex=${0} ref=${log} data-choosing=${selection ? "" : undefined} ...${pointed.listeners}>
      <ol>
        ${from === 0 && !thread.loadingOlder.value && !thread.hasOlder() && html`<${Bound} thread=${thread} />`}
        ${from === 0 && (thread.loadingOlder.value ? html`<li class="day" key="top">${words.loadingOlder()}</li>` : !thread.hasOlder() && !thread.bound() && thread.earlier.value.length > 0 && html`<li class="day" key="top">${said.beginning()}</li>`)}
        ${entries.slice(from, to).map((entry) => html`<${EntryView} key=${entry.key} entry=${entry} selection=${selection} found=${found} />`)}
      </ol>
      ${pointed.message && !selection && html`<${Tools} key=${pointed.message.id} thread=${thread} message=${pointed.message} log=${log} />`}
    </div>
    <${ToEnd} hasMoreBelow=${to < entries.length || !isAtBottom} go=${toEnd} />`;
}

/** What was asked for is on the page by now: it gets the focus and lights up once. @param {{current: HTMLElement | null}} log @param {ThreadStore} thread */
function useSought(log, thread) {
  const sought = thread.sought.value;
  useEffect(() => {
    if (sought === null) return;
    const { key, focus } = sought;
    thread.sought.value = null;
    const bubble = /** @type {HTMLElement | null | undefined} */ (log.current?.querySelector(`.message[data-key="${CSS.escape(key)}"]`));
    if (!bubble) return;
    if (focus) bubble.focus({ preventScroll: true });
    bubble.dataset["sought"] = "";
    setTimeout(() => delete bubble.dataset["sought"], FLASH_MS);
  }, [sought]);
}

/** The same list as before where nothing in it changed: messages are drawn anew only for another. @param {readonly string[]} list */
function useSame(list) {
  const kept = useRef(list);
  if (kept.current.join(" ") !== list.join(" ")) kept.current = list;
  return kept.current;
}

/**
 * Where a fresh opening or an own message takes the reader; null: they stay where they are.
 * @param {ThreadStore} thread @param {string | undefined} lastPending @param {() => void} onEnd
 * @returns {Place | null}
 */
function useTarget(thread, lastPending, onEnd) {
  const seen = useRef(lastPending);
  const wasOpening = useRef(true);
  const mounted = useRef(false);
  const isOpening = thread.opening.value;
  const opened = wasOpening.current && !isOpening;
  const sent = lastPending !== undefined && lastPending !== seen.current;
  const first = !mounted.current;

  useEffect(() => {
    seen.current = lastPending;
    wasOpening.current = isOpening;
    mounted.current = true;
    if (sent) onEnd();
  });

  if (sent) return { atEnd: true };
  if (thread.sought.value !== null) return { atEnd: false, key: thread.sought.value.key, offset: SOUGHT_OFFSET };
  const divider = thread.divider.value;
  if (opened && divider && !divider.read) return { atEnd: false, key: "divider", offset: 96 };
  if (first) return thread.place ? { atEnd: false, ...thread.place } : { atEnd: true };
  return null;
}

/** @param {{entry: Entry, selection: Selection | null, found: readonly string[]}} props */
function EntryView({ entry, selection, found }) {
  const { formatter, clock } = useParts();
  if (entry.kind === "day") return html`<li class="day" data-key=${entry.key}><time dateTime=${entry.at}>${formatter.dayLabel(entry.at, clock.now())}</time></li>`;
  if (entry.kind === "divider") return html`<li class="new-divider" data-key="divider">${words.newMessages(entry.count)}</li>`;
  if (entry.kind === "events") return html`<${Events} events=${entry.events} entryKey=${entry.key} />`;
  if (entry.kind === "pending") return html`<${PendingItem} pending=${entry.pending} joined=${entry.joined} />`;
  if (entry.kind === "conversation") return html`<${Boundary} entry=${entry} />`;
  const { message } = entry;
  return html`<${MessageItem} message=${message} joined=${entry.joined} found=${found} chosen=${selection ? selection.ids.has(message.id) : undefined} />`;
}

/** Above the first message shown: the campaign shows no more hours than these, and who may have more (004-02). @param {{thread: ThreadStore}} props */
function Bound({ thread }) {
  const bound = thread.bound();
  if (!bound) return null;
  return html`<li class="history-bound" data-key="bound"><span>${said.bounded(bound.hours)}</span>
    <${Button} data-size="sm" data-variant="quiet" why=${bound.more.allowed ? "" : bound.more.reason} onClick=${() => void thread.goBeyond()}><${Icon} name="lucide-history" size="sm" />${said.seeMore()}<//></li>`;
}

/** Between what was said in one conversation and in the next. @param {{entry: Extract<Entry, {kind: "conversation"}>}} props */
function Boundary({ entry }) {
  const { formatter, clock } = useParts();
  const { row } = entry;
  if (!row) return html`<li class="boundary" data-key=${entry.key}><b>${said.thisOne()}</b></li>`;
  const facts = [row.campaign_name || row.account_name, row.typification_name, formatter.moment(row.closed_at ?? row.last_activity_at, clock.quarterMinute.value)].filter(Boolean);
  return html`<li class="boundary" data-key=${entry.key}><b>${said.earlier()}</b><span>${facts.join(" · ")}</span></li>`;
}

/** @param {{hasMoreBelow: boolean, go: () => void}} props */
function ToEnd({ hasMoreBelow, go }) {
  const { desk, reading } = useParts();
  if (reading.isAtEnd.value && !hasMoreBelow) return null;
  const count = desk.below.value;
  return html`<div class="to-end"><button class="to-end-button" type="button" data-new=${count > 0 || undefined} aria-label=${count > 0 ? words.goToNew() : words.goToEnd()} title=${words.goToEnd()} onClick=${go}>
    <${Icon} name="lucide-arrow-down" size="sm" />${count > 0 && words.newMessages(count)}</button></div>`;
}
