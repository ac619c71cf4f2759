// Sending somebody's card: contacts searched among those one may see, or one written by hand.

import { useEffect, useId, useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Button, Icon } from "desk/views/bits.js";
import { Dialog } from "desk/views/dialog.js";
import { hrefOf } from "desk/kinds.js";
import { cardWords } from "desk/words/place.js";
import { media } from "desk/words/media.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/writer.js").Writer} Writer */
/** @typedef {import("desk/types.js").Contact} Contact */
/** @typedef {{key: string, name: string, phones: string[], emails: string[], organization: string}} Card */
/** @typedef {{name: string, phone: string, email: string, organization: string}} Form */

const EMPTY = { name: "", phone: "", email: "", organization: "" };
const SHORTEST = 2;
const PAUSE_MS = 250;
const MOST_SHOWN = 8;
const LONGEST = 250;
/** What was chosen and not sent, for when the dialog is opened again. @type {Map<number, {cards: Card[], form: Form}>} */
const kept = new Map();

/** @param {{writer: Writer}} props */
export function ContactTool({ writer }) {
  const { desk } = useParts();
  return html`<${Button} class="icon-button" data-wide-only label=${cardWords.send()} why=${writer.mode === "note" ? media.notInNotes() : ""}
    onClick=${() => openContactCard(desk, writer)}><${Icon} name="lucide-id-card" /><//>`;
}

/** @param {import("desk/desk.js").Desk} desk @param {Writer} writer */
export function openContactCard(desk, writer) {
  desk.dialog.value = { kind: "sheet", View: ContactSheet, props: { writer } };
}

/** What of a contact may be handed on: no masked number, no identifier of ours. @param {Contact} contact @returns {Card} */
export function cardOf(contact) {
  const ways = contact.points.filter((point) => !point.is_business_id).map((point) => point.value);
  return {
    key: `c${contact.id}`,
    name: contact.name,
    phones: [...new Set(ways.filter((way) => hrefOf("tel", way) !== ""))],
    emails: ways.filter((way) => hrefOf("mailto", way) !== ""),
    organization: "",
  };
}

/** @param {{writer: Writer, close: () => void}} props */
function ContactSheet({ writer, close }) {
  const id = useId();
  const before = kept.get(writer.thread.id);
  const [cards, setCards] = useState(before?.cards ?? []);
  const [form, setForm] = useState(before?.form ?? EMPTY);
  const [errors, setErrors] = useState(/** @type {Partial<Form>} */ ({}));
  useEffect(() => void kept.set(writer.thread.id, { cards, form }), [cards, form]);

  /** @param {Card} card */
  const toggle = (card) => setCards(cards.some((each) => each.key === card.key) ? cards.filter((each) => each.key !== card.key) : [...cards, card]);

  /** What stands in the form, if it is a card. @returns {Card | null} */
  function written() {
    const { name, phone, email, organization } = Object.fromEntries(Object.entries(form).map(([part, value]) => [part, value.trim()]));
    /** @type {Partial<Form>} */
    const wrong = {};
    if (!name) wrong.name = cardWords.nameNeeded();
    if (phone && !hrefOf("tel", phone)) wrong.phone = cardWords.phoneWrong();
    else if (email && !hrefOf("mailto", email)) wrong.email = cardWords.emailWrong();
    else if (!phone && !email) wrong.phone = cardWords.wayNeeded();
    setErrors(wrong);
    if (Object.keys(wrong).length > 0) return null;
    return { key: `w${Date.now()}`, name: name ?? "", phones: phone ? [phone] : [], emails: email ? [email] : [], organization: organization ?? "" };
  }
  function add() {
    const card = written();
    if (!card) return;
    setCards([...cards, card]);
    setForm(EMPTY);
  }
  function send() {
    const isHalf = Object.values(form).some((value) => value.trim());
    const last = isHalf ? written() : null;
    const all = last ? [...cards, last] : cards;
    if ((isHalf && !last) || all.length === 0) return;
    writer.send({
      kind: "contacts",
      body: { text: "", contacts: all.map(({ key: _key, ...card }) => card) },
      text: all.map((card) => card.name).join(", "),
      details: { contacts: all.map(({ name, organization, phones, emails }) => ({ name, organization, emails, phones: phones.map((number) => ({ number, type: "", has_whatsapp: false })) })) },
    });
    close();
    kept.delete(writer.thread.id);
  }
  const hasForm = Object.values(form).some((value) => value.trim());
  const why = cards.length === 0 && !hasForm ? cardWords.noneYet() : "";
  /** @param {keyof Form} part @param {string} label @param {string} type */
  const field = (part, label, type) => html`<div class="field"><label for=${`${id}-${part}`}>${label}</label>
    <input class="input" id=${`${id}-${part}`} type=${type} dir="auto" autocomplete="off" maxlength=${LONGEST} value=${form[part]} aria-invalid=${errors[part] ? "true" : undefined} aria-describedby=${errors[part] ? `${id}-${part}-why` : undefined}
      onInput=${(/** @type {any} */ event) => { setForm({ ...form, [part]: event.currentTarget.value }); setErrors({ ...errors, [part]: "" }); }} />
    ${errors[part] && html`<span class="error" id=${`${id}-${part}-why`} role="alert">${errors[part]}</span>`}</div>`;
  return html`<${Dialog} labelledBy=${`${id}-title`} onClose=${close} onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && send()}>
    <header><div><h2 id=${`${id}-title`}>${cardWords.send()}</h2></div><button class="icon-button" type="button" aria-label=${words.closeDialog()} title=${words.closeDialog()} onClick=${close}><${Icon} name="lucide-x" /></button></header>
    <div class="dialog-body sheet-body">
      <${Search} cards=${cards} toggle=${toggle} />
      ${cards.length > 0 && html`<ul class="chips" aria-label=${cardWords.chosen()}>${cards.map((card) => html`<li class="chip" key=${card.key}><bdi>${card.name}</bdi><button type="button" aria-label=${cardWords.drop(card.name)} title=${cardWords.drop(card.name)} onClick=${() => toggle(card)}><${Icon} name="lucide-x" size="sm" /></button></li>`)}</ul>`}
      <fieldset class="sheet-fieldset"><legend>${cardWords.written()}</legend>
        <div class="sheet-pair">${field("name", cardWords.name(), "text")}${field("phone", cardWords.phone(), "tel")}${field("email", cardWords.email(), "email")}${field("organization", cardWords.organization(), "text")}</div>
        <button class="button" data-size="sm" type="button" onClick=${add}><${Icon} name="lucide-plus" size="sm" />${cardWords.add()}</button></fieldset>
    </div>
    <footer><span class="reason">${why && html`<${Icon} name="lucide-info" size="sm" />${why}`}</span>
      <button class="button" data-variant="quiet" type="button" onClick=${close}>${words.cancel()}</button>
      <${Button} data-variant="primary" why=${why} onClick=${send}><${Icon} name="lucide-send" size="sm" />${cardWords.sendThem(cards.length + (hasForm ? 1 : 0))}<//></footer>
  <//>`;
}

