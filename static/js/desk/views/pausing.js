// Pausing: for what, and since when it counts. The effect is immediate and the server's; those in hand stay with the agent.

import { useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Icon } from "desk/views/bits.js";
import { Dialog } from "desk/views/dialog.js";
import { isAttending } from "desk/people.js";
import { listWords } from "desk/words/list.js";

/** @param {{close: () => void}} props */
export function Pausing({ close }) {
  const { desk, people } = useParts();
  const { aux_state: mine } = people.me.value;
  const pauses = people.auxStates.value.filter((state) => !isAttending(state));
  const [chosen, setChosen] = useState(/** @type {number | null} */ (null));
  const [note, setNote] = useState("");
  const [isBusy, setBusy] = useState(false);
  const state = pauses.find((each) => each.id === chosen);
  const lacks = pauses.length === 0 ? listWords.noPauses() : state ? "" : listWords.choosePause();

  async function pause() {
    if (!state || isBusy) return;
    setBusy(true);
    const done = await desk.switchAux(state.id, note.trim());
    setBusy(false);
    if (!done) return;
    close();
    desk.say({ text: listWords.pausedIn(state.name), tone: "" });
  }
  /** @param {KeyboardEvent} event */
  const key = (event) => void (event.key === "Enter" && (event.ctrlKey || event.metaKey) && pause());

  return html`<${Dialog} onClose=${close} labelledBy="pause-title" onKeyDown=${key}>
    <header><div><h2 id="pause-title">${listWords.pauseTitle()}</h2><p>${listWords.pauseHint()}</p></div>
      <button class="icon-button" type="button" aria-label=${listWords.closeDialog()} title=${listWords.closeDialog()} onClick=${close}><${Icon} name="lucide-x" /></button></header>
    <div class="dialog-body form-body">
      <fieldset class="pauses"><legend>${listWords.pauseReason()}</legend><ul class="options">
        ${pauses.map((each, index) => html`<li key=${each.id}><label class="option"><input type="radio" name="pause" data-first=${index === 0 || undefined} checked=${each.id === chosen} onChange=${() => setChosen(each.id)} />
          <span class="grow"><b>${each.name}${each.id === mine?.id ? " ·" : ""}</b><small>${[each.works_active ? listWords.worksActive() : listWords.worksNothing(), each.max_minutes ? listWords.upTo(each.max_minutes) : ""].filter(Boolean).join(" · ")}</small></span></label></li>`)}
      </ul></fieldset>
      <div class="field"><label for="pause-note">${listWords.pauseNote()} <span class="optional">(${listWords.optional()})</span></label>
        <input class="input" id="pause-note" maxlength="200" dir="auto" value=${note} onInput=${(/** @type {any} */ event) => setNote(event.currentTarget.value)} /></div>
    </div>
    <footer><p class="reason" role="status">${lacks && html`<${Icon} name="lucide-circle-alert" size="sm" />${lacks}`}</p>
      <button class="button" data-variant="quiet" type="button" onClick=${close}>${listWords.cancel()}</button>
      <button class="button" data-variant="primary" type="button" aria-disabled=${lacks || isBusy ? "true" : undefined} title=${lacks || undefined} onClick=${pause}><${Icon} name="lucide-pause" size="sm" />${listWords.pause()}<kbd data-wide-only aria-hidden="true">Ctrl ↵</kbd></button></footer>
  <//>`;
}
