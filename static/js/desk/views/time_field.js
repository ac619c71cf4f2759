// When somebody is to be contacted again: a time to come, typed or by one press.

import { useId } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { callbackWords } from "desk/words/callbacks.js";

/** @param {{value: string, label: string, hint: string, write: (value: string) => void}} props  value: as an <input type="datetime-local"> has it */
export function TimeField({ value, label, hint, write }) {
  const { clock } = useParts();
  const id = useId();
  const now = clock.quarterMinute.value;
  const presets = /** @type {[string, number][]} */ ([
    [callbackWords.inAnHour(), now + 3_600_000],
    [callbackWords.tomorrowMorning(), morning(now, 1)],
    [callbackWords.mondayMorning(), morning(now, daysToMonday(now))],
  ]);
  return html`<div class="field time-field"><label for=${id}>${label}</label>
    <div class="time-line"><input class="input" type="datetime-local" id=${id} required min=${local(now)} value=${value} aria-describedby=${`${id}-hint`} onInput=${(/** @type {any} */ event) => write(event.currentTarget.value)} />
      ${presets.map(([name, at]) => html`<button key=${name} class="button" data-size="sm" type="button" aria-pressed=${value === local(at) ? "true" : "false"} onClick=${() => write(local(at))}>${name}</button>`)}</div>
    <span class="hint" id=${`${id}-hint`}>${hint}</span></div>`;
}

/** What is wrong with a typed time; "" when it can be promised. @param {string} value @param {number} now */
export function lacksOfTime(value, now) {
  const at = Date.parse(value);
  if (Number.isNaN(at)) return callbackWords.chooseWhen();
  return at <= now ? callbackWords.whenPast() : "";
}

/** As an input of time has it, in the clock of this device. @param {number} at */
export function local(at) {
  const date = new Date(at);
  return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** @param {number} now @param {number} days */
function morning(now, days) {
  const date = new Date(now);
  date.setDate(date.getDate() + days);
  return date.setHours(9, 0, 0, 0);
}

/** @param {number} now */
function daysToMonday(now) {
  return (8 - new Date(now).getDay()) % 7 || 7;
}
