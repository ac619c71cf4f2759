// Who the contact is, mended where it stands (P0-34): name, star, and the ways to reach them. The rest is on the contact's own page.

import { useEffect, useId, useRef, useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Button, ContactAvatar, Icon, VipStar } from "desk/views/bits.js";
import { ApiError } from "desk/api.js";
import { keep, kept } from "desk/kept.js";
import { knownWords } from "desk/words/known.js";
import { labelWords } from "desk/words/labels.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/types.js").Row} Row */
/** @typedef {import("desk/types.js").Contact} Contact */
/** @typedef {Contact & {profile_name: string, version: string, may_edit: boolean, company: {name: string} | null, document: string, document_code: string, addresses: {line: string, district: string, is_primary: boolean}[]}} Whole */
/** @typedef {{contact: Whole | null, why: string, take: (contact: Whole) => void, read: () => Promise<Whole | null>}} Known  why: it cannot be changed */
/** @typedef {{first_name: string, last_name: string, is_vip: boolean, version: string}} Form */

const EDIT = "contacts.edit_contacts";
/** Whoever only passes through a conversation asks for nothing. */
const STAYED_MS = 250;
const MOST_REMEMBERED = 50;
/** Whoever comes back to a conversation has the card whole at once; it is read anew all the same. @type {Map<number, Whole>} */
const remembered = new Map();

/** The contact as the server has it; read anew where the row says that it changed. @param {Row} row @param {number} id @returns {Known} */
export function useKnown(row, id) {
  const { api, people } = useParts();
  const [contact, setContact] = useState(remembered.get(id) ?? null);
  const [trouble, setTrouble] = useState("");
  /** @param {Whole} found */
  function take(found) {
    const [oldest] = remembered.size < MOST_REMEMBERED ? [] : remembered.keys();
    if (oldest !== undefined) remembered.delete(oldest);
    remembered.set(id, found);
    setContact(found);
  }
  async function read() {
    try {
      /** @type {Whole} */
      const found = await api.get(`contacts/${id}/`);
      take(found);
      setTrouble("");
      return found;
    } catch (error) {
      const isGone = error instanceof ApiError && error.status === 404;
      setTrouble(isGone ? knownWords.notYours() : knownWords.notRead());
      if (isGone) {
        remembered.delete(id);
        setContact(null);
      }
      return null;
    }
  }
  useEffect(() => {
    const timer = setTimeout(() => void read(), STAYED_MS);
    return () => clearTimeout(timer);
  }, [id, row.name, row.is_vip]);
  const hasRight = people.me.value.permissions.includes(EDIT);
  const why = !hasRight ? labelWords.noRight() : !contact ? trouble || words.loading() : contact.may_edit ? "" : knownWords.isFixed();
  return { contact, why, take, read };
}

/** Name and face; its pencil makes a form of them. @param {{row: Row, known: Known, contactId: number, close: unknown}} props  close: the button that closes the panel */
export function Who({ row, known, contactId, close }) {
  const { people } = useParts();
  const { contact, why } = known;
  const key = `contact-edit ${people.me.value.id} ${contactId}`;
  // What was begun and not saved is there again when one comes back.
  const [isAsked, setAsked] = useState(() => kept(key) !== "");
  const isEditing = isAsked && contact !== null && !why;
  const id = useId();
  const place = contact ? [contact.company?.name, contact.addresses[0]?.district].filter(Boolean).join(" · ") : "";
  function done() {
    setAsked(false);
    requestAnimationFrame(() => document.getElementById(id)?.focus());
  }
  return html`<div class="side-who">
      <${ContactAvatar} row=${row} size="lg" withChannel=${false} />
      <div><h2><bdi class="truncate">${row.name}</bdi>${row.is_vip && html`<${VipStar} />`}</h2><p class="truncate">${place || (row.number && row.number !== row.name ? row.number : row.account_name)}</p></div>
      <span class="side-tools"><${Button} class="icon-button" id=${id} label=${knownWords.edit()} why=${why} aria-expanded=${isEditing ? "true" : "false"} onClick=${() => (isEditing ? document.getElementById(`${id}-first`)?.focus() : setAsked(true))}><${Icon} name="lucide-square-pen" /><//>${close}</span>
    </div>
    ${isEditing && html`<${Editing} id=${id} kept=${key} known=${known} contact=${contact} done=${done} />`}`;
}

