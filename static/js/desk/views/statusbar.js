// The bar at the foot: what I am doing and since when, who waits, who is here, and whether all this is live.

import { html, useParts } from "desk/views/html.js";
import { Icon, PersonAvatar } from "desk/views/bits.js";
import { Connection } from "desk/views/connection.js";
import { Menu } from "desk/views/menu.js";
import { stopwatch } from "desk/formatting.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/types.js").AuxState} AuxState */

const SHOWN_PEOPLE = 3;
const PRESENCE = /** @type {Record<string, string | undefined>} */ ({ ready: undefined, drain: "busy", not_ready: "away", offline: "away" });
const WORKING = ["ready", "drain"];

export function StatusBar() {
  return html`<footer class="statusbar" aria-label=${words.statusBar()}>
    <${Auxiliary} /><${PendingAttention} /><${PeopleOnline} /><${Connection} /></footer>`;
}

function Auxiliary() {
  const { people, desk } = useParts();
  const mine = people.me.value.aux_state;
  const states = people.auxStates.value;
  const working = states.filter((state) => WORKING.includes(state.routing));
  const others = states.filter((state) => !WORKING.includes(state.routing));
  return html`<${Menu} label=${words.switchAux()} place="above" align="start" button=${(/** @type {object} */ bind) => html`<button class="aux" type="button" title=${words.switchAux()} ...${bind}>
      <${Presence} state=${mine} /><span class="truncate">${mine?.name ?? words.noAux()}</span><${AuxTimer} /><${Icon} name="lucide-chevron-up" size="sm" /></button>`}>
    ${(/** @type {() => void} */ close) => {
      const item = (/** @type {AuxState} */ state) => html`<button key=${state.id} role="menuitemradio" type="button" aria-checked=${state.id === mine?.id ? "true" : "false"} data-active=${state.id === mine?.id || undefined}
          onClick=${() => { close(); if (state.id !== mine?.id) void desk.switchAux(state.id); }}><${Presence} state=${state} />${state.name}</button>`;
      return html`${working.map(item)}${working.length > 0 && others.length > 0 && html`<hr />`}${others.map(item)}`;
    }}
  <//>`;
}

/** @param {{state: AuxState | null}} props */
function Presence({ state }) {
  return html`<i class="presence" data-state=${state ? PRESENCE[state.routing] : "away"} aria-hidden="true"></i>`;
}

function AuxTimer() {
  const { people, clock } = useParts();
  const since = people.me.value.aux_state?.since;
  return since ? html`<time role="timer" aria-live="off">${stopwatch(clock.second.value - Date.parse(since))}</time>` : null;
}

function PendingAttention() {
  const { board, desk } = useParts();
  const isOn = desk.route.value.unanswered;
  return html`<button class="push attention" type="button" aria-pressed=${isOn ? "true" : "false"} onClick=${() => desk.go({ unanswered: !isOn })}>
    <${Icon} name="lucide-circle-alert" size="sm" />${words.pendingAttention(board.totals.value.unanswered)}</button>`;
}

function PeopleOnline() {
  const { people } = useParts();
  const online = people.online.value;
  return html`<${Menu} label=${words.peopleOnline()} place="above" role="dialog" button=${(/** @type {object} */ bind) => html`<button class="people-button" type="button" title=${words.peopleOnline()} ...${bind}>
      <span class="people" aria-hidden="true">${online.slice(0, SHOWN_PEOPLE).map((person) => html`<${PersonAvatar} key=${person.id} initials=${person.initials} hue=${person.hue} />`)}</span>${words.online(online.length)}</button>`}>
    ${() => html`<ul class="people-list">${online.length === 0 && html`<li>${words.nobodyOnline()}</li>`}
      ${online.map((person) => html`<li key=${person.id}><${PersonAvatar} initials=${person.initials} hue=${person.hue} size="sm" /><span class="grow"><b class="truncate">${person.name}</b>
        <small><${Presence} state=${person.aux_state} /><span class="truncate">${person.aux_state?.name ?? words.noAux()}</span></small></span></li>`)}</ul>`}
  <//>`;
}
