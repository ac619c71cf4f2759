// Sending a place: where this browser is, what was pasted, or what is typed. Seen before it goes, without a picture of a map: nothing is
// asked of anybody else's server.

import { useId, useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Button, Icon } from "desk/views/bits.js";
import { Dialog } from "desk/views/dialog.js";
import { mapAddress } from "desk/kinds.js";
import { isOnEarth, readPlace, rounded } from "desk/places.js";
import { placeWords } from "desk/words/place.js";
import { media } from "desk/words/media.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/writer.js").Writer} Writer */
/** @typedef {{pasted: string, latitude: string, longitude: string, name: string, address: string}} Form */

/** @type {Form} */
const EMPTY = { pasted: "", latitude: "", longitude: "", name: "", address: "" };
const PATIENCE_MS = 15_000;
const LONGEST = 1_000;
/** What was typed and not sent, for when the dialog is opened again. @type {Map<number, Form>} */
const kept = new Map();

/** @param {{writer: Writer}} props */
export function LocationTool({ writer }) {
  const { desk } = useParts();
  return html`<${Button} class="icon-button" data-wide-only label=${placeWords.send()} why=${writer.mode === "note" ? media.notInNotes() : ""}
    onClick=${() => openLocation(desk, writer)}><${Icon} name="lucide-map-pin" /><//>`;
}

/** @param {import("desk/desk.js").Desk} desk @param {Writer} writer */
export function openLocation(desk, writer) {
  desk.dialog.value = { kind: "sheet", View: LocationSheet, props: { writer } };
}

/** @param {{writer: Writer, close: () => void}} props */
function LocationSheet({ writer, close }) {
  const id = useId();
  const [form, setForm] = useState(kept.get(writer.thread.id) ?? EMPTY);
  const [problem, setProblem] = useState("");
  const [position, setPosition] = useState({ isAsking: false, line: "", isBad: false });
  const place = placeOf(form);

  /** @param {Partial<Form>} change */
  function change(change) {
    const next = { ...form, ...change };
    kept.set(writer.thread.id, next);
    setForm(next);
  }
  /** @param {string} pasted */
  function paste(pasted) {
    const read = pasted.trim() ? readPlace(pasted) : null;
    setProblem(read && "problem" in read ? placeWords.problem(read.problem) : "");
    if (read && "place" in read) change({ pasted, latitude: String(read.place.latitude), longitude: String(read.place.longitude), name: form.name || read.place.name });
    else change({ pasted });
  }
  function ask() {
    if (!navigator.geolocation) return setPosition({ isAsking: false, line: placeWords.unsupported(), isBad: true });
    setPosition({ isAsking: true, line: placeWords.asking(), isBad: false });
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        setProblem("");
        change({ latitude: String(rounded(coords.latitude)), longitude: String(rounded(coords.longitude)), pasted: "" });
        setPosition({ isAsking: false, line: placeWords.within(String(Math.ceil(coords.accuracy))), isBad: false });
      },
      (error) => setPosition({ isAsking: false, line: error.code === error.PERMISSION_DENIED ? placeWords.denied() : placeWords.unavailable(), isBad: true }),
      { enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: 60_000 },
    );
  }
  function send() {
    if (!place) return;
    const { name, address } = { name: form.name.trim(), address: form.address.trim() };
    writer.send({ kind: "location", body: { text: "", location: { ...place, name, address } }, text: [name, address].filter(Boolean).join(", "), details: { location: { ...place, name, address, url: "" } } });
    kept.delete(writer.thread.id);
    close();
  }
  const why = place ? "" : form.latitude && form.longitude ? placeWords.problem("range") : placeWords.needed();
  /** @param {"latitude" | "longitude" | "name" | "address"} part @param {string} label @param {Record<string, unknown>} [more] */
  const field = (part, label, more = {}) => html`<div class="field"><label for=${`${id}-${part}`}>${label}</label>
    <input class="input" id=${`${id}-${part}`} type="text" dir="auto" autocomplete="off" maxlength=${LONGEST} value=${form[part]} ...${more} onInput=${(/** @type {any} */ event) => change({ [part]: event.currentTarget.value })} /></div>`;
  return html`<${Dialog} labelledBy=${`${id}-title`} onClose=${close} onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && send()}>
    <header><div><h2 id=${`${id}-title`}>${placeWords.send()}</h2></div><button class="icon-button" type="button" aria-label=${words.closeDialog()} title=${words.closeDialog()} onClick=${close}><${Icon} name="lucide-x" /></button></header>
    <div class="dialog-body sheet-body">
      <div class="field"><label for=${`${id}-pasted`}>${placeWords.paste()}</label>
        <input class="input" id=${`${id}-pasted`} type="text" data-first autocomplete="off" value=${form.pasted} aria-invalid=${problem ? "true" : undefined} aria-describedby=${`${id}-hint`} onInput=${(/** @type {any} */ event) => paste(event.currentTarget.value)} />
        <span class=${problem ? "error" : "hint"} id=${`${id}-hint`} role=${problem ? "alert" : undefined}>${problem || placeWords.pasteHint()}</span></div>
      <div class="sheet-line"><${Button} why=${position.isAsking ? placeWords.asking() : ""} onClick=${ask}><${Icon} name="lucide-target" size="sm" />${placeWords.mine()}<//>
        <span class=${position.isBad ? "error" : "hint"} role="status">${position.line}</span></div>
      <div class="sheet-pair">${field("latitude", placeWords.latitude(), { inputmode: "text" })}${field("longitude", placeWords.longitude(), { inputmode: "text" })}</div>
      ${field("name", placeWords.name())}${field("address", placeWords.address())}
      <section class="sheet-preview" aria-label=${placeWords.preview()}><small>${placeWords.preview()}</small>
        ${place
          ? html`<a class="place" href=${mapAddress(place)} target="_blank" rel="noopener noreferrer"><span class="place-picture"><${Icon} name="lucide-map-pin" size="lg" /></span>
              <span class="place-words"><b><bdi>${form.name.trim() || words.kindName("location")}</bdi></b>${form.address.trim() && html`<small><bdi>${form.address}</bdi></small>`}<small class="figures">${place.latitude.toFixed(5)}, ${place.longitude.toFixed(5)}</small>
              <span class="place-open">${placeWords.check()}<${Icon} name="lucide-external-link" size="sm" /></span></span></a>`
          : html`<p class="hint">${placeWords.nothingYet()}</p>`}
      </section>
    </div>
    <footer><span class="reason">${why && html`<${Icon} name="lucide-info" size="sm" />${why}`}</span>
      <button class="button" data-variant="quiet" type="button" onClick=${close}>${words.cancel()}</button>
      <${Button} data-variant="primary" why=${why} onClick=${send}><${Icon} name="lucide-send" size="sm" />${placeWords.sendIt()}<//></footer>
  <//>`;
}

/** @param {Form} form @returns {{latitude: number, longitude: number} | null} */
function placeOf({ latitude, longitude }) {
  const place = { latitude: number(latitude), longitude: number(longitude) };
  return isOnEarth(place) ? place : null;
}

/** -25.2867, or -25,2867 where people write so. @param {string} text */
function number(text) {
  const written = text.trim().replace(",", ".");
  return /^[-+]?\d{1,3}(\.\d+)?$/u.test(written) ? Number(written) : NaN;
}