/** @param {{id: string, kept: string, known: Known, contact: Whole, done: () => void}} props */
function Editing({ id, kept: key, known, contact, done }) {
  const { api, desk, ready } = useParts();
  // What was read when it was opened: who changes it meanwhile is not overwritten unseen.
  const [base, setBase] = useState(contact);
  const [form, setForm] = useState(() => begun(key, contact));
  const [errors, setErrors] = useState(/** @type {Record<string, string[]>} */ ({}));
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);
  const first = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => first.current?.focus(), []);

  /** @param {Partial<Form>} change */
  function write(change) {
    setErrors({});
    setForm((before) => {
      const next = { ...before, ...change };
      keep(key, JSON.stringify(next));
      return next;
    });
  }
  const isSame = form.first_name.trim() === base.first_name && form.last_name.trim() === base.last_name && form.is_vip === base.is_vip;
  const why = isSame ? knownWords.nothingNew() : "";

  /** @param {Event} event */
  async function save(event) {
    event.preventDefault();
    if (why || busy) return;
    setBusy(true);
    setTrouble("");
    try {
      known.take(await api.patch(`contacts/${base.id}/`, form));
      ready.forgetShortcuts();
      desk.say({ text: knownWords.saved(), tone: "success" });
      leave();
    } catch (error) {
      await refused(error);
      setBusy(false);
    }
  }

  /** @param {unknown} error */
  async function refused(error) {
    if (error instanceof ApiError && error.code === "stale") {
      const now = await known.read();
      if (!now) return setTrouble(knownWords.notRead());
      setBase(now);
      write({ version: now.version });
      setTrouble(knownWords.changedMeanwhile(now.name));
    } else {
      setErrors(error instanceof ApiError ? error.fields : {});
      setTrouble(error instanceof ApiError && Object.keys(error.fields).length > 0 ? "" : error instanceof ApiError ? error.message : words.noAnswer());
    }
  }

  function leave() {
    keep(key, "");
    done();
  }

  /** @param {"first_name" | "last_name"} part @param {string} label @param {string} place @param {string} [hint] */
  const field = (part, label, place, hint = "") => {
    const told = errors[part]?.[0] ?? "";
    return html`<div class="field"><label for=${`${id}-${place}`}>${label}</label>
      <input class="input" data-size="sm" type="text" dir="auto" id=${`${id}-${place}`} ref=${place === "first" ? first : undefined} autocomplete="off" maxlength="120" value=${form[part]} aria-invalid=${told ? "true" : undefined} aria-describedby=${told || hint ? `${id}-${place}-hint` : undefined} onInput=${(/** @type {any} */ event) => write({ [part]: event.currentTarget.value })} />
      ${(told || hint) && html`<span class=${told ? "error" : "hint"} id=${`${id}-${place}-hint`} role=${told ? "alert" : undefined}>${told || hint}</span>`}</div>`;
  };
  return html`<form class="side-edit" aria-label=${knownWords.edit()} onSubmit=${save}>
    ${trouble && html`<p class="banner" data-tone="warning" role="alert"><${Icon} name="lucide-circle-alert" /><span>${trouble}</span></p>`}
    ${field("first_name", knownWords.firstName(), "first", base.first_name ? "" : base.profile_name && knownWords.calledThere(base.profile_name))}
    ${field("last_name", knownWords.lastName(), "last")}
    <label class="check"><input type="checkbox" checked=${form.is_vip} onChange=${(/** @type {any} */ event) => write({ is_vip: event.currentTarget.checked })} /><span>${knownWords.vip()}</span></label>
    <div class="form-actions"><button class="button" data-size="sm" data-variant="quiet" type="button" onClick=${leave}>${words.cancel()}</button>
      <${Button} type="submit" data-size="sm" data-variant="primary" why=${why} onClick=${() => {}}>${busy ? knownWords.saving() : knownWords.save()}<//></div>
  </form>`;
}

/** What was begun in this tab, or what is known. @param {string} key @param {Whole} contact @returns {Form} */
function begun(key, contact) {
  const known = { first_name: contact.first_name, last_name: contact.last_name, is_vip: contact.is_vip, version: contact.version };
  try {
    return { ...known, ...JSON.parse(kept(key) || "{}") };
  } catch {
    return known;
  }
}

/** What else is known, and the way to all of it. @param {{known: Known}} props */
export function KnownFacts({ known }) {
  const { contacts } = useParts();
  const { contact } = known;
  if (!contact) return null;
  const address = contact.addresses.find((each) => each.is_primary) ?? contact.addresses[0];
  const facts = /** @type {[string, string][]} */ ([
    [knownWords.document(), [knownWords.documentKind(contact.document_code), contact.document].filter(Boolean).join(" ")],
    [knownWords.company(), contact.company?.name ?? ""],
    [knownWords.address(), address ? [address.line, address.district].filter(Boolean).join(", ") : ""],
  ]).filter(([, value]) => value);
  return html`<section class="section"><header><h3>${knownWords.facts()}</h3><a class="quiet-link small" href=${`${contacts}${contact.id}/`}>${knownWords.page()}</a></header>
    ${facts.length === 0 ? html`<p class="muted small">${knownWords.noFacts()}</p>` : html`<dl class="facts">${facts.map(([name, value]) => html`<dt key=${name}>${name}</dt><dd><bdi>${value}</bdi></dd>`)}</dl>`}</section>`;
}
