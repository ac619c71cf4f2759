// «Asociar contacto a una base»: an existing contact or a new one, then the base. The number is there already; each step can be gone back.

import { useEffect, useId, useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Button, Empty, Icon, Skeleton } from "desk/views/bits.js";
import { Dialog } from "desk/views/dialog.js";
import { ApiError } from "desk/api.js";
import { associatingWords as say } from "desk/words/associating.js";
import { words } from "desk/words.js";

/** @typedef {{id: number, name: string, is_default: boolean}} Base */
/** @typedef {{associate: import("desk/types.js").Permission, number: string, may_copy: boolean, fields: {name: string, label: string}[], contact: {id: number, first_name: string, last_name: string, name: string, document_type: number | null, has_document: boolean}, document_types: {id: number, name: string}[], bases: Base[]}} Offer */
/** @typedef {{id: number, name: string, document: string, points: {value: string}[], bases: {id: number, name: string}[]}} Candidate */
/** @typedef {{step: "who" | "existing" | "new", branch: "existing" | "new", by: string, search: string, chosen: Candidate | null, base: number | null, first_name: string, last_name: string, document_type: string, document_number: string}} Form */

/** What was filled in and not saved, for when the dialog is opened again. @type {Map<number, Form>} */
const kept = new Map();

/** @param {{conversation: number, then?: () => void, close: () => void}} props  then: where one came from */
export function Associating({ conversation, then, close: shut }) {
  const { api, desk } = useParts();
  const id = useId();
  const [offer, setOffer] = useState(/** @type {Offer | null} */ (null));
  const [form, setForm] = useState(/** @type {Form | null} */ (kept.get(conversation) ?? null));
  const [trouble, setTrouble] = useState("");
  const [errors, setErrors] = useState(/** @type {Record<string, string[]>} */ ({}));
  const [isBusy, setBusy] = useState(false);
  const close = () => (then ? then() : shut());

  async function read() {
    try {
      setTrouble("");
      /** @type {Offer} */
      const fresh = await api.get(`conversations/${conversation}/association/`);
      setOffer(fresh);
      setForm((before) => before ?? begun(fresh));
    } catch (error) {
      setTrouble(error instanceof ApiError ? error.message : words.noAnswer());
    }
  }
  useEffect(() => void read(), []);

  /** @param {Partial<Form>} change */
  function write(change) {
    setTrouble("");
    setErrors({});
    setForm((before) => {
      if (!before) return before;
      const next = { ...before, ...change };
      kept.set(conversation, next);
      return next;
    });
  }

  const lacks = !offer || !form ? words.loading() : !offer.associate.allowed ? offer.associate.reason : lacksOf(form);

  async function next() {
    if (lacks || isBusy || !form || !offer) return;
    if (form.step === "who") return write({ step: form.branch });
    setBusy(true);
    setTrouble("");
    try {
      const base = offer.bases.find((each) => each.id === form.base);
      const detail = await api.put(`conversations/${conversation}/association/`, {
        base: form.base,
        ...(form.step === "existing" ? { contact: form.chosen?.id } : { filled_in: { first_name: form.first_name.trim(), last_name: form.last_name.trim(), document_type: Number(form.document_type) || null, document_number: form.document_number.trim() } }),
      });
      desk.settle(detail);
      kept.delete(conversation);
      desk.say({ text: say.done(detail.contact.name || detail.name, base?.name ?? ""), tone: "success" });
      close();
    } catch (error) {
      setBusy(false);
      setErrors(error instanceof ApiError ? error.fields : {});
      setTrouble(error instanceof ApiError ? ([...Object.values(error.fields).flat()][0] ?? error.message) : words.noAnswer());
    }
  }
  /** @param {KeyboardEvent} event */
  const key = (event) => void (event.key === "Enter" && (event.ctrlKey || event.metaKey) && next());

  return html`<${Dialog} onClose=${close} labelledBy=${`${id}-title`} width="wide" onKeyDown=${key}>
    <header><div><h2 id=${`${id}-title`}>${say.associate()}</h2>${offer && html`<${TheirNumber} offer=${offer} />`}</div>
      <button class="icon-button" type="button" aria-label=${words.closeDialog()} title=${words.closeDialog()} onClick=${close}><${Icon} name="lucide-x" /></button></header>
    <div class="dialog-body sheet-body associating">
      ${!offer || !form ? !trouble && html`<${Skeleton} rows=${4} />` : form.step === "who" ? html`<${WhoIsIt} form=${form} write=${write} />`
        : form.step === "existing" ? html`<${Existing} conversation=${conversation} offer=${offer} form=${form} write=${write} />` : html`<${New} offer=${offer} form=${form} write=${write} errors=${errors} />`}
      ${offer && form && form.step !== "who" && html`<${Bases} offer=${offer} form=${form} write=${write} />`}
    </div>
    <footer><p class="reason" role="status">${(trouble || lacks) && html`<${Icon} name="lucide-circle-alert" size="sm" />${trouble || lacks}`}</p>
      ${trouble && !offer && html`<button class="button" type="button" onClick=${read}>${words.tryAgain()}</button>`}
      ${form && form.step !== "who" && html`<button class="button" type="button" onClick=${() => write({ step: "who" })}><${Icon} name="lucide-arrow-left" size="sm" />${say.back()}</button>`}
      <button class="button" data-variant="quiet" type="button" onClick=${close}>${words.cancel()}</button>
      <button class="button" data-variant="primary" type="button" aria-disabled=${lacks || isBusy ? "true" : undefined} title=${lacks || undefined} onClick=${next}>${say.next()}<kbd data-wide-only aria-hidden="true">Ctrl ↵</kbd></button></footer>
  <//>`;
}

