// Choosing and filling a template (P0-15), and what remains of the composer when the window is closed (P0-14).

import { useEffect, useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Button, Empty, Icon, Skeleton } from "desk/views/bits.js";
import { Dialog } from "desk/views/dialog.js";
import { TemplateForm } from "desk/views/template_form.js";
import { lacksOf, noValues, searchTemplates, trimmed, whyNot, wordsOf } from "desk/templates.js";
import { ApiError } from "desk/api.js";
import { templateWords } from "desk/words/templates.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/templates.js").Template} Template */
/** @typedef {import("desk/templates.js").Values} Values */
/** @typedef {{name: string, kind: string, file: File | null, resource: number | null, picture: string}} HeaderFile */
/** @typedef {{search: string, language: string, chosen: number | null, values: Record<number, Values>, files: Record<number, HeaderFile>}} Filled  what was typed, per template */

/** @returns {Filled} */
export const nothingFilled = () => ({ search: "", language: "", chosen: null, values: {}, files: {} });

/** @param {{writer: import("desk/writer.js").Writer}} props */
export function TemplateTool({ writer }) {
  const { desk } = useParts();
  const permit = /** @type {any} */ (writer.thread.detail.value?.composer)?.template;
  const why = writer.mode === "note" ? templateWords.notInNotes() : permit && !permit.allowed ? permit.reason : "";
  return html`<${Button} class="icon-button" label=${templateWords.templates()} why=${why} aria-haspopup="dialog" onClick=${() => openTemplates(desk, writer.row)}><${Icon} name="lucide-layout-template" /><//>`;
}

/** The window is closed: this is what one can still send. @param {{thread: import("desk/thread.js").ThreadStore, block: {isWindow: boolean}}} props */
export function TemplateWayOut({ thread, block }) {
  const { desk } = useParts();
  const detail = thread.detail.value;
  if (!block.isWindow || !detail) return null;
  const permit = /** @type {any} */ (detail.composer).template;
  return html`<${Button} class="button" data-variant="primary" why=${permit && !permit.allowed ? permit.reason : ""} aria-haspopup="dialog" onClick=${() => openTemplates(desk, detail)}>
    <${Icon} name="lucide-layout-template" size="sm" />${templateWords.choose()}<//>`;
}

/** @param {import("desk/desk.js").Desk} desk @param {import("desk/types.js").Row} row */
function openTemplates(desk, row) {
  desk.dialog.value = { kind: "sheet", View: TemplateDialog, props: { row } };
}

/** @param {{row: import("desk/types.js").Row, close: () => void}} props */
function TemplateDialog({ row, close }) {
  const { desk, ready } = useParts();
  const kept = `templates.${row.id}`;
  const [filled, setFilled] = useState(/** @type {Filled} */ (ready.forms.get(kept) ?? nothingFilled()));
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");
  const { templates, failed, again } = useTemplates(row.account_id);
  const template = templates?.find((each) => each.id === filled.chosen) ?? null;
  const values = (template && filled.values[template.id]) || noValues();
  const file = (template && filled.files[template.id]) || null;
  const lacks = template ? lacksOf(template, values, file !== null) : templateWords.chooseFirst();

  /** @param {Partial<Filled>} change */
  function fill(change) {
    setTrouble("");
    setFilled((before) => {
      const next = { ...before, ...change };
      ready.forms.set(kept, next);
      return next;
    });
  }

  async function send() {
    if (lacks || busy || !template) return;
    setBusy(true);
    try {
      const attachment = file && (file.resource ? await ready.copy(row.id, file.resource) : file.file && (await ready.upload(row.id, file.file, file.kind, () => {})));
      const body = { text: "", template: { id: template.id, ...trimmed(values) }, ...(attachment ? { attachment: attachment.id } : {}) };
      desk.sendContent(row.id, { kind: "template", body, text: wordsOf(template, values) });
      ready.forms.delete(kept);
      close();
    } catch (error) {
      setBusy(false);
      setTrouble(error instanceof ApiError ? error.message : words.noAnswer());
    }
  }
  /** @param {KeyboardEvent} event */
  const key = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void send();
  };

  return html`<${Dialog} onClose=${close} labelledBy="templates-title" width="wide" onKeyDown=${key}>
    <header><div><h2 id="templates-title">${templateWords.title(row.name)}</h2><p>${row.account_name}</p></div>
      <button class="icon-button" type="button" aria-label=${words.closeDialog()} title=${words.closeDialog()} onClick=${close}><${Icon} name="lucide-x" /></button></header>
    <div class="dialog-body">
      <${Chooser} templates=${templates} failed=${failed} again=${again} filled=${filled} fill=${fill} place=${{ conversation: row.id }} channel=${row.channel} />
    </div>
    <footer>
      <p class="reason" role="status">${trouble || lacks ? html`<${Icon} name="lucide-circle-alert" size="sm" />${trouble || lacks}` : templateWords.ready()}</p>
      <button class="button" data-variant="quiet" type="button" onClick=${close}>${templateWords.cancel()}</button>
      <button class="button" data-variant="primary" type="button" aria-disabled=${lacks || busy ? "true" : undefined} title=${lacks || undefined} onClick=${send}>${busy ? templateWords.sending() : templateWords.send()}<kbd data-wide-only aria-hidden="true">Ctrl ↵</kbd></button>
    </footer>
  <//>`;
}

