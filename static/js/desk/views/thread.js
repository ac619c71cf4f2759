// The open conversation: header, messages, composer.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Empty, Icon, Skeleton } from "desk/views/bits.js";
import { Composer } from "desk/views/composer.js";
import { Events } from "desk/views/events.js";
import { Header } from "desk/views/header.js";
import { MessageItem, PendingItem } from "desk/views/message.js";
import { useSteadyScroll } from "desk/views/steady.js";
import { drawn, timeline } from "desk/timeline.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/thread.js").ThreadStore} ThreadStore */
/** @typedef {import("desk/timeline.js").Entry} Entry */
/** @typedef {import("desk/views/steady.js").Place} Place */

const REACH = { before: 120, after: 80 };
const NEAR_PX = 800;
const FEW_ENTRIES = 30;
/** How far below the top of the log what was asked for stands. */
const SOUGHT_OFFSET = 96;
const FLASH_MS = 1_200;

export function ThreadPane() {
  const { desk } = useParts();
  const thread = desk.current.value;
  const row = desk.row.value;
  if (!thread) return html`<section class="thread-pane" aria-label=${words.conversation()}><${Empty} icon="lucide-messages-square" title=${words.chooseConversation()} hint=${words.chooseHint()} /></section>`;
  if (thread.status.value === "missing") {
    return html`<section class="thread-pane" aria-label=${words.conversation()}><${Empty} icon="lucide-lock" title=${words.missingTitle()} hint=${words.missingHint()}>
      <button class="button" type="button" onClick=${() => desk.go({ conversation: null })}>${words.back()}</button><//></section>`;
  }
  return html`<section class="thread-pane" aria-label=${words.conversationWith(row?.name ?? "")}>
    ${row && html`<${Header} row=${row} />`}
    <${Offline} /><${ChannelDown} thread=${thread} />
    ${thread.status.value === "ready" ? html`<${Log} key=${thread.id} thread=${thread} />` : html`<${Waiting} thread=${thread} />`}
    ${row && html`<${Composer} key=${thread.id} thread=${thread} row=${row} />`}
  </section>`;
}

/** A narrow screen has no status bar beside a conversation. */
function Offline() {
  const { socket } = useParts();
  const { state } = socket.connection.value;
  const isNarrow = useMatches("(width < 900px)");
  if (!isNarrow || (state !== "reconnecting" && state !== "offline")) return null;
  return html`<div class="banner thread-offline" data-tone="warning" role="status"><${Icon} name=${state === "offline" ? "lucide-wifi-off" : "lucide-wifi"} />
    <div>${state === "offline" ? words.offline() : words.reconnecting()} ${words.keptHint()}</div></div>`;
}

/** @param {string} query */
function useMatches(query) {
  const [media] = useState(() => matchMedia(query));
  const [matches, setMatches] = useState(media.matches);
  useEffect(() => {
    const changed = () => setMatches(media.matches);
    media.addEventListener("change", changed);
    return () => media.removeEventListener("change", changed);
  }, []);
  return matches;
}

/** @param {{thread: ThreadStore}} props */
function ChannelDown({ thread }) {
  const detail = thread.detail.value;
  if (!detail || detail.account_state?.connected !== false) return null;
  return html`<div class="banner channel-down" data-tone="danger" role="status"><${Icon} name="lucide-circle-alert" />
    <div><b>${words.channelDown(detail.account_name)}</b> ${detail.account_state.reason} ${words.channelDownHint()}</div></div>`;
}

/** @param {{thread: ThreadStore}} props */
function Waiting({ thread }) {
  if (thread.status.value === "loading") return html`<div class="messages" aria-busy="true"><${Skeleton} rows=${3} /></div>`;
  return html`<div class="messages"><${Empty} icon="lucide-wifi-off" title=${words.threadFailed()} hint=${words.listFailedHint()}>
    <button class="button" type="button" onClick=${() => thread.read()}>${words.tryAgain()}</button><//></div>`;
}

