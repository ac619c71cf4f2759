// The bar at the foot: what I am doing and since when, who waits, who is here, and whether all this is live.

import { html, useParts } from "desk/views/html.js";
import { Icon, PersonAvatar } from "desk/views/bits.js";
import { Connection } from "desk/views/connection.js";
import { Menu } from "desk/views/menu.js";
import { duration, stopwatch, waitingTime } from "desk/formatting.js";
import { isAttending } from "desk/people.js";
import { openCallbacks, openForcing } from "desk/views/sheets.js";
import { callbackWords } from "desk/words/callbacks.js";
import { forcingWords } from "desk/words/forcing.js";
import { listWords } from "desk/words/list.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/types.js").AuxState} AuxState */

const SHOWN_PEOPLE = 3;
const PRESENCE = /** @type {Record<string, string | undefined>} */ ({ ready: undefined, drain: "busy", not_ready: "away", offline: "away" });

export function StatusBar() {
  return html`<footer class="statusbar" aria-label=${words.statusBar()}>
    <${Auxiliary} /><${PauseButton} /><${Records} /><${PendingAttention} /><${DueCallbacks} /><${PeopleOnline} /><${Connection} /></footer>`;
}

function Auxiliary() {
  const { people, desk } = useParts();
  const mine = people.me.value.aux_state;
  const states = people.auxStates.value;
  const working = states.filter(isAttending);
  const others = states.filter((state) => !isAttending(state));
  return html`<${Menu} label=${words.switchAux()} place="above" align="start" button=${(/** @type {object} */ bind) => html`<button class="aux" type="button" title=${mine?.reason ? `${words.switchAux()} · ${mine.reason}` : words.switchAux()} ...${bind}>
      <${Presence} state=${mine} /><span class="truncate">${mine?.name ?? words.noAux()}</span><${AuxTimer} /><${Icon} name="lucide-chevron-up" size="sm" /></button>`}>
    ${(/** @type {() => void} */ close) => {
      const item = (/** @type {AuxState} */ state) => html`<button key=${state.id} role="menuitemradio" type="button" aria-checked=${state.id === mine?.id ? "true" : "false"} data-active=${state.id === mine?.id || undefined}
          onClick=${() => { close(); if (state.id !== mine?.id) void desk.switchAux(state.id); }}><${Presence} state=${state} />${state.name}</button>`;
      return html`${working.map(item)}${working.length > 0 && others.length > 0 && html`<hr />`}${others.map(item)}`;
    }}
  <//>`;
}

/** Reception on and off (001-20): a pause asks for what, the way back is one press to where one attended last. */
function PauseButton() {
  const { people, commands } = useParts();
  const { aux_state: mine, resumes_to: back } = people.me.value;
  if (!mine || isAttending(mine)) {
    return html`<button class="pause-button" type="button" aria-label=${listWords.pauseTitle()} title=${listWords.pauseTitle()} onClick=${commands.pause}><${Icon} name="lucide-pause" size="sm" /><span data-wide-only>${listWords.pause()}</span></button>`;
  }
  const name = people.auxStates.value.find((state) => state.id === back)?.name ?? "";
  const label = name ? listWords.resumeTo(name) : listWords.resume();
  return html`<button class="pause-button" data-paused type="button" aria-label=${label} title=${label} onClick=${commands.pause}><${Icon} name="lucide-play" size="sm" /><span>${listWords.resume()}</span></button>`;
}

/** Whoever is in Preview finds the records at once, and a record left open says so wherever one is. In a tab of its own: the desk stays connected. */
function Records() {
  const { people, preview } = useParts();
  const { aux_state: mine, open_record: record } = people.me.value;
  if (!record && mine?.code !== "preview") return null;
  const label = record ? listWords.recordOpen() : listWords.workRecords();
  return html`<a class="records-link" href=${preview} target="ventanilla-preview" data-open=${record ? "" : undefined} aria-label=${label} title=${record ? listWords.recordOpenHint(record.base) : listWords.workRecordsHint()}><${Icon} name="lucide-id-card" size="sm" /><span data-wide-only>${label}</span></a>`;
}

/** @param {{state: AuxState | null}} props */
function Presence({ state }) {
  return html`<i class="presence" data-state=${state ? PRESENCE[state.routing] : "away"} aria-hidden="true"></i>`;
}

