// Composing a message with up to three buttons or a list of up to ten rows (P1-22): WhatsApp's limits are counted as one types.

import { useId, useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Button, Icon } from "desk/views/bits.js";
import { Dialog } from "desk/views/dialog.js";
import { blank, choicesOf, contentOf, longestTitle, mostOf, newForm, offerOf, problemsOf } from "desk/interactive.js";
import { interactiveWords as say } from "desk/words/interactive.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/writer.js").Writer} Writer */
/** @typedef {import("desk/interactive.js").Form} Form */

/** @param {{writer: Writer}} props */
export function InteractiveTool({ writer }) {
  const { desk, limits } = useParts();
  const why = writer.mode === "note" ? say.notInNotes() : limits.channels[writer.row.channel]?.interactive ? "" : say.notHere();
  const open = () => (desk.dialog.value = { kind: "sheet", View: InteractiveDialog, props: { writer } });
  return html`<${Button} class="icon-button" label=${say.tool()} why=${why} aria-haspopup="dialog" onClick=${open}><${Icon} name="lucide-list-checks" /><//>`;
}

/** @param {{writer: Writer, close: () => void}} props */
function InteractiveDialog({ writer, close }) {
  const { limits, ready, drafts } = useParts();
  const kept = `interactive.${writer.thread.id}`;
  const [form, setForm] = useState(/** @type {Form} */ (ready.forms.get(kept) ?? newForm(writer.text().trim())));
  // Nobody is told what is missing in a box they have not been in.
  const [left, setLeft] = useState(/** @type {ReadonlySet<string>} */ (new Set()));
  const table = limits.channels[writer.row.channel]?.interactive;
  if (!table) return null;
  const problems = problemsOf(form, table);
  const [first] = problems.values();
  const choices = choicesOf(form);
  const most = mostOf(form, table);
  const isList = form.type === "list";

  /** @param {Partial<Form>} change */
  function write(change) {
    const next = { ...form, ...change };
    ready.forms.set(kept, next);
    setForm(next);
  }
  /** @param {import("desk/interactive.js").Choice[]} next */
  const choose = (next) => write(isList ? { rows: next } : { buttons: next });
  /** @param {number} index @param {Partial<import("desk/interactive.js").Choice>} change */
  const change = (index, change) => choose(choices.map((each, at) => (at === index ? { ...each, ...change } : each)));

  function send() {
    if (first) return setLeft(new Set(problems.keys()));
    writer.send({ kind: "interactive", body: { interactive: contentOf(form) }, text: form.body.trim(), details: offerOf(form) });
    // The words came from the box and went with it.
    if (writer.text().trim() === form.body.trim()) drafts.clear(writer.thread.id, "reply");
    ready.forms.delete(kept);
    close();
  }
  /** @param {KeyboardEvent} event */
  const key = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
  };
  /** @param {string} place @param {string} label @param {string} value @param {number} limit @param {(value: string) => void} set @param {Record<string, unknown>} [more] */
  const field = (place, label, value, limit, set, more = {}) => html`<${Counted} label=${label} value=${value} most=${limit} problem=${left.has(place) || value.length > limit || (problems.get(place) === say.twice()) ? problems.get(place) ?? "" : ""}
    write=${set} leave=${() => setLeft(new Set([...left, place]))} ...${more} />`;

  return html`<${Dialog} onClose=${close} labelledBy="interactive-title" width="wide" onKeyDown=${key}>
    <header><div><h2 id="interactive-title">${say.title()}</h2><p>${say.hint()}</p></div>
      <button class="icon-button" type="button" aria-label=${words.closeDialog()} title=${words.closeDialog()} onClick=${close}><${Icon} name="lucide-x" /></button></header>
    <div class="dialog-body interactive-body">
      <div class="interactive-form">
        <div class="segmented" role="group" aria-label=${say.type()}>
          <button type="button" aria-pressed=${isList ? "false" : "true"} onClick=${() => write({ type: "buttons" })}>${say.buttons()}</button>
          <button type="button" aria-pressed=${isList ? "true" : "false"} onClick=${() => write({ type: "list" })}>${say.list()}</button></div>
        ${field("header", say.header(), form.header, table.header, (header) => write({ header }), { isOptional: true })}
        ${field("body", say.body(), form.body, isList ? table.list_body : table.body, (body) => write({ body }), { isLong: true, isFirst: true })}
        ${field("footer", say.footer(), form.footer, table.footer, (footer) => write({ footer }), { isOptional: true })}
        ${isList && field("button", say.opener(), form.button, table.button_title, (button) => write({ button }), { placeholder: say.openerExample() })}
        ${isList && field("section", say.section(), form.section, table.section_title, (section) => write({ section }), { isOptional: true })}
        <ol class="choices-form">${choices.map((choice, index) => html`<li key=${index}>
          ${field(`choice.${index}.title`, isList ? say.row(index + 1) : say.button(index + 1), choice.title, longestTitle(form, table), (title) => change(index, { title }))}
          ${choices.length > 1 && html`<button class="icon-button" data-size="sm" type="button" aria-label=${say.remove(isList ? say.row(index + 1) : say.button(index + 1))} title=${say.remove(isList ? say.row(index + 1) : say.button(index + 1))} onClick=${() => choose(choices.filter((_, at) => at !== index))}><${Icon} name="lucide-trash-2" size="sm" /></button>`}
          ${isList && field(`choice.${index}.description`, say.description(index + 1), choice.description, table.row_description, (description) => change(index, { description }), { isQuiet: true, placeholder: say.descriptionHere() })}
        </li>`)}</ol>
        <${Button} class="button" data-size="sm" why=${choices.length < most ? "" : isList ? say.noMoreRows(most) : say.noMoreButtons(most)} onClick=${() => choose([...choices, blank()])}>
          <${Icon} name="lucide-plus" size="sm" />${isList ? say.addRow() : say.addButton()} · ${say.count(choices.length, most)}<//>
      </div>
      <section class="template-preview" aria-label=${say.preview()}><h3>${say.preview()}</h3><${Preview} form=${form} /></section>
    </div>
    <footer>
      <p class="reason" role="status">${first ? html`<${Icon} name="lucide-circle-alert" size="sm" />${first}` : say.ready()}</p>
      <button class="button" data-variant="quiet" type="button" onClick=${close}>${say.cancel()}</button>
      <button class="button" data-variant="primary" type="button" aria-disabled=${first ? "true" : undefined} title=${first} onClick=${send}>${say.send()}<kbd data-wide-only aria-hidden="true">Ctrl ↵</kbd></button>
    </footer>
  <//>`;
}

