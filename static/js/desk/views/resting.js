// A rest for a conversation: until when.

import { useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Icon } from "desk/views/bits.js";
import { Dialog } from "desk/views/dialog.js";
import { lacksOfTime, TimeField } from "desk/views/time_field.js";
import { ApiError } from "desk/api.js";
import { transferWords as say } from "desk/words/transferring.js";
import { words } from "desk/words.js";

/** @param {{conversation: number, close: () => void}} props */
export function Snoozing({ conversation, close }) {
  const { api, clock, desk, formatter } = useParts();
  const [until, setUntil] = useState("");
  const [trouble, setTrouble] = useState("");
  const [isBusy, setBusy] = useState(false);
  const lacks = until === "" ? say.sayUntil() : lacksOfTime(until, clock.quarterMinute.value);

  async function save() {
    if (lacks || isBusy) return;
    setBusy(true);
    try {
      const at = new Date(until).toISOString();
      desk.settle(await api.put(`conversations/${conversation}/snooze/`, { until: at }));
      close();
      desk.say({ text: say.snoozed(formatter.moment(at, clock.now())), tone: "success" });
    } catch (error) {
      setBusy(false);
      setTrouble(error instanceof ApiError ? ([...Object.values(error.fields).flat()][0] ?? error.message) : words.noAnswer());
    }
  }
  /** @param {KeyboardEvent} event */
  const key = (event) => void (event.key === "Enter" && (event.ctrlKey || event.metaKey) && save());
  return html`<${Dialog} onClose=${close} labelledBy="snooze-title" onKeyDown=${key}>
    <header><div><h2 id="snooze-title">${say.snoozeTitle()}</h2></div>
      <button class="icon-button" type="button" aria-label=${words.closeDialog()} title=${words.closeDialog()} onClick=${close}><${Icon} name="lucide-x" /></button></header>
    <div class="dialog-body form-body"><${TimeField} value=${until} write=${setUntil} label=${say.until()} hint=${say.snoozeHint()} /></div>
    <footer><p class="reason" role="status">${(trouble || lacks) && html`<${Icon} name="lucide-circle-alert" size="sm" />${trouble || lacks}`}</p>
      <button class="button" data-variant="quiet" type="button" onClick=${close}>${words.cancel()}</button>
      <button class="button" data-variant="primary" type="button" aria-disabled=${lacks || isBusy ? "true" : undefined} title=${lacks || undefined} onClick=${save}>${say.snooze()}</button></footer>
  <//>`;
}
