// Beginning a conversation with a bare number (001-03, 001-04), or with a point of a contact whose page one comes from (002-17): it is
// looked up first, so that nobody is written to twice.

import { useEffect, useId, useRef, useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Button, Icon, Skeleton } from "desk/views/bits.js";
import { Dialog } from "desk/views/dialog.js";
import { Chooser, nothingFilled, useTemplates } from "desk/views/templates.js";
import { lacksOf, noValues, trimmed } from "desk/templates.js";
import { ApiError } from "desk/api.js";
import { debounce } from "lib/timing.js";
import { openingWords as say } from "desk/words/openings.js";
import { templateWords } from "desk/words/templates.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/ready.js").Opening} Opening */
/** @typedef {Awaited<ReturnType<import("desk/ready.js").Ready["lookUp"]>>} Standing */
/** @typedef {{number: string, campaign: number | null, account: number | null, template: import("desk/views/templates.js").Filled, clientId: string}} Form */

const KEPT = "opening";
const SHORTEST = 6;

/** @param {{close: () => void, point?: number}} props  point: a contact's, in place of a number to be typed */
export function NewChatDialog({ close, point }) {
  const { desk, ready } = useParts();
  const [offer, setOffer] = useState(/** @type {{results: Opening[], allowed: boolean, reason: string} | null} */ (null));
  const kept = point ? `${KEPT} ${point}` : KEPT;
  const [form, setForm] = useState(/** @type {Form} */ (ready.forms.get(kept) ?? { number: "", campaign: null, account: null, template: nothingFilled(), clientId: crypto.randomUUID() }));
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);
  const id = useId();

  /** @param {Partial<Form>} change */
  function write(change) {
    setTrouble("");
    setForm((before) => {
      const next = { ...before, ...change };
      ready.forms.set(kept, next);
      return next;
    });
  }

  async function read() {
    try {
      const fresh = await ready.openings();
      setOffer(fresh);
      const first = fresh.results.find((each) => each.campaign.id === form.campaign) ?? fresh.results[0];
      if (first) write({ campaign: first.campaign.id, account: first.accounts.find((each) => each.id === form.account)?.id ?? first.accounts[0]?.id ?? null });
    } catch (error) {
      setTrouble(error instanceof ApiError ? error.message : words.noAnswer());
    }
  }
  useEffect(() => void read(), []);

  const opening = offer?.results.find((each) => each.campaign.id === form.campaign);
  const account = opening?.accounts.find((each) => each.id === form.account) ?? null;
  const { standing, refusal, isLooking } = useLookup(form.number, account?.id ?? null, point);
  const { templates, failed, again } = useTemplates(account?.id ?? null);
  const shown = templates?.filter((each) => each.account_id === account?.id) ?? null;
  const template = shown?.find((each) => each.id === form.template.chosen) ?? null;
  const values = (template && form.template.values[template.id]) || noValues();
  const file = (template && form.template.files[template.id]) || null;
  const lacks = lacksNow();

  function lacksNow() {
    if (!offer) return words.loading();
    if (offer.results.length === 0) return say.nowhere();
    if (!offer.allowed) return offer.reason;
    if (refusal) return refusal;
    if (!point && form.number.trim().length < SHORTEST) return say.writeNumber();
    if (isLooking || !standing) return say.waitForNumber();
    if (standing.conversation) return say.openInstead();
    return template ? lacksOf(template, values, file !== null) : templateWords.chooseFirst();
  }

  /** @param {number} conversation */
  function goTo(conversation) {
    ready.forms.delete(kept);
    close();
    desk.open(conversation);
  }

  async function send() {
    if (lacks || busy || !template || !account || !opening) return;
    setBusy(true);
    try {
      const { conversation } = await ready.open({
        client_id: form.clientId, ...(point ? { contact_point: point } : { number: form.number }), account: account.id, campaign: opening.campaign.id,
        template: { id: template.id, ...trimmed(values) }, ...(file?.resource ? { resource: file.resource } : {}),
      });
      desk.say({ text: say.started(conversation.name), tone: "success" });
      desk.go({ tray: "in_progress" });
      goTo(conversation.id);
    } catch (error) {
      setBusy(false);
      const told = error instanceof ApiError ? [error.message, ...Object.values(error.fields).flat()].filter(Boolean) : [words.noAnswer()];
      setTrouble(told.at(-1) ?? words.noAnswer());
    }
  }
  /** @param {KeyboardEvent} event */
  const key = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void send();
  };

  return html`<${Dialog} onClose=${close} labelledBy=${`${id}-title`} width="wide" onKeyDown=${key}>
    <header><div><h2 id=${`${id}-title`}>${say.title()}</h2><p>${say.hint()}</p></div>
      <button class="icon-button" type="button" aria-label=${words.closeDialog()} title=${words.closeDialog()} onClick=${close}><${Icon} name="lucide-x" /></button></header>
    <div class="dialog-body new-chat">
      ${!offer ? !trouble && html`<${Skeleton} rows=${4} />` : html`
        <div class="new-chat-who">
          <div class="field"><label for=${`${id}-number`}>${say.number()}</label>
            <input class="input" type="tel" inputmode="tel" id=${`${id}-number`} data-first autocomplete="off" maxlength="40" placeholder=${point ? "" : say.numberExample()} value=${point ? (standing?.number ?? "") : form.number} readonly=${point ? true : undefined} aria-invalid=${refusal ? "true" : undefined} aria-describedby=${`${id}-number-hint`}
              onInput=${(/** @type {any} */ event) => write({ number: event.currentTarget.value, clientId: crypto.randomUUID() })} />
            <span class="hint" id=${`${id}-number-hint`}>${say.numberHint(account?.country ?? "PY")}</span></div>
          <div class="field"><label for=${`${id}-campaign`}>${say.campaign()}</label>
            <select class="input" id=${`${id}-campaign`} value=${form.campaign} onChange=${(/** @type {any} */ event) => {
              const next = offer.results.find((each) => each.campaign.id === Number(event.currentTarget.value));
              write({ campaign: next?.campaign.id ?? null, account: next?.accounts[0]?.id ?? null });
            }}>${offer.results.map(({ campaign }) => html`<option key=${campaign.id} value=${campaign.id}>${campaign.client} › ${campaign.name}</option>`)}</select></div>
          <div class="field"><label for=${`${id}-account`}>${say.account()}</label>
            <select class="input" id=${`${id}-account`} value=${form.account} onChange=${(/** @type {any} */ event) => write({ account: Number(event.currentTarget.value) })}>
              ${(opening?.accounts ?? []).map((each) => html`<option key=${each.id} value=${each.id}>${each.name}</option>`)}</select></div>
        </div>
        <${Found} standing=${standing} refusal=${refusal} isLooking=${isLooking} open=${goTo} />
        ${!standing?.conversation && account && html`<div class="new-chat-templates"><${Chooser} templates=${shown} failed=${failed} again=${again} filled=${form.template} place=${opening ? { campaign: opening.campaign.id } : null} channel=${account.kind}
          fill=${(/** @type {Partial<import("desk/views/templates.js").Filled>} */ change) => setForm((before) => {
            const next = { ...before, template: { ...before.template, ...change } };
            ready.forms.set(kept, next);
            return next;
          })} /></div>`}`}
    </div>
    <footer>
      <p class="reason" role="status">${trouble || lacks ? html`<${Icon} name="lucide-circle-alert" size="sm" />${trouble || lacks}` : templateWords.ready()}</p>
      ${trouble && !offer && html`<button class="button" type="button" onClick=${read}>${words.tryAgain()}</button>`}
      <button class="button" data-variant="quiet" type="button" onClick=${close}>${templateWords.cancel()}</button>
      <button class="button" data-variant="primary" type="button" aria-disabled=${lacks || busy ? "true" : undefined} title=${lacks || undefined} onClick=${send}>${busy ? templateWords.sending() : say.send()}<kbd data-wide-only aria-hidden="true">Ctrl ↵</kbd></button>
    </footer>
  <//>`;
}