/** @param {{cards: Card[], toggle: (card: Card) => void}} props */
function Search({ cards, toggle }) {
  const { api } = useParts();
  const id = useId();
  const [query, setQuery] = useState("");
  const [found, setFound] = useState(/** @type {{query: string, results: Contact[], failed: boolean}} */ ({ query: "", results: [], failed: false }));
  const wanted = query.trim();
  useEffect(() => {
    if (wanted.length < SHORTEST) return setFound({ query: "", results: [], failed: false });
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const { results } = await api.get(`contacts/?search=${encodeURIComponent(wanted)}`, { signal: stop.signal });
        setFound({ query: wanted, results, failed: false });
      } catch {
        if (!stop.signal.aborted) setFound({ query: wanted, results: [], failed: true });
      }
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [wanted]);
  const line = wanted.length === 0 ? "" : wanted.length < SHORTEST ? cardWords.typeMore() : found.failed ? cardWords.failed() : found.query === wanted && found.results.length === 0 ? cardWords.nothing(wanted) : "";
  return html`<div class="field"><label for=${id}>${cardWords.search()}</label>
    <input class="input" id=${id} type="search" data-first autocomplete="off" value=${query} onInput=${(/** @type {any} */ event) => setQuery(event.currentTarget.value)} />
    <span class="hint" role="status">${line}</span>
    ${found.results.length > 0 && html`<ul class="found-contacts">${found.results.slice(0, MOST_SHOWN).map((contact) => {
      const card = cardOf(contact);
      const ways = [...card.phones, ...card.emails].join(" · ");
      const isChosen = cards.some((each) => each.key === card.key);
      return html`<li key=${contact.id}><${Button} class="found-contact" why=${ways ? "" : cardWords.unreachable()} aria-pressed=${isChosen ? "true" : "false"} onClick=${() => toggle(card)}>
        <${Icon} name=${isChosen ? "lucide-circle-check" : "lucide-user-round"} /><span><b><bdi>${contact.name}</bdi></b><small>${ways || cardWords.unreachable()}</small></span><//></li>`;
    })}</ul>`}
  </div>`;
}
