// A supervisor puts somebody into another auxiliary, with a reason that they read (000-01).

import { useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Icon, PersonAvatar } from "desk/views/bits.js";
import { Dialog } from "desk/views/dialog.js";
import { ApiError } from "desk/api.js";
import { forcingWords } from "desk/words/forcing.js";
import { listWords } from "desk/words/list.js";
import { words } from "desk/words.js";

/** @param {{person: import("desk/types.js").Person, close: () => void}} props */
export function Forcing({ person, close }) {
  const { desk, people } = useParts();
  const states = people.auxStates.value.filter((state) => state.id !== person.aux_state?.id);
  const [chosen, setChosen] = useState(/** @type {number | null} */ (null));
  const [reason, setReason] = useState("");
  const [trouble, setTrouble] = useState("");
  const [isBusy, setBusy] = useState(false);
  const state = states.find((each) => each.id === chosen);
  const lacks = !state ? forcingWords.chooseOne() : reason.trim() === "" ? forcingWords.sayWhy() : "";

  async function force() {
    if (lacks || isBusy || !state) return;
    setBusy(true);
    setTrouble("");
    try {
      await people.forceAux(person.id, state.id, reason.trim());
      close();
      desk.say({ text: forcingWords.changed(person.name, state.name), tone: "success" });
    } catch (error) {
      setBusy(false);
      setTrouble(error instanceof ApiError ? error.message : words.noAnswer());
    }
  }
  /** @param {KeyboardEvent} event */
  const key = (event) => void (event.key === "Enter" && (event.ctrlKey || event.metaKey) && force());

  const shown = trouble || lacks;
  return html`<${Dialog} onClose=${close} labelledBy="forcing-title" onKeyDown=${key}>
    <header><${PersonAvatar} initials=${person.initials} hue=${person.hue} /><div><h2 id="forcing-title">${forcingWords.changeOf(person.name)}</h2><p>${forcingWords.hint()}</p></div>
      <button class="icon-button" type="button" aria-label=${listWords.closeDialog()} title=${listWords.closeDialog()} onClick=${close}><${Icon} name="lucide-x" /></button></header>
    <div class="dialog-body form-body">
      <fieldset class="pauses"><legend>${forcingWords.auxiliary()}</legend><ul class="options">
        ${states.map((each) => html`<li key=${each.id}><label class="option"><input type="radio" name="aux" checked=${each.id === chosen} onChange=${() => setChosen(each.id)} />
          <span class="grow"><b>${each.name}</b><small>${[forcingWords.reaches(each), each.max_minutes ? listWords.upTo(each.max_minutes) : ""].filter(Boolean).join(" · ")}</small></span></label></li>`)}
      </ul></fieldset>
      <div class="field"><label for="forcing-reason">${forcingWords.why()}</label>
        <input class="input" id="forcing-reason" maxlength="200" dir="auto" value=${reason} onInput=${(/** @type {any} */ event) => setReason(event.currentTarget.value)} /></div>
    </div>
    <footer><p class="reason" role="status">${shown && html`<${Icon} name="lucide-circle-alert" size="sm" />${shown}`}</p>
      <button class="button" data-variant="quiet" type="button" onClick=${close}>${listWords.cancel()}</button>
      <button class="button" data-variant="primary" type="button" aria-disabled=${lacks || isBusy ? "true" : undefined} title=${lacks || undefined} onClick=${force}>${forcingWords.change()}<kbd data-wide-only aria-hidden="true">Ctrl ↵</kbd></button></footer>
  <//>`;
}
