// The ways to reach a contact: which there are, and one more. Whose a number is already is said with a way there.

import { useEffect, useId, useRef, useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Button, Channel, Icon } from "desk/views/bits.js";
import { ApiError } from "desk/api.js";
import { windowGauge } from "desk/formatting.js";
import { keep, kept } from "desk/kept.js";
import { knownWords } from "desk/words/known.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/types.js").Detail} Detail */
/** @typedef {import("desk/types.js").ContactPoint} ContactPoint */
/** @typedef {import("desk/views/known_contact.js").Known} Known */

/** @param {{detail: Detail, known: Known}} props */
export function Points({ detail, known }) {
  const { people } = useParts();
  const key = `contact-point ${people.me.value.id} ${detail.contact.id}`;
  const [isAsked, setAsked] = useState(() => kept(key) !== "");
  const id = useId();
  const points = known.contact?.points ?? detail.contact.points;
  function done() {
    setAsked(false);
    requestAnimationFrame(() => document.getElementById(id)?.focus());
  }
  return html`<section class="section"><header><h3>${words.points()}</h3>
      <${Button} class="icon-button" id=${id} data-size="sm" label=${knownWords.addPoint()} why=${known.why} aria-expanded=${isAsked ? "true" : "false"} onClick=${() => setAsked(!isAsked)}><${Icon} name="lucide-plus" size="sm" /><//></header>
    ${points.length === 0
      ? html`<p class="muted small">${words.noPoints()}</p>`
      : html`<ul class="points">${points.map((point) => html`<${Point} key=${point.id} point=${point} detail=${detail} />`)}</ul>`}
    ${isAsked && !known.why && html`<${Adding} id=${id} kept=${key} contact=${detail.contact.id} known=${known} done=${done} />`}
  </section>`;
}

/** @param {{point: ContactPoint, detail: Detail}} props */
function Point({ point, detail }) {
  const { desk, clock } = useParts();
  const gauge = windowGauge(detail.window_expires_at, clock.quarterMinute.value);
  const isOpen = point.kind === detail.channel && point.value === detail.number && gauge?.open;
  const facts = [point.is_business_id && words.businessId(), point.is_primary && words.primaryPoint(), isOpen && words.windowOpenPoint()].filter(Boolean).join(" · ");
  async function copy() {
    await navigator.clipboard.writeText(point.value);
    desk.say({ text: words.copied(), tone: "success" });
  }
  return html`<li><${Channel} channel=${point.kind} name=${knownWords.pointKind(point.kind)} size="md" /><div class="truncate" title=${point.value}><bdi class=${point.is_business_id ? "muted small" : ""}>${point.value}</bdi>${facts && html`<br /><small>${facts}</small>`}</div>
    <button class="icon-button" data-size="sm" type="button" aria-label=${words.copyValue(point.value)} title=${words.copy()} onClick=${copy}><${Icon} name="lucide-copy" size="sm" /></button></li>`;
}

/** @param {{id: string, kept: string, contact: number, known: Known, done: () => void}} props */
function Adding({ id, kept: key, contact, known, done }) {
  const { api, desk, people, contacts } = useParts();
  const [value, setValue] = useState(() => kept(key));
  const [told, setTold] = useState("");
  const [owner, setOwner] = useState(/** @type {{id: number, name: string} | null} */ (null));
  const [busy, setBusy] = useState(false);
  const box = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => box.current?.focus(), []);
  const why = value.trim() ? "" : knownWords.emptyPoint();

  /** @param {string} next */
  function write(next) {
    setValue(next);
    setTold("");
    setOwner(null);
    keep(key, next);
  }

  /** @param {Event} event */
  async function add(event) {
    event.preventDefault();
    if (why || busy) return;
    setBusy(true);
    try {
      known.take(await api.post(`contacts/${contact}/points/`, { value }));
      keep(key, "");
      desk.say({ text: knownWords.added(), tone: "success" });
      done();
    } catch (error) {
      setTold(error instanceof ApiError ? ([...Object.values(error.fields).flat()][0] ?? error.message) : words.noAnswer());
      setOwner((error instanceof ApiError && error.contact) || null);
      setBusy(false);
    }
  }
  return html`<form class="side-edit" aria-label=${knownWords.addPoint()} onSubmit=${add}>
    <div class="field"><label for=${`${id}-value`}>${knownWords.point()}</label>
      <input class="input" data-size="sm" type="text" inputmode="email" id=${`${id}-value`} ref=${box} autocomplete="off" maxlength="254" value=${value} aria-invalid=${told ? "true" : undefined} aria-describedby=${`${id}-hint`} onInput=${(/** @type {any} */ event) => write(event.currentTarget.value)} />
      <span class=${told ? "error" : "hint"} id=${`${id}-hint`} role=${told ? "alert" : undefined}>${told || knownWords.pointHint()}</span></div>
    ${owner && html`<p class="side-links"><a class="quiet-link small" href=${`${contacts}${owner.id}/`}>${knownWords.see(owner.name)}</a>
      ${people.me.value.permissions.includes("contacts.merge_contacts") && html`<a class="quiet-link small" href=${`${contacts}${contact}/join/${owner.id}/`}>${knownWords.join()}</a>`}</p>`}
    <div class="form-actions"><button class="button" data-size="sm" data-variant="quiet" type="button" onClick=${() => (keep(key, ""), done())}>${words.cancel()}</button>
      <${Button} type="submit" data-size="sm" why=${why} onClick=${() => {}}>${knownWords.add()}<//></div>
  </form>`;
}
