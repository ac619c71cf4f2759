// The filters: a panel over the list that applies what is chosen at once, and the chips of what is applied.

import { useEffect, useRef, useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Icon, PersonAvatar } from "desk/views/bits.js";
import { areFiltersOpen } from "desk/views/filter_state.js";
import { ManageViews } from "desk/views/saved_views.js";
import { applied, FLAGS, isEverywhere, NO_FILTERS, toggled, WINDOWS, without } from "desk/route.js";
import { labelWords } from "desk/words/labels.js";
import { listWords } from "desk/words/list.js";
import { plain } from "desk/outcomes.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/route.js").Applied} Applied */
/** @typedef {import("desk/route.js").Route} Route */

const MANY_PEOPLE = 8;
const MANY_LABELS = 12;
// These stand as pressed chips of their own.
const isQuick = (/** @type {Applied} */ { name, value }) => name === "unread" || name === "unanswered" || (name === "assignee" && value === "me");

export function FilterButton() {
  const { desk } = useParts();
  const count = applied(desk.route.value).length;
  const isOpen = areFiltersOpen.value;
  const label = count > 0 ? listWords.filtersOn(count) : listWords.filters();
  return html`<button class="icon-button filter-button" id="desk-filters" type="button" aria-label=${label} title=${label} aria-expanded=${isOpen ? "true" : "false"} aria-controls="filter-panel"
      data-on=${count > 0 || undefined} onClick=${() => (areFiltersOpen.value = !isOpen)}><${Icon} name="lucide-sliders-horizontal" />${count > 0 && html`<span class="badge filter-count" data-shape="count" aria-hidden="true">${count}</span>`}</button>`;
}

