// «Transferir»: to an agent or to a campaign. Who cannot get it stands there too, with the reason (004-21 … 004-26, B-05).

import { useEffect, useId, useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Icon, PersonAvatar, Skeleton } from "desk/views/bits.js";
import { Dialog } from "desk/views/dialog.js";
import { ApiError } from "desk/api.js";
import { transferWords as say } from "desk/words/transferring.js";
import { words } from "desk/words.js";

/** @typedef {{id: number, name: string, initials: string, hue: string, load: number, capacity: number, allowed: boolean, reason: string}} Agent */
/** @typedef {{id: number, name: string, allowed: boolean, reason: string, joins: boolean}} CampaignTarget */
/** @typedef {{transfer: import("desk/types.js").Permission, agents: Agent[], campaigns: CampaignTarget[], typifications: {id: number, name: string}[], default: number | null}} Offer */

/** Notes typed in a dialog that was closed. @type {Map<number, string>} */
const kept = new Map();

/** @param {{conversation: number, close: () => void}} props */
export function Transferring({ conversation, close }) {
  const { api, desk } = useParts();
  const id = useId();
  const [offer, setOffer] = useState(/** @type {Offer | null} */ (null));
  const [kind, setKind] = useState(/** @type {"agents" | "campaigns"} */ ("agents"));
  const [chosen, setChosen] = useState(/** @type {number | null} */ (null));
  const [typification, setTypification] = useState(/** @type {number | null} */ (null));
  const [note, setNote] = useState(kept.get(conversation) ?? "");
  const [trouble, setTrouble] = useState("");
  const [isBusy, setBusy] = useState(false);

  async function read() {
    try {
      setTrouble("");
      /** @type {Offer} */
      const fresh = await api.get(`conversations/${conversation}/transfer/`);
      setOffer(fresh);
      setTypification(fresh.default);
      if (fresh.agents.length === 0 && fresh.campaigns.length > 0) setKind("campaigns");
    } catch (error) {
      setTrouble(error instanceof ApiError ? error.message : words.noAnswer());
    }
  }
  useEffect(() => void read(), []);

  /** @type {readonly (Agent | CampaignTarget)[]} */
  const targets = offer ? offer[kind] : [];
  const target = targets.find((each) => each.id === chosen);
  const lacks = !offer ? words.loading() : !offer.transfer.allowed ? offer.transfer.reason : !target ? say.chooseTarget() : target.reason || (note.trim() === "" ? say.writeNote() : "");

  async function send() {
    if (lacks || isBusy || !target) return;
    setBusy(true);
    setTrouble("");
    try {
      const detail = await api.post(`conversations/${conversation}/transfer/`, {
        ...(kind === "agents" ? { user: target.id } : { campaign: target.id, joins: /** @type {CampaignTarget} */ (target).joins }),
        note: note.trim(), typification,
      });
      kept.delete(conversation);
      close();
      if (detail) desk.settle(detail);
      else desk.go({ conversation: null }, "replace");
      desk.say({ text: say.done(target.name), tone: "success" });
    } catch (error) {
      setBusy(false);
      setTrouble(error instanceof ApiError ? ([...Object.values(error.fields).flat()][0] ?? error.message) : words.noAnswer());
      // Somebody went away or closed meanwhile: what is true now.
      if (error instanceof ApiError && error.status === 409) setOffer(await api.get(`conversations/${conversation}/transfer/`).catch(() => offer));
    }
  }
  /** @param {KeyboardEvent} event */
  const key = (event) => void (event.key === "Enter" && (event.ctrlKey || event.metaKey) && send());
  /** @param {"agents" | "campaigns"} next */
  function show(next) {
    setKind(next);
    setChosen(null);
  }

  return html`<${Dialog} onClose=${close} labelledBy=${`${id}-title`} width="wide" onKeyDown=${key}>
    <header><div><h2 id=${`${id}-title`}>${say.title()}</h2></div>
      <button class="icon-button" type="button" aria-label=${words.closeDialog()} title=${words.closeDialog()} onClick=${close}><${Icon} name="lucide-x" /></button></header>
    <div class="dialog-body sheet-body">
      ${!offer ? !trouble && html`<${Skeleton} rows=${4} />` : html`
        <div class="segmented" role="group" aria-label=${say.to()}>
          ${/** @type {const} */ (["agents", "campaigns"]).map((each) => html`<button key=${each} type="button" aria-pressed=${kind === each ? "true" : "false"} onClick=${() => show(each)}><${Icon} name=${each === "agents" ? "lucide-users" : "lucide-megaphone"} size="sm" />${say[each]()}</button>`)}</div>
        <fieldset class="sheet-fieldset targets"><legend class="visually-hidden">${say.to()}</legend>
          ${targets.length === 0 ? html`<p class="muted small">${kind === "agents" ? say.noAgents() : say.noCampaigns()}</p>` : html`<ul class="options">${targets.map((each) => html`<li key=${`${kind}${each.id}`}><${Target} target=${each} chosen=${chosen === each.id} choose=${() => setChosen(each.id)} /></li>`)}</ul>`}
        </fieldset>
        ${target && "joins" in target && target.joins && html`<p class="banner" role="status"><${Icon} name="lucide-info" /><span>${say.joins()}</span></p>`}
        <div class="sheet-pair">
          <div class="field"><label for=${`${id}-typification`}>${say.typification()}</label><select class="input" id=${`${id}-typification`} value=${typification ?? ""} onChange=${(/** @type {any} */ event) => setTypification(Number(event.currentTarget.value) || null)}>
            ${offer.typifications.map((each) => html`<option key=${each.id} value=${each.id}>${each.name}</option>`)}</select></div>
        </div>
        <div class="field"><label for=${`${id}-note`}>${say.note()}</label><textarea class="input" id=${`${id}-note`} rows="2" dir="auto" maxlength="4000" required aria-describedby=${`${id}-hint`} value=${note} onInput=${(/** @type {any} */ event) => { setNote(event.currentTarget.value); kept.set(conversation, event.currentTarget.value); }}></textarea>
          <span class="hint" id=${`${id}-hint`}>${say.noteHint()}</span></div>`}
    </div>
    <footer><p class="reason" role="status">${(trouble || lacks) && html`<${Icon} name="lucide-circle-alert" size="sm" />${trouble || lacks}`}</p>
      ${trouble && !offer && html`<button class="button" type="button" onClick=${read}>${words.tryAgain()}</button>`}
      <button class="button" data-variant="quiet" type="button" onClick=${close}>${words.cancel()}</button>
      <button class="button" data-variant="primary" type="button" aria-disabled=${lacks || isBusy ? "true" : undefined} title=${lacks || undefined} onClick=${send}>${say.transfer()}<kbd data-wide-only aria-hidden="true">Ctrl ↵</kbd></button></footer>
  <//>`;
}

/** Greyed, and still readable: why it cannot be chosen stands where its load would. @param {{target: Agent | CampaignTarget, chosen: boolean, choose: () => void}} props */
function Target({ target, chosen, choose }) {
  const hint = target.reason || ("capacity" in target ? say.load(target.load, target.capacity) : "");
  return html`<label class="option" data-off=${target.allowed ? undefined : ""}><input type="radio" name="target" checked=${chosen} disabled=${!target.allowed} onChange=${choose} />
    ${"initials" in target ? html`<${PersonAvatar} initials=${target.initials} hue=${target.hue} size="sm" />` : html`<${Icon} name="lucide-megaphone" />`}
    <span class="grow"><b><bdi>${target.name}</bdi></b>${hint && html`<small>${hint}</small>`}</span></label>`;
}