function AuxTimer() {
  const { people, clock } = useParts();
  const state = people.me.value.aux_state;
  if (!state?.since) return null;
  const spent = clock.second.value - Date.parse(state.since);
  const over = state.max_minutes ? spent - state.max_minutes * 60_000 : 0;
  return html`<time role="timer" aria-live="off" data-tone=${over > 0 ? "danger" : undefined} title=${over > 0 ? listWords.overTime(duration(over)) : undefined}>${stopwatch(spent)}${over > 0 && html`<${Icon} name="lucide-triangle-alert" size="sm" label=${listWords.overTime(duration(over))} />`}</time>`;
}

/** One press shows exactly these, wherever they stand (001-18); another press leaves. */
function PendingAttention() {
  const { board, desk, commands } = useParts();
  const isOn = desk.route.value.unanswered && desk.route.value.everywhere;
  const count = board.totals.value.unanswered;
  return html`<button class="push attention" type="button" aria-pressed=${isOn ? "true" : "false"} title=${listWords.showAttention()} onClick=${commands.attention}>
    <${Icon} name="lucide-circle-alert" size="sm" /><span data-wide-only>${words.pendingAttention(count)}</span><span data-narrow-only aria-hidden="true">${words.count(count)}</span><span data-narrow-only class="visually-hidden">${words.pendingAttention(count)}</span></button>`;
}

/** Always the way to them; it asks for attention once one is due. */
function DueCallbacks() {
  const { callbacks, desk } = useParts();
  const count = callbacks.dueCount.value;
  const label = count > 0 ? callbackWords.due(count) : callbackWords.title();
  return html`<button class="people-button callbacks-button" type="button" aria-haspopup="dialog" aria-label=${label} title=${label} data-tone=${count > 0 ? "danger" : undefined} onClick=${() => openCallbacks(desk)}>
    <${Icon} name="lucide-calendar-clock" size="sm" /><span data-wide-only>${callbackWords.title()}</span>${count > 0 && html`<b aria-hidden="true">${words.count(count)}</b>`}</button>`;
}

function PeopleOnline() {
  const { people } = useParts();
  const online = people.online.value;
  return html`<${Menu} label=${words.peopleOnline()} place="above" role="dialog" button=${(/** @type {object} */ bind) => html`<button class="people-button" type="button" title=${words.peopleOnline()} ...${bind}>
      <span class="people" aria-hidden="true">${online.slice(0, SHOWN_PEOPLE).map((person) => html`<${PersonAvatar} key=${person.id} initials=${person.initials} hue=${person.hue} />`)}</span><span data-wide-only>${words.online(online.length)}</span><span data-narrow-only aria-hidden="true"><${Icon} name="lucide-users" size="sm" /> ${words.count(online.length)}</span><span data-narrow-only class="visually-hidden">${words.online(online.length)}</span></button>`}>
    ${() => html`<ul class="people-list" tabIndex=${0} aria-label=${words.peopleOnline()}>${online.length === 0 && html`<li>${words.nobodyOnline()}</li>`}${online.map((person) => html`<${PersonOnline} key=${person.id} person=${person} />`)}</ul>`}
  <//>`;
}

/** @param {AuxState} state @param {number} now */
function isOver(state, now) {
  return Boolean(state.since && state.max_minutes && now - Date.parse(state.since) > state.max_minutes * 60_000);
}

/** @param {{person: import("desk/types.js").Person}} props */
function PersonOnline({ person }) {
  const { clock, desk } = useParts();
  const state = person.aux_state;
  return html`<li><${PersonAvatar} initials=${person.initials} hue=${person.hue} size="sm" /><span class="grow"><b class="truncate"><bdi>${person.name}</bdi></b>
    <small><${Presence} state=${state} /><span class="truncate" title=${state?.reason || undefined}>${state?.name ?? words.noAux()}</span></small></span>
    ${state?.since && html`<time class="muted" data-tone=${isOver(state, clock.quarterMinute.value) ? "danger" : undefined}>${waitingTime(clock.quarterMinute.value - Date.parse(state.since))}</time>`}
    ${person.supervised && state && html`<button class="icon-button" data-size="sm" type="button" aria-label=${forcingWords.changeOf(person.name)} title=${forcingWords.change()} onClick=${() => openForcing(desk, person)}><${Icon} name="lucide-arrow-left-right" size="sm" /></button>`}</li>`;
}
