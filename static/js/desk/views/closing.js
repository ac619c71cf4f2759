// Finalizar: choose what came of it, leave the note, close. The reason the button is off stands beside it.

import { useEffect, useRef, useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Button, ContactAvatar, Icon, Skeleton } from "desk/views/bits.js";
import { Dialog } from "desk/views/dialog.js";
import { duration } from "desk/formatting.js";
import { asksWhen, hasChoice, missing, needsBase, outcomesOf, placeOfOutcome, searchOutcomes, topLevel } from "desk/outcomes.js";
import { lacksOfTime, TimeField } from "desk/views/time_field.js";
import { openAssociating } from "desk/views/sheets.js";
import { ApiError } from "desk/api.js";
import { associatingWords } from "desk/words/associating.js";
import { callbackWords } from "desk/words/callbacks.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/types.js").ClosureOffer} ClosureOffer */
/** @typedef {import("desk/types.js").Typification} Typification */
/** @typedef {import("desk/outcomes.js").CloseMode} CloseMode */

/** @param {{conversation: number, outcome?: number}} props  `outcome`: chosen already, in the palette */
export function Closing({ conversation, outcome: asked }) {
  const { desk, clock } = useParts();
  const row = desk.row.value;
  const [offer, setOffer] = useState(/** @type {ClosureOffer | null} */ (null));
  const [trouble, setTrouble] = useState("");
  const [mode, setMode] = useState(/** @type {CloseMode} */ ("normal"));
  const [topId, setTop] = useState(/** @type {number | null} */ (null));
  const [chosenId, setChosen] = useState(/** @type {number | null} */ (null));
  const [note, setNote] = useState(desk.closingNotes.get(conversation) ?? "");
  const [callbackAt, setCallbackAt] = useState("");
  const [isBusy, setBusy] = useState(false);

  async function read() {
    try {
      setTrouble("");
      /** @type {ClosureOffer} */
      const fresh = await desk.closureOffer(conversation);
      setOffer(fresh);
      const byDefault = placeOfOutcome(fresh.typifications, asked ?? fresh.default);
      setTop(byDefault?.top ?? null);
      setChosen(byDefault?.outcome ?? null);
      if (!desk.closingNotes.has(conversation)) setNote(fresh.note);
    } catch (error) {
      setTrouble(error instanceof ApiError ? error.message : words.noAnswer());
    }
  }
  useEffect(() => void read(), []);

  const close = () => (desk.dialog.value = null);
  const top = offer?.typifications.find((node) => node.id === topId);
  const outcome = top ? outcomesOf(top, mode).find((each) => each.typification.id === chosenId) : undefined;
  const lacks = offer ? missing({ offer, mode, top, chosen: outcome?.typification, note, time: lacksOfTime(callbackAt, clock.now()) }) : words.loading();

  async function finish() {
    if (lacks || isBusy || !outcome) return;
    setBusy(true);
    setTrouble("");
    try {
      await desk.close(conversation, { typification: outcome.typification.id, note: note.trim(), mode, ...(asksWhen(outcome.typification) ? { callback_at: new Date(callbackAt).toISOString() } : {}) }, outcome.path.join(" › "));
    } catch (error) {
      setBusy(false);
      setTrouble(error instanceof ApiError ? error.message : words.noAnswer());
      void desk.current.value?.readDetail();
    }
  }

  /** @param {string} text */
  function writeNote(text) {
    setNote(text);
    desk.closingNotes.set(conversation, text);
  }
  /** @param {Typification} node */
  function chooseTop(node) {
    setTop(node.id);
    // With nothing more to choose the choice is made.
    setChosen(hasChoice(node, mode) ? null : node.id);
  }
  /** @param {number} newTop @param {number} id */
  function chooseBoth(newTop, id) {
    setTop(newTop);
    setChosen(id);
  }
  /** @param {KeyboardEvent} event */
  const key = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void finish();
  };

  const reason = trouble || lacks;
  return html`<${Dialog} onClose=${close} labelledBy="closing-title" width="wide" onKeyDown=${key}>
    <header>${row && html`<${ContactAvatar} row=${row} />`}
      <div><h2 id="closing-title">${words.closeTitle()}</h2>
        <p><bdi>${row?.name}</bdi>${row?.campaign_name && ` · ${row.campaign_name}`}${row?.assigned_at && ` · ${words.handled(duration(clock.now() - Date.parse(row.assigned_at)))}`}</p></div>
      <button class="icon-button" type="button" aria-label=${words.closeDialog()} title=${words.closeDialog()} onClick=${close}><${Icon} name="lucide-x" /></button>
    </header>
    <div class="dialog-body close-form">
      ${offer ? html`<${Modes} offer=${offer} mode=${mode} choose=${(/** @type {CloseMode} */ next) => { setMode(next); setChosen(null); setTop(null); }} />
        <${Pickers} offer=${offer} mode=${mode} top=${top} chosenId=${chosenId} chooseTop=${chooseTop} chooseBoth=${chooseBoth} />
        ${outcome && needsBase(offer, outcome.typification) && html`<${NeedsBase} offer=${offer} conversation=${conversation} outcome=${outcome.typification.id} />`}
        ${outcome && asksWhen(outcome.typification) && html`<${TimeField} value=${callbackAt} write=${setCallbackAt} label=${callbackWords.when()} hint=${outcome.typification.asks_callback === "global" ? callbackWords.whenHintGlobal() : callbackWords.whenHint()} />`}
        <div class="field"><label for="closing-note">${words.closingNote()}${!outcome?.typification.requires_note && html` <span class="optional">(${words.optional()})</span>`}</label>
          <textarea class="input" id="closing-note" rows="2" dir="auto" maxlength="4000" value=${note} onInput=${(/** @type {any} */ event) => writeNote(event.currentTarget.value)}></textarea>
          ${offer.note !== "" && note === offer.note && offer.note_from && html`<span class="hint">${words.noteFrom(offer.note_from)}</span>`}</div>`
        : !trouble && html`<${Skeleton} rows=${4} />`}
    </div>
    <footer>
      <p class="reason" role="status">${reason ? html`<${Icon} name="lucide-circle-alert" size="sm" />${reason}` : words.readyToClose()}</p>
      ${trouble && !offer && html`<button class="button" type="button" onClick=${read}>${words.tryAgain()}</button>`}
      <button class="button" data-variant="quiet" type="button" onClick=${close}>${words.cancel()}</button>
      <button class="button" data-variant="primary" type="button" aria-disabled=${lacks || isBusy ? "true" : undefined} title=${lacks || undefined} onClick=${finish}>${words.finishShort()}<kbd data-wide-only aria-hidden="true">Ctrl ↵</kbd></button>
    </footer>
  <//>`;
}

