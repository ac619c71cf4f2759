// Correcting how a closed conversation ended: another outcome and note in the place of those it has. What it had stays to be read.

import { useEffect, useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Icon, Skeleton } from "desk/views/bits.js";
import { Pickers } from "desk/views/closing.js";
import { Dialog } from "desk/views/dialog.js";
import { missing, outcomesOf, hasChoice, placeOfOutcome } from "desk/outcomes.js";
import { ApiError } from "desk/api.js";
import { correctingWords } from "desk/words/correcting.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/types.js").ClosureOffer} ClosureOffer */
/** @typedef {import("desk/types.js").Typification} Typification */

/** @param {{conversation: number, close: () => void}} props */
export function Correcting({ conversation, close }) {
  const { desk, formatter, clock } = useParts();
  const [offer, setOffer] = useState(/** @type {ClosureOffer | null} */ (null));
  const [trouble, setTrouble] = useState("");
  const [topId, setTop] = useState(/** @type {number | null} */ (null));
  const [chosenId, setChosen] = useState(/** @type {number | null} */ (null));
  const [note, setNote] = useState("");
  const [isBusy, setBusy] = useState(false);

  async function read() {
    try {
      setTrouble("");
      /** @type {ClosureOffer} */
      const fresh = await desk.closureOffer(conversation);
      setOffer(fresh);
      const now = placeOfOutcome(fresh.typifications, fresh.default);
      setTop(now?.top ?? null);
      setChosen(now?.outcome ?? null);
      setNote(fresh.note);
    } catch (error) {
      setTrouble(error instanceof ApiError ? error.message : words.noAnswer());
    }
  }
  useEffect(() => void read(), []);

  const top = offer?.typifications.find((node) => node.id === topId);
  const outcome = top ? outcomesOf(top, "normal").find((each) => each.typification.id === chosenId) : undefined;
  const isSame = offer !== null && chosenId === offer.default && note.trim() === offer.note;
  const lacks = !offer ? words.loading() : missing({ offer: { ...offer, close: offer.retypify }, mode: "normal", top, chosen: outcome?.typification, note }) || (isSame ? correctingWords.changeFirst() : "");

  async function correct() {
    if (lacks || isBusy || !outcome) return;
    setBusy(true);
    setTrouble("");
    try {
      await desk.correct(conversation, { typification: outcome.typification.id, note: note.trim() }, outcome.path.join(" › "));
    } catch (error) {
      setBusy(false);
      setTrouble(error instanceof ApiError ? error.message : words.noAnswer());
    }
  }
  /** @param {Typification} node */
  function chooseTop(node) {
    setTop(node.id);
    setChosen(hasChoice(node, "normal") ? null : node.id);
  }
  /** @param {number} newTop @param {number} id */
  function chooseBoth(newTop, id) {
    setTop(newTop);
    setChosen(id);
  }
  /** @param {KeyboardEvent} event */
  const key = (event) => void (event.key === "Enter" && (event.ctrlKey || event.metaKey) && correct());

  const reason = trouble || lacks;
  return html`<${Dialog} onClose=${close} labelledBy="correcting-title" width="wide" onKeyDown=${key}>
    <header><div><h2 id="correcting-title">${correctingWords.title()}</h2><p>${correctingWords.hint()}</p></div>
      <button class="icon-button" type="button" aria-label=${words.closeDialog()} title=${words.closeDialog()} onClick=${close}><${Icon} name="lucide-x" /></button></header>
    <div class="dialog-body close-form">
      ${offer ? html`<${Pickers} offer=${offer} mode="normal" top=${top} chosenId=${chosenId} chooseTop=${chooseTop} chooseBoth=${chooseBoth} />
        <div class="field"><label for="correcting-note">${words.closingNote()}${!outcome?.typification.requires_note && html` <span class="optional">(${words.optional()})</span>`}</label>
          <textarea class="input" id="correcting-note" rows="2" dir="auto" maxlength="4000" value=${note} onInput=${(/** @type {any} */ event) => setNote(event.currentTarget.value)}></textarea></div>
        ${offer.changes.length > 0 && html`<section class="outcome-changes" aria-labelledby="correcting-before"><h3 class="overline" id="correcting-before">${correctingWords.before()}</h3>
          <ul>${offer.changes.map((change) => html`<li key=${change.at}><span><bdi>${change.before}</bdi> → <b><bdi>${change.after}</bdi></b></span><small class="muted">${change.by} · ${formatter.moment(change.at, clock.now())}</small></li>`)}</ul></section>`}`
        : !trouble && html`<${Skeleton} rows=${4} />`}
    </div>
    <footer>
      <p class="reason" role="status">${reason && html`<${Icon} name="lucide-circle-alert" size="sm" />${reason}`}</p>
      ${trouble && !offer && html`<button class="button" type="button" onClick=${read}>${words.tryAgain()}</button>`}
      <button class="button" data-variant="quiet" type="button" onClick=${close}>${words.cancel()}</button>
      <button class="button" data-variant="primary" type="button" aria-disabled=${lacks || isBusy ? "true" : undefined} title=${lacks || undefined} onClick=${correct}>${correctingWords.save()}<kbd data-wide-only aria-hidden="true">Ctrl ↵</kbd></button>
    </footer>
  <//>`;
}