/** The templates of a channel, read when they are first asked for. @param {number | null} account */
export function useTemplates(account) {
  const { ready } = useParts();
  const [templates, setTemplates] = useState(/** @type {Template[] | null} */ (null));
  const [failed, setFailed] = useState("");
  async function read() {
    if (account === null) return;
    setFailed("");
    try {
      setTemplates(await ready.templatesOf(account));
    } catch (error) {
      setFailed(error instanceof ApiError ? error.message : words.noAnswer());
    }
  }
  useEffect(() => void read(), [account]);
  return { templates, failed, again: read };
}

/**
 * The list on one side, the chosen one's form and picture on the other; one after the other on a phone.
 * @param {object} props
 * @param {Template[] | null} props.templates
 * @param {string} props.failed
 * @param {() => void} props.again
 * @param {Filled} props.filled
 * @param {(change: Partial<Filled>) => void} props.fill
 * @param {import("desk/ready.js").Place | null} props.place
 * @param {string} props.channel
 */
export function Chooser({ templates, failed, again, filled, fill, place, channel }) {
  if (failed) return html`<div class="banner" data-tone="danger" role="alert"><${Icon} name="lucide-circle-alert" /><div>${failed}</div><button class="button" data-size="sm" type="button" onClick=${again}>${words.tryAgain()}</button></div>`;
  if (!templates) return html`<${Skeleton} rows=${4} />`;
  if (templates.length === 0) return html`<${Empty} icon="lucide-layout-template" title=${templateWords.none()} hint=${templateWords.noneHint()} />`;
  const chosen = templates.find((each) => each.id === filled.chosen) ?? null;
  return html`<div class="templates" data-chosen=${chosen ? "" : undefined}>
    <${List} templates=${templates} filled=${filled} fill=${fill} />
    ${chosen
      ? html`<${TemplateForm} key=${chosen.id} template=${chosen} values=${filled.values[chosen.id] ?? noValues()} file=${filled.files[chosen.id] ?? null} place=${place} channel=${channel}
          setValues=${(/** @type {Values} */ values) => fill({ values: { ...filled.values, [chosen.id]: values } })}
          setFile=${(/** @type {HeaderFile | null} */ file) => fill({ files: file ? { ...filled.files, [chosen.id]: file } : Object.fromEntries(Object.entries(filled.files).filter(([id]) => Number(id) !== chosen.id)) })}
          back=${() => fill({ chosen: null })} />`
      : html`<div class="picker-hint template-form"><${Icon} name="lucide-layout-template" size="lg" /><p>${templateWords.chooseFirst()}</p></div>`}
  </div>`;
}

/** @param {{templates: Template[], filled: Filled, fill: (change: Partial<Filled>) => void}} props */
function List({ templates, filled, fill }) {
  const languages = [...new Set(templates.map((each) => each.language))].sort();
  const found = searchTemplates(templates, filled);
  return html`<div class="template-list">
    <label class="search"><${Icon} name="lucide-search" size="sm" /><span class="visually-hidden">${templateWords.search()}</span>
      <input type="search" data-first value=${filled.search} placeholder=${templateWords.search()} maxlength="80" onInput=${(/** @type {any} */ event) => fill({ search: event.currentTarget.value })} /></label>
    ${languages.length > 1 && html`<select class="input" data-size="sm" aria-label=${templateWords.language()} value=${filled.language} onChange=${(/** @type {any} */ event) => fill({ language: event.currentTarget.value })}>
      <option value="">${templateWords.anyLanguage()}</option>${languages.map((code) => html`<option key=${code} value=${code}>${templateWords.languageName(code)}</option>`)}</select>`}
    <p class="visually-hidden" role="status">${templateWords.found(found.length)}</p>
    ${found.length === 0 && html`<${Empty} icon="lucide-search" title=${templateWords.noneFound()} hint=${templateWords.noneFoundHint()} />`}
    <ul>${found.map((each) => html`<li key=${each.id}><${Item} template=${each} on=${each.id === filled.chosen} choose=${() => fill({ chosen: each.id })} /></li>`)}</ul>
  </div>`;
}

/** @param {{template: Template, on: boolean, choose: () => void}} props */
function Item({ template, on, choose }) {
  const why = whyNot(template);
  return html`<button class="template-item" type="button" aria-pressed=${on ? "true" : "false"} data-refused=${why ? "" : undefined} onClick=${choose}>
    <span class="template-name"><b class="truncate">${template.name.replaceAll("_", " ")}</b><span class="badge" data-tone=${template.category === "MARKETING" ? "warning" : undefined}>${templateWords.category(template.category)}</span></span>
    <small class="truncate" dir="auto">${wordsOf(template, noValues())}</small>
    <small class="template-meta">${why ? html`<${Icon} name="lucide-lock" size="sm" />${why}` : templateWords.languageName(template.language)}</small>
  </button>`;
}
