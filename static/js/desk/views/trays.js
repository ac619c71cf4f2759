// The head of the list: search, sort, the three trays with their counts, and the quick filters.

import { useEffect, useRef, useState } from "preact/hooks";
import { AppliedFilters, FilterButton, FilterPanel } from "desk/views/filters.js";
import { ViewChips } from "desk/views/saved_views.js";
import { openNaming, openNewChat } from "desk/views/sheets.js";
import { html, useParts } from "desk/views/html.js";
import { Icon } from "desk/views/bits.js";
import { isCompact, setCompact } from "desk/views/density.js";
import { Menu } from "desk/views/menu.js";
import { query } from "desk/board.js";
import { filterOf, isEverywhere, isOrderOf, ORDERS, SHORTEST_SEARCH, toggled, TRAYS } from "desk/route.js";
import { listWords } from "desk/words/list.js";
import { openingWords } from "desk/words/openings.js";
import { words } from "desk/words.js";

const TYPING_PAUSE_MS = 250;

export function ListHead() {
  return html`<div class="list-head">
      <div class="list-title"><h1 class="list-heading">${listWords.messagesHeading()}</h1><${AllThatMatch} /><${SortMenu} /><${NewChat} /></div>
      <div class="list-search"><${Search} /><${FilterButton} /></div>
      <${Trays} />
    </div>
    <${FilterPanel} /><${QuickFilters} /><${AppliedFilters} />`;
}

/** What may be done to the whole list, across its pages: each is a process over the same filter (B-04). */
function AllThatMatch() {
  const { desk, board, people, processes } = useParts();
  const route = desk.route.value;
  const may = people.me.value.permissions;
  const counts = board.counts.value;
  const isAll = isEverywhere(route);
  const count = isAll ? counts.pending + counts.in_progress + counts.attended : counts[route.tray];
  if (!may.includes("processes.run_processes") || count === 0) return null;
  const label = listWords.allThatMatch(words.count(count, (isAll || route.tray === "attended") && counts.attended_capped), count);
  const asked = encodeURIComponent(query(filterOf(route)));
  const items = [
    { kind: "assigning", icon: "lucide-user-round-plus", name: listWords.assignAll(), right: "accounts.supervise_teams" },
    { kind: "tagging", icon: "lucide-tag", name: listWords.tagAll(), right: "contacts.edit_contacts" },
    { kind: "closing", icon: "lucide-check-check", name: listWords.closeAll(), right: "processes.run_processes" },
  ];
  return html`<${Menu} label=${label} button=${(/** @type {object} */ bind) =>
    html`<button class="icon-button" type="button" title=${label} aria-label=${label} ...${bind}><${Icon} name="lucide-list-checks" /></button>`}>
    ${() => html`<p class="menu-title" role="presentation">${label}</p>${items.filter(({ right }) => may.includes(right)).map(({ kind, icon, name }) =>
      html`<a key=${kind} role="menuitem" href=${`${processes}new/${kind}/?screen=desk&filter=${asked}`}><${Icon} name=${icon} size="sm" />${name}</a>`)}`}
  <//>`;
}

function NewChat() {
  const { desk } = useParts();
  return html`<button class="icon-button" type="button" aria-haspopup="dialog" aria-label=${openingWords.button()} title=${openingWords.button()} onClick=${() => openNewChat(desk)}><${Icon} name="lucide-square-pen" /></button>`;
}

function Search() {
  const { desk } = useParts();
  const { search, tray } = desk.route.value;
  const [text, setText] = useState(search);
  const timer = useRef(0);

  // Back and forward change the search from outside.
  useEffect(() => setText(search), [search]);

  /** @param {string} next */
  function type(next) {
    setText(next);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => look(next), TYPING_PAUSE_MS);
  }
  /** What is no longer looked for is no longer looked for everywhere. @param {string} next */
  function look(next) {
    clearTimeout(timer.current);
    const search = next.trim();
    desk.go(search.length < SHORTEST_SEARCH ? { search, everywhere: false } : { search }, "replace");
  }
  /** @param {KeyboardEvent & {currentTarget: HTMLInputElement}} event */
  function leave(event) {
    if (event.key === "Enter" || event.key === "ArrowDown") {
      event.preventDefault();
      if (text.trim() !== search) look(text);
      // To what was found; while it is on its way, nothing is lost by staying.
      else /** @type {HTMLElement | null} */ (document.querySelector(".conversation-row"))?.focus();
      return;
    }
    if (event.key !== "Escape") return;
    event.stopPropagation();
    if (text) type("");
    else event.currentTarget.blur();
  }

  return html`<label class="search"><${Icon} name="lucide-search" size="sm" />
    <input type="search" id="desk-search" placeholder=${words.searchTray()} aria-label=${words.searchIn(words.tray(tray))} autocomplete="off" spellcheck=${false}
      value=${text} onInput=${(/** @type {any} */ event) => type(event.currentTarget.value)} onKeyDown=${leave} />
    ${text
      ? html`<button class="icon-button" data-size="sm" type="button" aria-label=${words.clearSearch()} title=${words.clearSearch()} onClick=${() => type("")}><${Icon} name="lucide-x" size="sm" /></button>`
      : html`<kbd data-wide-only aria-hidden="true">/</kbd>`}
  </label>`;
}

