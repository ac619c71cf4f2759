// A chosen template: its variables, its header's file, and how WhatsApp will show it, letter by letter.

import { useId, useRef, useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Button, Icon } from "desk/views/bits.js";
import { Resources } from "desk/views/gallery.js";
import { fieldsOf, filledPieces, mediaOf, partOf, problemOf, whyNot } from "desk/templates.js";
import { problemOf as fileProblemOf, typeOf } from "desk/limits.js";
import { templateWords } from "desk/words/templates.js";

/** @typedef {import("desk/templates.js").Template} Template */
/** @typedef {import("desk/templates.js").Values} Values */
/** @typedef {import("desk/views/templates.js").HeaderFile} HeaderFile */

/**
 * @param {object} props
 * @param {Template} props.template
 * @param {Values} props.values
 * @param {HeaderFile | null} props.file
 * @param {import("desk/ready.js").Place | null} props.place  null: nobody knows yet for which campaign
 * @param {string} props.channel
 * @param {(values: Values) => void} props.setValues
 * @param {(file: HeaderFile | null) => void} props.setFile
 * @param {() => void} props.back
 */
export function TemplateForm({ template, values, file, place, channel, setValues, setFile, back }) {
  const fields = fieldsOf(template);
  const why = whyNot(template);
  const cost = templateWords.cost(template.category);
  return html`<div class="template-form">
    <button class="button template-back" data-variant="quiet" data-size="sm" type="button" onClick=${back}><${Icon} name="lucide-arrow-left" size="sm" />${templateWords.back()}</button>
    ${why
      ? html`<p class="banner" data-tone="warning" role="status"><${Icon} name="lucide-lock" />${why}</p>`
      : html`
        ${mediaOf(template) && html`<${HeaderFileField} template=${template} file=${file} place=${place} channel=${channel} setFile=${setFile} />`}
        ${fields.map((field) => html`<${ValueField} key=${`${field.part}.${field.name}`} field=${field} value=${values[field.part][field.name] ?? ""}
          write=${(/** @type {string} */ value) => setValues({ ...values, [field.part]: { ...values[field.part], [field.name]: value } })} />`)}
        ${fields.length === 0 && !mediaOf(template) && html`<p class="muted small">${templateWords.noVariables()}</p>`}`}
    <section class="template-preview" aria-label=${templateWords.preview()}><h3>${templateWords.preview()}</h3><${Preview} template=${template} values=${values} file=${file} />
      ${cost && html`<p class="template-cost"><span class="badge" data-tone=${template.category === "MARKETING" ? "warning" : undefined}>${templateWords.category(template.category)}</span> ${cost}</p>`}</section>
  </div>`;
}

/** @param {{field: import("desk/templates.js").Field, value: string, write: (value: string) => void}} props */
function ValueField({ field, value, write }) {
  const id = useId();
  // Nobody is told that a box is empty before they have been in it.
  const [left, setLeft] = useState(false);
  const problem = problemOf(field, value);
  const shown = problem !== "" && (left || value !== "");
  return html`<div class="field"><label for=${id}>${field.label}</label>
    <input class="input" data-size="sm" type="text" id=${id} dir="auto" autocomplete="off" value=${value} aria-invalid=${shown ? "true" : undefined} aria-describedby=${`${id}-hint`}
      onInput=${(/** @type {any} */ event) => write(event.currentTarget.value)} onBlur=${() => setLeft(true)} />
    <span class=${shown ? "error" : "hint"} id=${`${id}-hint`}>${shown ? html`<${Icon} name="lucide-circle-alert" size="sm" />${problem}` : field.hint}</span></div>`;
}