/** The number is filled in wherever it is asked for; the button is for whoever wants it elsewhere (000-08). @param {{offer: Offer}} props */
function TheirNumber({ offer }) {
  const { desk } = useParts();
  if (!offer.number) return html`<p>${say.noNumber()}</p>`;
  async function copy() {
    await navigator.clipboard.writeText(offer.number);
    desk.say({ text: words.copied(), tone: "success" });
  }
  return html`<p class="number-line"><bdi>${offer.number}</bdi><${Button} class="icon-button" data-size="sm" label=${words.copyValue(offer.number)} why=${offer.may_copy ? "" : say.masked()} onClick=${() => void copy()}><${Icon} name="lucide-copy" size="sm" /><//></p>`;
}

/** @param {{form: Form, write: (change: Partial<Form>) => void}} props */
function WhoIsIt({ form, write }) {
  const choices = /** @type {const} */ ([["existing", "lucide-user-round-check", say.existing(), say.existingHint()], ["new", "lucide-user-round-plus", say.isNew(), say.newHint()]]);
  return html`<fieldset class="sheet-fieldset"><legend>${say.who()}</legend><ul class="options">
    ${choices.map(([name, icon, label, hint]) => html`<li key=${name}><label class="option"><input type="radio" name="branch" checked=${form.branch === name} data-first=${form.branch === name || undefined} onChange=${() => write({ branch: name })} />
      <${Icon} name=${icon} /><span class="grow"><b>${label}</b><small>${hint}</small></span></label></li>`)}
  </ul></fieldset>`;
}