/** @param {{offer: ClosureOffer, mode: CloseMode, choose: (mode: CloseMode) => void}} props */
function Modes({ offer, mode, choose }) {
  const quickReason = offer.quick_close.allowed ? (topLevel(offer.typifications, "quick").length > 0 ? "" : words.noneQuick()) : offer.quick_close.reason;
  return html`<div class="close-mode">
    <div class="segmented" role="group" aria-label=${words.closeMode()}>
      <button type="button" aria-pressed=${mode === "normal" ? "true" : "false"} onClick=${() => choose("normal")}><${Icon} name="lucide-id-card" size="sm" />${words.normalClose()}</button>
      <button type="button" aria-pressed=${mode === "quick" ? "true" : "false"} aria-disabled=${quickReason ? "true" : undefined} aria-describedby=${quickReason ? "quick-reason" : undefined}
        onClick=${() => !quickReason && choose("quick")}><${Icon} name="lucide-zap" size="sm" />${words.quickClose()}</button>
    </div>
    ${quickReason && html`<p class="reason" id="quick-reason"><${Icon} name="lucide-lock" size="sm" />${quickReason}</p>`}
  </div>`;
}

/** @param {{offer: ClosureOffer, mode: CloseMode, top: Typification | undefined, chosenId: number | null, chooseTop: (node: Typification) => void, chooseBoth: (top: number, id: number) => void}} props */
export function Pickers({ offer, mode, top, chosenId, chooseTop, chooseBoth }) {
  const [search, setSearch] = useState("");
  const first = useRef(/** @type {HTMLInputElement | null} */ (null));
  // A finger chooses from the list; a keyboard begins by typing.
  useEffect(() => void (matchMedia("(pointer: fine)").matches && first.current?.focus()), []);
  const tops = topLevel(offer.typifications, mode);
  const found = search.trim() ? tops.flatMap((node) => searchOutcomes([node], mode, search).map((outcome) => ({ node, outcome }))) : null;
  const second = top && hasChoice(top, mode) ? outcomesOf(top, mode) : [];
  const below = useRef(/** @type {HTMLFieldSetElement | null} */ (null));
  // In one column the second choice appears under the edge of the screen.
  useEffect(() => void (matchMedia("(width < 900px)").matches && below.current?.scrollIntoView({ block: "nearest" })), [top?.id]);
  return html`<div class="pickers">
    <fieldset class="picker"><legend>${words.typification()}</legend>
      <label class="search"><${Icon} name="lucide-search" size="sm" /><input type="search" ref=${first} placeholder=${words.searchTypification()} aria-label=${words.searchTypification()} value=${search} onInput=${(/** @type {any} */ event) => setSearch(event.currentTarget.value)} /></label>
      <ul class="options">
        ${found
          ? found.map(({ node, outcome }) => html`<${Option} key=${outcome.typification.id} group="typification" name=${outcome.path.join(" › ")} hint=${hintOf(outcome.typification)} on=${chosenId === outcome.typification.id} choose=${() => chooseBoth(node.id, outcome.typification.id)} />`)
          : tops.map((node) => html`<${Option} key=${node.id} group="typification" name=${node.name} leads=${hasChoice(node, mode)} on=${top?.id === node.id} choose=${() => chooseTop(node)}
              hint=${hasChoice(node, mode) ? words.subtypifications(outcomesOf(node, mode).length) : hintOf(node)} />`)}
      </ul>
      ${found?.length === 0 && html`<p class="muted small">${words.noTypification()}</p>`}
    </fieldset>
    ${second.length === 0 || !top ? html`<${NothingMore} top=${top} isReady=${chosenId !== null} />` : html`<fieldset class="picker" ref=${below}><legend>${words.subtypificationOf(top.name)}</legend>
      <ul class="options">${second.map((outcome) => html`<${Option} key=${outcome.typification.id} group="subtypification" name=${outcome.path.slice(1).join(" › ") || top.name} hint=${hintOf(outcome.typification)}
        on=${chosenId === outcome.typification.id} choose=${() => chooseBoth(top.id, outcome.typification.id)} />`)}</ul>
    </fieldset>`}
  </div>`;
}