function SortMenu() {
  const { desk } = useParts();
  const { order: asked } = desk.route.value;
  const order = isOrderOf(desk.route.value, asked) ? asked : "-last_activity";
  const label = `${words.sort()}: ${listWords.order(order)}`;
  return html`<${Menu} label=${words.sort()} button=${(/** @type {object} */ bind) =>
    html`<button class="icon-button" type="button" title=${label} aria-label=${label} ...${bind}><${Icon} name="lucide-arrow-down-up" /></button>`}>
    ${(/** @type {() => void} */ close) => html`${ORDERS.map((each) => {
        const why = isOrderOf(desk.route.value, each) ? "" : listWords.orderNotHere();
        return html`<button key=${each} role="menuitemradio" type="button" aria-checked=${each === order ? "true" : "false"} aria-disabled=${why ? "true" : undefined}
        onClick=${() => { if (why) desk.say({ text: why, tone: "" }); else desk.go({ order: each }); close(); }}>
        <${Icon} name=${each === order ? "lucide-check" : "blank"} size="sm" /><span class="sentence">${listWords.order(each)}${why && html`<small>${why}</small>`}</span></button>`;
      })}
      <hr /><button role="menuitemcheckbox" type="button" aria-checked=${isCompact.value ? "true" : "false"} onClick=${() => { setCompact(!isCompact.value); close(); }}>
        <${Icon} name=${isCompact.value ? "lucide-check" : "blank"} size="sm" />${words.compactList()}</button>`}
  <//>`;
}

function Trays() {
  const { desk, board } = useParts();
  const counts = board.counts.value;
  const { tray: here } = desk.route.value;
  const isAll = isEverywhere(desk.route.value);

  /** @param {KeyboardEvent} event */
  function move(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = TRAYS[(TRAYS.indexOf(here) + step + TRAYS.length) % TRAYS.length] ?? here;
    desk.go({ tray: next, everywhere: false });
    document.getElementById(`tray-${next}`)?.focus();
  }

  return html`<div class="tabs trays" role="tablist" aria-label=${words.trays()} onKeyDown=${move}>
    ${TRAYS.map((tray) => html`<button key=${tray} id=${`tray-${tray}`} type="button" role="tab" aria-selected=${tray === here && !isAll ? "true" : "false"}
        aria-controls="conversation-list" tabIndex=${tray === here ? 0 : -1} onClick=${() => desk.go({ tray, everywhere: false })}>
        ${words.tray(tray)} <span class="badge">${words.count(counts[tray], tray === "attended" && counts.attended_capped)}</span></button>`)}
  </div>`;
}

function QuickFilters() {
  const { desk, board } = useParts();
  const route = desk.route.value;
  const { unanswered, unread, assignee } = route;
  // What pressing shows: of this tray, or of all of them. Atendidos has nothing unread and nobody waiting.
  const counts = isEverywhere(route) ? board.counts.value : route.tray === "attended" ? null : board.counts.value.by_tray[route.tray];
  const isMine = assignee.includes("me");
  return html`<div class="quick-filters" role="group" aria-label=${words.quickFilters()}>
    <${Chip} on=${unanswered} name=${words.unanswered()} count=${counts?.unanswered} press=${() => desk.go({ unanswered: !unanswered })} />
    <${Chip} on=${unread} name=${words.unread()} count=${counts?.unread} press=${() => desk.go({ unread: !unread })} />
    <${Chip} on=${isMine} name=${words.mine()} count=${counts?.mine} press=${() => desk.go(toggled(route, "assignee", "me"))} />
    <${ViewChips} openNaming=${() => openNaming(desk)} />
  </div>`;
}

/** @param {{on: boolean, name: string, count: number | undefined, press: () => void}} props */
function Chip({ on, name, count, press }) {
  return html`<button class="filter-chip" type="button" aria-pressed=${on ? "true" : "false"} onClick=${press}>${name}${count !== undefined && html` <b>${words.count(count)}</b>`}</button>`;
}
