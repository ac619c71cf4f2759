// Words for later: what stands in the box goes out at a time; what waits already can be called off here.

import { useEffect, useId, useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Button, Icon } from "desk/views/bits.js";
import { Dialog } from "desk/views/dialog.js";
import { lacksOfTime, TimeField } from "desk/views/time_field.js";
import { ApiError } from "desk/api.js";
import { schedulingWords as say } from "desk/words/scheduling.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/writer.js").Writer} Writer */
/** @typedef {{id: string, text: string, due_at: string, state: "pending" | "failed", failure: string, author: {id: number, name: string}, is_mine: boolean}} Scheduled */

/** @param {{writer: Writer, close: () => void}} props */
export function Scheduling({ writer, close }) {
  const { api, clock, desk, formatter } = useParts();
  const id = useId();
  const conversation = writer.thread.id;
  const [waiting, setWaiting] = useState(/** @type {Scheduled[] | null} */ (null));
  const [refusal, setRefusal] = useState("");
  const [text, setText] = useState(writer.text());
  const [at, setAt] = useState("");
  const [trouble, setTrouble] = useState("");
  const [clientId] = useState(() => crypto.randomUUID());
  const [isBusy, setBusy] = useState(false);

  async function read() {
    try {
      const answer = await api.get(`conversations/${conversation}/scheduled/`);
      setWaiting(answer.results);
      setRefusal(answer.schedule.allowed ? "" : answer.schedule.reason);
    } catch (error) {
      setTrouble(error instanceof ApiError ? error.message : words.noAnswer());
    }
  }
  useEffect(() => void read(), []);
  const lacks = waiting === null ? words.loading() : refusal || (text.trim() === "" ? say.writeFirst() : lacksOfTime(at, clock.quarterMinute.value) && say.sayWhen());

  async function save() {
    if (lacks || isBusy) return;
    setBusy(true);
    try {
      const due_at = new Date(at).toISOString();
      await api.post(`conversations/${conversation}/scheduled/`, { client_id: clientId, text, due_at });
      // What was in the box is what goes out: it is not sent a second time.
      if (writer.text() === text) writer.replace(0, text.length, "");
      close();
      desk.say({ text: say.done(formatter.moment(due_at, clock.now())), tone: "success" });
    } catch (error) {
      setBusy(false);
      setTrouble(told(error));
    }
  }

  /** @param {Scheduled} one */
  async function callOff(one) {
    try {
      await api.delete(`conversations/${conversation}/scheduled/${one.id}/`);
    } catch (error) {
      desk.say({ text: told(error), tone: "danger" });
    }
    await read();
  }
  /** @param {KeyboardEvent} event */
  const key = (event) => void (event.key === "Enter" && (event.ctrlKey || event.metaKey) && save());

  const shown = trouble || lacks;
  return html`<${Dialog} onClose=${close} labelledBy=${`${id}-title`} onKeyDown=${key}>
    <header><div><h2 id=${`${id}-title`}>${say.title()}</h2><p>${say.hint()}</p></div>
      <button class="icon-button" type="button" aria-label=${words.closeDialog()} title=${words.closeDialog()} onClick=${close}><${Icon} name="lucide-x" /></button></header>
    <div class="dialog-body sheet-body">
      <div class="field"><label for=${`${id}-text`}>${words.message()}</label><textarea class="input" id=${`${id}-text`} rows="3" dir="auto" data-first value=${text} onInput=${(/** @type {any} */ event) => { setTrouble(""); setText(event.currentTarget.value); }}></textarea></div>
      <${TimeField} value=${at} write=${(/** @type {string} */ value) => { setTrouble(""); setAt(value); }} label=${say.when()} hint=${say.whenHint()} />
      ${waiting && waiting.length > 0 && html`<section class="section"><h3>${say.waiting()}</h3><ul class="callbacks scheduled">${waiting.map((one) => html`<li key=${one.id}><${Icon} name=${one.state === "failed" ? "lucide-circle-alert" : "lucide-clock"} />
        <div class="grow"><b dir="auto">${one.text}</b><small>${one.state === "failed" ? say.notSent() : ""} ${one.author.name}</small></div><time dateTime=${one.due_at} data-tone=${one.state === "failed" ? "danger" : undefined}>${formatter.moment(one.due_at, clock.quarterMinute.value)}</time>
        <${Button} class="icon-button" data-size="sm" label=${say.callOff()} onClick=${() => void callOff(one)}><${Icon} name="lucide-x" size="sm" /><//></li>`)}</ul></section>`}
    </div>
    <footer><p class="reason" role="status">${shown && html`<${Icon} name="lucide-circle-alert" size="sm" />${shown}`}</p>
      <button class="button" data-variant="quiet" type="button" onClick=${close}>${words.cancel()}</button>
      <button class="button" data-variant="primary" type="button" aria-disabled=${lacks || isBusy ? "true" : undefined} title=${lacks || undefined} onClick=${save}>${say.schedule()}<kbd data-wide-only aria-hidden="true">Ctrl ↵</kbd></button></footer>
  <//>`;
}

/** @param {unknown} error */
function told(error) {
  return error instanceof ApiError ? ([...Object.values(error.fields).flat()][0] ?? error.message) : words.noAnswer();
}