/**
 * A box that counts what is in it.
 * @param {object} props
 * @param {string} props.label @param {string} props.value @param {number} props.most @param {string} props.problem
 * @param {(value: string) => void} props.write @param {() => void} props.leave
 * @param {boolean} [props.isOptional] @param {boolean} [props.isLong] @param {boolean} [props.isFirst] @param {boolean} [props.isQuiet] @param {string} [props.placeholder]
 */
function Counted({ label, value, most, problem, write, leave, isOptional = false, isLong = false, isFirst = false, isQuiet = false, placeholder }) {
  const id = useId();
  const own = { id, dir: "auto", value, placeholder, "aria-invalid": problem ? "true" : undefined, "aria-describedby": `${id}-count`, onInput: (/** @type {any} */ event) => write(event.currentTarget.value), onBlur: leave, ...(isFirst ? { "data-first": true } : {}) };
  const isOver = value.trim().length > most;
  return html`<div class="field counted">
    <label for=${id} class=${isQuiet ? "visually-hidden" : ""}>${label}${isOptional && html` <span class="optional">${say.optional()}</span>`}</label>
    ${isLong ? html`<textarea class="input" rows="3" ...${own}></textarea>` : html`<input class="input" data-size="sm" type="text" autocomplete="off" ...${own} />`}
    <span class="count" id=${`${id}-count`} data-over=${isOver ? "" : undefined}>${problem && html`<span class="error"><${Icon} name="lucide-circle-alert" size="sm" />${problem}</span>`}<span>${say.count(value.trim().length, most)}</span></span></div>`;
}

/** @param {{form: Form}} props */
function Preview({ form }) {
  const isList = form.type === "list";
  const shown = choicesOf(form).filter((each) => each.title.trim());
  return html`<div class="wa-preview"><div class="wa-bubble">
      ${form.header.trim() && html`<b class="wa-header" dir="auto">${form.header}</b>`}<p dir="auto">${form.body || "…"}</p>${form.footer.trim() && html`<small dir="auto">${form.footer}</small>`}</div>
    ${isList
      ? html`<span class="wa-button"><${Icon} name="lucide-list-checks" size="sm" />${form.button || say.openerExample()}</span>
        <div class="wa-list">${form.section.trim() && html`<b>${form.section}</b>`}${shown.map((each, index) => html`<span key=${index}>${each.title}${each.description.trim() && html`<small>${each.description}</small>`}</span>`)}</div>`
      : shown.map((each, index) => html`<span class="wa-button" key=${index}><${Icon} name="lucide-reply" size="sm" />${each.title}</span>`)}
  </div>`;
}