/** @param {{thread: ThreadStore}} props */
function Log({ thread }) {
  const { desk, outgoing, reading, formatter } = useParts();
  const log = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [around, setAround] = useState(/** @type {string | null} */ (thread.place?.key ?? null));
  const pending = outgoing.pending.value.filter((one) => one.conversation === thread.id);
  const entries = timeline({ items: thread.items.value, pending, dividerId: thread.divider.value?.id ?? null, dayKey: formatter.dayKey });
  const target = useTarget(thread, pending.at(-1)?.client_id, () => setAround(null));
  const goal = target && !target.atEnd ? target.key : null;
  const { from, to } = drawn(entries, goal ?? around, REACH);

  useSteadyScroll(log, { target, onPlace });

  /** @param {Place} place @param {HTMLElement} element */
  function onPlace(place, element) {
    const atEnd = place.atEnd && to === entries.length;
    reading.isAtEnd.value = atEnd;
    thread.place = place.atEnd ? null : { key: place.key, offset: place.offset };
    if (atEnd) {
      desk.below.value = 0;
      if (around !== null) setAround(null);
      return;
    }
    const nearTop = element.scrollTop < NEAR_PX;
    const nearBottom = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
    const key = place.atEnd ? (entries[to - 1]?.key ?? null) : place.key;
    if (((nearTop && from > 0) || (nearBottom && to < entries.length)) && key !== around) setAround(key);
    if (nearTop && from === 0 && thread.hasOlder()) void thread.loadOlder();
  }

  // What was gone to stays drawn.
  useLayoutEffect(() => {
    if (goal !== null) setAround(goal);
  }, [goal]);
  useEffect(() => () => void (reading.isAtEnd.value = false), []);
  useSought(log, thread);

  function toEnd() {
    setAround(null);
    thread.place = null;
    requestAnimationFrame(() => log.current?.scrollTo({ top: log.current.scrollHeight }));
  }

  return html`<div class="messages" role="log" aria-live="off" aria-label=${words.messages()} tabIndex=${0} ref=${log}>
      <ol>
        ${from === 0 && thread.loadingOlder.value && html`<li class="day" key="top">${words.loadingOlder()}</li>`}
        ${entries.slice(from, to).map((entry) => html`<${EntryView} key=${entry.key} entry=${entry} />`)}
      </ol>
    </div>
    <${ToEnd} hasMoreBelow=${to < entries.length} go=${toEnd} />`;
}

/** What was asked for is on the page by now: it gets the focus and lights up once. @param {{current: HTMLElement | null}} log @param {ThreadStore} thread */
function useSought(log, thread) {
  const key = thread.sought.value;
  useEffect(() => {
    if (key === null) return;
    thread.sought.value = null;
    const bubble = /** @type {HTMLElement | null | undefined} */ (log.current?.querySelector(`.message[data-key="${CSS.escape(key)}"]`));
    if (!bubble) return;
    bubble.tabIndex = -1;
    bubble.focus({ preventScroll: true });
    bubble.dataset["sought"] = "";
    setTimeout(() => delete bubble.dataset["sought"], FLASH_MS);
  }, [key]);
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
  if (thread.sought.value !== null) return { atEnd: false, key: thread.sought.value, offset: SOUGHT_OFFSET };
  const divider = thread.divider.value;
  if (opened && divider && !divider.read) return { atEnd: false, key: "divider", offset: 96 };
  if (first) return thread.place ? { atEnd: false, ...thread.place } : { atEnd: true };
  return null;
}

/** @param {{entry: Entry}} props */
function EntryView({ entry }) {
  const { formatter, clock } = useParts();
  if (entry.kind === "day") return html`<li class="day" data-key=${entry.key}><time dateTime=${entry.at}>${formatter.dayLabel(entry.at, clock.now())}</time></li>`;
  if (entry.kind === "divider") return html`<li class="new-divider" data-key="divider">${words.newMessages(entry.count)}</li>`;
  if (entry.kind === "events") return html`<${Events} events=${entry.events} entryKey=${entry.key} />`;
  if (entry.kind === "pending") return html`<${PendingItem} pending=${entry.pending} joined=${entry.joined} />`;
  return html`<${MessageItem} message=${entry.message} joined=${entry.joined} />`;
}

/** @param {{hasMoreBelow: boolean, go: () => void}} props */
function ToEnd({ hasMoreBelow, go }) {
  const { desk, reading } = useParts();
  if (reading.isAtEnd.value && !hasMoreBelow) return null;
  const count = desk.below.value;
  return html`<div class="to-end"><button class="to-end-button" type="button" data-new=${count > 0 || undefined} aria-label=${count > 0 ? words.goToNew() : words.goToEnd()} title=${words.goToEnd()} onClick=${go}>
    <${Icon} name="lucide-arrow-down" size="sm" />${count > 0 && words.newMessages(count)}</button></div>`;
}