/** @param {{standing: Standing | null, refusal: string, isLooking: boolean, open: (conversation: number) => void}} props */
function Found({ standing, refusal, isLooking, open }) {
  if (refusal) return html`<div class="banner" data-tone="warning" role="alert"><${Icon} name="lucide-lock" /><div>${refusal}</div></div>`;
  if (isLooking) return html`<p class="new-chat-state" role="status"><${Icon} name="lucide-search" size="sm" />${say.looking()}</p>`;
  if (!standing) return null;
  const { conversation, contact, number } = standing;
  if (conversation) {
    return html`<div class="banner" role="status"><${Icon} name="lucide-messages-square" /><div>${say.talking(conversation.name)}</div>
      <${Button} class="button" data-size="sm" onClick=${() => open(conversation.id)}>${say.open()}<//></div>`;
  }
  return html`<p class="new-chat-state" role="status"><${Icon} name=${contact ? "lucide-user-round-check" : "lucide-user-round-plus"} size="sm" />${contact ? say.known(contact.name || number, number) : say.isNew(number)}</p>`;
}

/** Whose number it is, a moment after the last digit. @param {string} number @param {number | null} account @param {number} [point] */
function useLookup(number, account, point) {
  const { ready } = useParts();
  const [found, setFound] = useState(/** @type {{standing: Standing | null, refusal: string, isLooking: boolean}} */ ({ standing: null, refusal: "", isLooking: false }));
  const turn = useRef(0);
  const [later] = useState(() => debounce((/** @type {() => void} */ run) => run(), 450));
  useEffect(() => {
    const mine = (turn.current += 1);
    if (account === null || (!point && number.replace(/\D/gu, "").length < SHORTEST)) return setFound({ standing: null, refusal: "", isLooking: false });
    setFound({ standing: null, refusal: "", isLooking: true });
    later(async () => {
      try {
        const standing = await ready.lookUp(point ? { contact_point: point } : { number }, account);
        if (mine === turn.current) setFound({ standing, refusal: "", isLooking: false });
      } catch (error) {
        const told = error instanceof ApiError ? (error.fields["number"]?.[0] ?? error.message) : words.noAnswer();
        if (mine === turn.current) setFound({ standing: null, refusal: told, isLooking: false });
      }
    });
  }, [number, account, point]);
  return found;
}