/** The second column while there is nothing to choose in it. @param {{top: Typification | undefined, isReady: boolean}} props */
function NothingMore({ top, isReady }) {
  const isDone = top !== undefined && isReady;
  return html`<div class="picker picker-hint"><${Icon} name=${isDone ? "lucide-circle-check" : "lucide-list-tree"} size="lg" /><p>${isDone ? words.nothingMoreToChoose(top.name) : words.chooseFirst()}</p></div>`;
}

/** @param {{group: string, name: string, hint: string, on: boolean, leads?: boolean, choose: () => void}} props */
function Option({ group, name, hint, on, leads = false, choose }) {
  return html`<li><label class="option"><input type="radio" name=${group} checked=${on} onChange=${choose} /><span class="grow"><b>${name}</b>${hint && html`<small>${hint}</small>`}</span>
    ${leads && html`<${Icon} name="lucide-chevron-right" size="sm" />`}</label></li>`;
}

/** The way on to the base, and back here with the same outcome (000-17). @param {{offer: ClosureOffer, conversation: number, outcome: number}} props */
function NeedsBase({ offer, conversation, outcome }) {
  const { desk } = useParts();
  const why = offer.associate?.allowed === false ? offer.associate.reason : "";
  return html`<div class="banner" data-tone="warning" role="status"><${Icon} name="lucide-database" /><div>${why || associatingWords.needsBase()}</div>
    <${Button} data-size="sm" why=${why} onClick=${() => openAssociating(desk, conversation, () => (desk.dialog.value = { kind: "closing", conversation, outcome }))}>${associatingWords.short()}<//></div>`;
}

/** @param {Typification} node */
function hintOf(node) {
  return [node.requires_note && words.requiresNote(), node.requires_base && associatingWords.requiresBase(), asksWhen(node) && callbackWords.asks()].filter(Boolean).join(" · ");
}