/** @param {{conversation: number, offer: Offer, form: Form, write: (change: Partial<Form>) => void}} props */
function Existing({ conversation, offer, form, write }) {
  const { api } = useParts();
  const id = useId();
  const [found, setFound] = useState(/** @type {{results: Candidate[], is_in_a_base: boolean} | null} */ (null));
  const [marked, setMarked] = useState(form.chosen?.id ?? null);
  const [trouble, setTrouble] = useState("");
  const [isBusy, setBusy] = useState(false);
  const isOwn = form.by === "phone" && (form.search.trim() === "" || form.search.trim() === offer.number);

  /** @param {Event} [event] */
  async function filter(event) {
    event?.preventDefault();
    setBusy(true);
    setTrouble("");
    try {
      setFound(await api.get(`conversations/${conversation}/association/candidates/?by=${encodeURIComponent(form.by)}&search=${isOwn ? "" : encodeURIComponent(form.search)}`));
    } catch (error) {
      setFound(null);
      setTrouble(error instanceof ApiError ? ([...Object.values(error.fields).flat()][0] ?? error.message) : words.noAnswer());
    }
    setBusy(false);
  }
  // By the telephone that is filled in, nobody has to press anything.
  useEffect(() => void (isOwn && filter()), []);

  const candidate = found?.results.find((each) => each.id === marked) ?? null;
  function select() {
    if (!candidate) return;
    const own = candidate.bases.map((each) => each.id);
    // One that they are in already comes first.
    write({ chosen: candidate, base: offer.bases.find((each) => own.includes(each.id))?.id ?? form.base });
  }
  return html`<form class="sheet-line filter-line" onSubmit=${filter}>
      <div class="field"><label for=${`${id}-by`}>${say.filterBy()}</label><select class="input" id=${`${id}-by`} value=${form.by} onChange=${(/** @type {any} */ event) => write({ by: event.currentTarget.value, search: event.currentTarget.value === "phone" ? offer.number : "" })}>
        ${offer.fields.map((field) => html`<option key=${field.name} value=${field.name}>${field.label}</option>`)}</select></div>
      <div class="field filter-value"><label for=${`${id}-search`}>${say.value()}</label><input class="input" id=${`${id}-search`} type="search" data-first dir="auto" autocomplete="off" maxlength="80" value=${form.search} onInput=${(/** @type {any} */ event) => write({ search: event.currentTarget.value })} /></div>
      <button class="button" type="submit"><${Icon} name="lucide-search" size="sm" />${say.filter()}</button></form>
    <div role="status">${isBusy ? html`<p class="muted small">${say.searching()}</p>` : trouble ? html`<p class="banner" data-tone="warning"><${Icon} name="lucide-circle-alert" /><span>${trouble}</span></p>`
      : found && !found.is_in_a_base && html`<${Empty} icon="lucide-database" title=${say.nowhere()} hint=${say.nowhereHint()}><button class="button" type="button" onClick=${() => write({ step: "new", branch: "new" })}><${Icon} name="lucide-user-round-plus" size="sm" />${say.goOnAsNew()}</button><//>`}</div>
    ${found && found.results.length > 0 && html`<fieldset class="sheet-fieldset"><legend>${say.results()}</legend><ul class="options">
      ${found.results.map((each) => html`<li key=${each.id}><label class="option"><input type="radio" name="candidate" checked=${marked === each.id} onChange=${() => setMarked(each.id)} />
        <span class="grow"><b><bdi>${each.name || each.points[0]?.value}</bdi></b><small>${[each.points[0]?.value, each.document].filter(Boolean).join(" · ")}</small></span>
        <span class="small muted">${each.bases.map((base) => base.name).join(", ") || say.inNoBase()}</span></label></li>`)}</ul>
      <${Button} why=${candidate ? "" : say.selectOne()} aria-pressed=${candidate !== null && form.chosen?.id === candidate.id ? "true" : "false"} onClick=${select}><${Icon} name="lucide-check" size="sm" />${candidate && form.chosen?.id === candidate.id ? say.chosen() : say.select()}<//></fieldset>`}`;
}

/** @param {{offer: Offer, form: Form, write: (change: Partial<Form>) => void, errors: Record<string, string[]>}} props */
function New({ offer, form, write, errors }) {
  const id = useId();
  /** @param {"first_name" | "last_name" | "document_number"} part @param {string} label */
  const field = (part, label) => html`<div class="field"><label for=${`${id}-${part}`}>${label}</label>
    <input class="input" id=${`${id}-${part}`} data-first=${part === "first_name" || undefined} dir="auto" autocomplete="off" maxlength="120" value=${form[part]} aria-invalid=${errors[part] ? "true" : undefined} aria-describedby=${errors[part] ? `${id}-${part}-why` : undefined} onInput=${(/** @type {any} */ event) => write({ [part]: event.currentTarget.value })} />
    ${errors[part] && html`<span class="error" id=${`${id}-${part}-why`} role="alert">${errors[part]?.[0]}</span>`}</div>`;
  return html`<p class="muted small">${say.partial()}</p>
    <div class="sheet-pair">
      <div class="field"><label for=${`${id}-number`}>${say.number()}</label><input class="input" id=${`${id}-number`} readonly value=${offer.number || say.noNumber()} /></div>
      ${field("first_name", say.firstName())}${field("last_name", say.lastName())}
      ${!offer.contact.has_document && html`<div class="field"><label for=${`${id}-type`}>${say.documentType()}</label><select class="input" id=${`${id}-type`} value=${form.document_type} onChange=${(/** @type {any} */ event) => write({ document_type: event.currentTarget.value })}>
        <option value="">${say.noDocument()}</option>${offer.document_types.map((each) => html`<option key=${each.id} value=${String(each.id)}>${each.name}</option>`)}</select></div>
      ${form.document_type !== "" && field("document_number", say.documentNumber())}`}
    </div>`;
}

/** @param {{offer: Offer, form: Form, write: (change: Partial<Form>) => void}} props */
function Bases({ offer, form, write }) {
  const id = useId();
  return html`<div class="field"><label for=${id}>${say.base()}</label><select class="input" id=${id} value=${form.base ?? ""} onChange=${(/** @type {any} */ event) => write({ base: Number(event.currentTarget.value) || null })}>
    <option value="">${say.chooseBase()}</option>${offer.bases.map((base) => html`<option key=${base.id} value=${base.id}>${base.is_default ? say.byDefault(base.name) : base.name}</option>`)}</select></div>`;
}

/** @param {Offer} offer @returns {Form} */
function begun(offer) {
  return {
    step: "who", branch: "existing", by: "phone", search: offer.number, chosen: null,
    base: offer.bases.find((base) => base.is_default)?.id ?? (offer.bases.length === 1 ? (offer.bases[0]?.id ?? null) : null),
    first_name: offer.contact.first_name, last_name: offer.contact.last_name, document_type: "", document_number: "",
  };
}

/** @param {Form} form */
function lacksOf(form) {
  if (form.step === "who") return "";
  if (form.step === "existing" && !form.chosen) return say.selectOne();
  return form.base === null ? say.chooseBase() : "";
}