export function FilterPanel() {
  const { desk, people, board } = useParts();
  const panel = useRef(/** @type {HTMLDivElement | null} */ (null));
  const route = desk.route.value;
  const me = people.me.value;
  const isOpen = areFiltersOpen.value;
  const close = () => {
    areFiltersOpen.value = false;
    document.getElementById("desk-filters")?.focus();
  };
  useEffect(() => {
    if (!isOpen) return;
    /** @type {HTMLElement | null | undefined} */ (panel.current?.querySelector("[data-first]"))?.focus();
    /** @param {Event} event */
    const away = (event) => {
      const target = /** @type {HTMLElement} */ (event.target);
      if (!panel.current?.contains(target) && !target.closest("#desk-filters, dialog")) areFiltersOpen.value = false;
    };
    document.addEventListener("pointerdown", away);
    return () => document.removeEventListener("pointerdown", away);
  }, [isOpen]);
  if (!isOpen) return null;

  /** @param {KeyboardEvent} event */
  const key = (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    close();
  };
  /** @param {"assignee" | "team" | "campaign" | "account" | "tag" | "group"} name */
  const several = (name, /** @type {{id: number, name: string}[]} */ options) => options.map(({ id, name: label }) => html`<${Choice} key=${id} on=${route[name].includes(String(id))} press=${() => desk.go(toggled(route, name, String(id)))}>${label}<//>`);
  return html`<div class="filter-panel" id="filter-panel" role="dialog" aria-label=${listWords.filters()} ref=${panel} onKeyDown=${key}>
    <div class="filter-body">
      <${Group} title=${listWords.state()}>${FLAGS.map((name, index) => html`<${Choice} key=${name} first=${index === 0} on=${route[name]} press=${() => desk.go({ [name]: !route[name] })}>${listWords.flag(name)}<//>`)}<//>
      <${Group} title=${listWords.service()}>${several("account", me.accounts)}<//>
      ${me.campaigns.length > 1 && html`<${Group} title=${listWords.campaign()}>${several("campaign", me.campaigns)}<//>`}
      ${(me.filter_teams ?? []).length > 0 && html`<${Group} title=${listWords.team()}>${several("team", me.filter_teams ?? [])}<//>`}
      <${Agents} route=${route} />
      <${Labels} name="tag" title=${labelWords.tags()} options=${me.tags ?? []} route=${route} />
      <${Labels} name="group" title=${labelWords.groups()} options=${me.groups ?? []} route=${route} />
      <${Group} title=${listWords.window()}>${WINDOWS.map((name) => html`<${Choice} key=${name} on=${route.window === name} press=${() => desk.go({ window: route.window === name ? "" : name })}>${listWords.windowState(name)}<//>`)}<//>
      <${Group} title=${listWords.lastActivity()}>
        <label class="filter-day"><span>${listWords.since()}</span><input class="input" data-size="sm" type="date" max=${route.until || undefined} value=${route.since} onChange=${(/** @type {any} */ event) => desk.go({ since: event.currentTarget.value })} /></label>
        <label class="filter-day"><span>${listWords.until()}</span><input class="input" data-size="sm" type="date" min=${route.since || undefined} value=${route.until} onChange=${(/** @type {any} */ event) => desk.go({ until: event.currentTarget.value })} /></label>
      <//>
      <${ManageViews} />
    </div>
    <footer><span class="grow" role="status">${listWords.matches(matching(board.counts.value, route))}</span>
      <button class="button" data-variant="quiet" data-size="sm" type="button" onClick=${() => desk.go({ ...NO_FILTERS, search: route.search })}>${listWords.clearAll()}</button>
      <button class="button" data-variant="primary" data-size="sm" type="button" onClick=${close}>${listWords.done()}</button></footer>
  </div>`;
}

/** @param {import("desk/types.js").Counts} counts @param {Route} route */
function matching(counts, route) {
  return isEverywhere(route) ? counts.pending + counts.in_progress + counts.attended : counts[route.tray];
}

/** @param {{title: string, children: unknown}} props */
function Group({ title, children }) {
  return html`<fieldset class="filter-group"><legend>${title}</legend><div class="filter-choices">${children}</div></fieldset>`;
}

/** @param {{on: boolean, press: () => void, first?: boolean, children: unknown}} props */
function Choice({ on, press, first = false, children }) {
  return html`<button class="filter-chip" type="button" aria-pressed=${on ? "true" : "false"} data-first=${first || undefined} onClick=${press}>${on && html`<${Icon} name="lucide-check" size="sm" />`}<bdi>${children}</bdi></button>`;
}

/** @param {{route: Route}} props */
function Agents({ route }) {
  const { desk, people } = useParts();
  const [search, setSearch] = useState("");
  const me = people.me.value;
  // Who sees only their own and what waits would find nothing of a colleague's.
  const others = (me.filter_teams ?? []).length > 0 ? people.everybody.value.filter((person) => person.id !== me.id) : [];
  const found = others.filter((person) => plain(person.name).includes(plain(search)) || route.assignee.includes(String(person.id)));
  const press = (/** @type {string} */ value) => () => desk.go(toggled(route, "assignee", value));
  return html`<fieldset class="filter-group"><legend>${listWords.assignee()}</legend>
    ${others.length > MANY_PEOPLE && html`<label class="search"><${Icon} name="lucide-search" size="sm" /><input type="search" placeholder=${listWords.searchPeople()} aria-label=${listWords.searchPeople()} value=${search} onInput=${(/** @type {any} */ event) => setSearch(event.currentTarget.value)} /></label>`}
    <div class="filter-choices">
      <${Choice} on=${route.assignee.includes("me")} press=${press("me")}>${listWords.me()}<//>
      <${Choice} on=${route.assignee.includes("none")} press=${press("none")}>${listWords.unassigned()}<//>
      ${found.map((person) => html`<button key=${person.id} class="filter-chip" type="button" aria-pressed=${route.assignee.includes(String(person.id)) ? "true" : "false"} onClick=${press(String(person.id))}>
        <${PersonAvatar} initials=${person.initials} hue=${person.hue} /><bdi>${person.name}</bdi></button>`)}
      ${search && found.length === 0 && html`<p class="muted small">${listWords.nobodyMatches()}</p>`}
    </div></fieldset>`;
}

/** Tags or groups of the contact; where there are many, a field narrows them. @param {{name: "tag" | "group", title: string, options: import("desk/types.js").Label[], route: Route}} props */
function Labels({ name, title, options, route }) {
  const { desk } = useParts();
  const [search, setSearch] = useState("");
  if (options.length === 0) return null;
  const found = options.filter((one) => plain(one.name).includes(plain(search)) || route[name].includes(String(one.id)));
  return html`<fieldset class="filter-group"><legend>${title}</legend>
    ${options.length > MANY_LABELS && html`<label class="search"><${Icon} name="lucide-search" size="sm" /><input type="search" placeholder=${labelWords.search()} aria-label=${`${labelWords.search()}: ${title}`} value=${search} onInput=${(/** @type {any} */ event) => setSearch(event.currentTarget.value)} /></label>`}
    <div class="filter-choices">${found.map((one) => html`<${Choice} key=${one.id} on=${route[name].includes(String(one.id))} press=${() => desk.go(toggled(route, name, String(one.id)))}>${one.name}<//>`)}
      ${search && found.length === 0 && html`<p class="muted small">${labelWords.nothingMatches()}</p>`}</div></fieldset>`;
}

/** What is applied and has no pressed chip of its own: each can be taken off. */
export function AppliedFilters() {
  const { desk } = useParts();
  const route = desk.route.value;
  const name = useNames();
  const chips = applied(route).filter((one) => !isQuick(one));
  if (chips.length === 0 && !isEverywhere(route)) return null;
  return html`<ul class="applied-filters" aria-label=${listWords.appliedFilters()}>
    ${isEverywhere(route) && html`<li><${Removable} text=${listWords.everywhere()} remove=${() => desk.go({ everywhere: false })} /></li>`}
    ${chips.map((one) => html`<li key=${`${one.name} ${one.value}`}><${Removable} text=${name(one)} remove=${() => desk.go(without(route, one))} /></li>`)}
    ${chips.length > 1 && html`<li><button class="button" data-variant="link" data-size="sm" type="button" onClick=${() => desk.go({ ...NO_FILTERS, search: route.search, everywhere: false })}>${listWords.clearAll()}</button></li>`}
  </ul>`;
}

/** @param {{text: string, remove: () => void}} props */
function Removable({ text, remove }) {
  return html`<span class="chip"><bdi class="truncate">${text}</bdi><button type="button" aria-label=${listWords.removeFilter(text)} title=${listWords.removeFilter(text)} onClick=${remove}><${Icon} name="lucide-x" size="sm" /></button></span>`;
}

/** How an applied filter is called. */
export function useNames() {
  const { people, formatter } = useParts();
  const me = people.me.value;
  /** @param {{id: number, name: string}[]} options @param {string} id */
  const named = (options, id) => options.find((one) => String(one.id) === id)?.name ?? listWords.unknownValue();
  /** @param {Applied} one */
  return ({ name, value }) => {
    if (name === "account") return named(me.accounts, value);
    if (name === "campaign") return named(me.campaigns, value);
    if (name === "team") return named(me.filter_teams ?? [], value);
    if (name === "assignee") return value === "me" ? words.mine() : value === "none" ? listWords.unassigned() : named(people.everybody.value, value);
    if (name === "tag") return `${labelWords.tag()}: ${named(me.tags ?? [], value)}`;
    if (name === "group") return `${labelWords.group()}: ${named(me.groups ?? [], value)}`;
    if (name === "window") return listWords.windowState(value);
    if (name === "since") return listWords.sinceDay(formatter.day(value));
    if (name === "until") return listWords.untilDay(formatter.day(value));
    return listWords.flag(name);
  };
}