/** @param {{template: Template, file: HeaderFile | null, place: import("desk/ready.js").Place | null, channel: string, setFile: (file: HeaderFile | null) => void}} props */
function HeaderFileField({ template, file, place, channel, setFile }) {
  const { limits, desk } = useParts();
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const [problem, setProblem] = useState("");
  const [isLooking, setLooking] = useState(false);
  const kind = mediaOf(template);
  const table = limits.channels[channel];
  const attach = desk.current.value?.detail.value?.composer.attach;
  const whyNoUpload = !place || "campaign" in place ? templateWords.onlyGallery() : attach && !attach.allowed ? attach.reason : "";

  /** @param {File | undefined} chosen */
  function take(chosen) {
    if (!chosen || !table) return;
    const type = typeOf(chosen, limits);
    const refused = fileProblemOf({ name: chosen.name, size: chosen.size, type }, kind, channel, table);
    setProblem(refused);
    if (!refused) setFile({ name: chosen.name, kind, file: chosen, resource: null, picture: kind === "image" ? URL.createObjectURL(chosen) : "" });
  }
  return html`<fieldset class="field template-file"><legend class="field-label">${templateWords.header()}</legend>
    ${file
      ? html`<p class="chip">${file.name}<button type="button" aria-label=${templateWords.removeFile(file.name)} title=${templateWords.removeFile(file.name)} onClick=${() => setFile(null)}><${Icon} name="lucide-x" size="sm" /></button></p>`
      : html`<div class="template-file-ways">
          <${Button} class="button" data-size="sm" why=${whyNoUpload} onClick=${() => input.current?.click()}><${Icon} name="lucide-upload" size="sm" />${templateWords.uploadFile()}<//>
          ${place && html`<button class="button" data-size="sm" type="button" aria-expanded=${isLooking ? "true" : "false"} onClick=${() => setLooking(!isLooking)}><${Icon} name="lucide-images" size="sm" />${templateWords.fromGallery()}</button>`}</div>
        <span class=${problem ? "error" : "hint"} role=${problem ? "alert" : undefined}>${problem ? html`<${Icon} name="lucide-circle-alert" size="sm" />${problem}` : templateWords.needsFile(kind)}</span>
        ${isLooking && place && html`<${Resources} place=${place} only=${kind} corner=${(/** @type {import("desk/ready.js").Resource} */ one) => { setProblem(""); setLooking(false); setFile({ name: one.file_name || one.name, kind, file: null, resource: one.id, picture: one.thumbnail_url ?? "" }); }} />`}`}
    <input type="file" hidden ref=${input} tabIndex=${-1} aria-hidden="true" accept=${(kind === "document" ? [] : table?.media[kind]?.mime_types ?? []).join(",")}
      onChange=${(/** @type {any} */ event) => { take(event.currentTarget.files[0]); event.currentTarget.value = ""; }} />
  </fieldset>`;
}

/** @param {{template: Template, values: Values, file: HeaderFile | null}} props */
function Preview({ template, values, file }) {
  const header = partOf(template, "HEADER");
  const buttons = /** @type {any[]} */ (partOf(template, "BUTTONS")["buttons"] ?? []);
  const kind = mediaOf(template);
  const footer = String(partOf(template, "FOOTER")["text"] ?? "");
  return html`<div class="wa-preview"><div class="wa-bubble">
      ${kind && html`<div class="wa-media" data-kind=${kind}>${file?.picture ? html`<img src=${file.picture} alt="" />` : html`<${Icon} name=${kind === "document" ? "lucide-file-text" : kind === "video" ? "lucide-play" : "lucide-image"} size="lg" />`}${kind === "document" && file && html`<span class="truncate">${file.name}</span>`}</div>`}
      ${template.wants.header_format === "TEXT" && html`<b class="wa-header" dir="auto">${drawn(filledPieces(String(header["text"] ?? ""), values.header))}</b>`}
      <p dir="auto">${drawn(filledPieces(String(partOf(template, "BODY")["text"] ?? ""), values.body))}</p>
      ${footer && html`<small dir="auto">${footer}</small>`}</div>
    ${buttons.map((button, index) => html`<span class="wa-button" key=${index}><${Icon} name=${String(button.type).toUpperCase() === "URL" ? "lucide-external-link" : String(button.type).toUpperCase() === "PHONE_NUMBER" ? "lucide-phone" : "lucide-reply"} size="sm" />${button.text}</span>`)}
  </div>`;
}

/** @param {import("desk/templates.js").Piece[]} pieces */
function drawn(pieces) {
  return pieces.map((piece) => (piece.variable === null ? piece.text : html`<mark>${piece.text}</mark>`));
}
