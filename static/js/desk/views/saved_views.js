// Saved views: chips beside the quick filters, a dialog that names one, and where they are renamed, put in order and deleted.

import { useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Icon } from "desk/views/bits.js";
import { Dialog } from "desk/views/dialog.js";
import { ApiError } from "desk/api.js";
import { changeTo, filtersOf, isFiltered, isView, NO_FILTERS } from "desk/route.js";
import { listWords } from "desk/words/list.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/saved_views.js").SavedView} SavedView */

/** @param {{openNaming: () => void}} props */
export function ViewChips({ openNaming }) {
  const { desk, savedViews } = useParts();
  const route = desk.route.value;
  const views = savedViews.views.value;
  const canSave = isFiltered(route) && !views.some((view) => isView(route, view.filters));
  const why = canSave ? "" : listWords.saveViewFirst();
  return html`${views.map((view) => {
      const isOn = isView(route, view.filters);
      return html`<button key=${view.id} class="filter-chip" type="button" aria-pressed=${isOn ? "true" : "false"} onClick=${() => desk.go(isOn ? { ...NO_FILTERS, order: "-last_activity" } : changeTo(view.filters))}><bdi>${view.name}</bdi></button>`;
    })}
    <button class="filter-chip" data-dashed type="button" aria-label=${why ? `${listWords.saveView()}. ${why}` : listWords.saveView()} title=${why || listWords.saveView()} aria-disabled=${why ? "true" : undefined} onClick=${() => !why && openNaming()}><${Icon} name="lucide-plus" size="sm" /></button>`;
}

/** @param {{close: () => void}} props */
export function NamingView({ close }) {
  const { desk, savedViews } = useParts();
  const [name, setName] = useState("");
  const [trouble, setTrouble] = useState("");
  const [isBusy, setBusy] = useState(false);

  /** @param {Event} event */
  async function save(event) {
    event.preventDefault();
    if (isBusy || !name.trim()) return;
    setBusy(true);
    try {
      await savedViews.save(name, filtersOf(desk.route.value));
      close();
      desk.say({ text: listWords.saved(), tone: "success" });
    } catch (error) {
      setBusy(false);
      setTrouble(firstWords(error));
    }
  }
  return html`<${Dialog} onClose=${close} labelledBy="view-title">
    <header><div><h2 id="view-title">${listWords.saveView()}</h2></div>
      <button class="icon-button" type="button" aria-label=${listWords.closeDialog()} title=${listWords.closeDialog()} onClick=${close}><${Icon} name="lucide-x" /></button></header>
    <form class="dialog-form" onSubmit=${save}>
      <div class="dialog-body form-body"><div class="field"><label for="view-name">${listWords.viewName()}</label>
        <input class="input" id="view-name" data-first maxlength="40" autocomplete="off" dir="auto" value=${name} aria-invalid=${trouble ? "true" : undefined} aria-describedby="view-hint" onInput=${(/** @type {any} */ event) => { setName(event.currentTarget.value); setTrouble(""); }} />
        ${trouble ? html`<span class="error" id="view-hint" role="alert"><${Icon} name="lucide-circle-alert" size="sm" />${trouble}</span>` : html`<span class="hint" id="view-hint">${listWords.viewNameHint()}</span>`}</div></div>
      <footer><span class="grow"></span><button class="button" data-variant="quiet" type="button" onClick=${close}>${listWords.cancel()}</button>
        <button class="button" data-variant="primary" type="submit" aria-disabled=${name.trim() ? undefined : "true"} title=${name.trim() ? undefined : listWords.viewName()}>${listWords.save()}</button></footer>
    </form><//>`;
}

/** In the filters' panel: only when there is something to manage. */
export function ManageViews() {
  const { savedViews } = useParts();
  const views = savedViews.views.value;
  if (views.length === 0) return null;
  return html`<fieldset class="filter-group"><legend>${listWords.views()}</legend><ul class="managed-views">
    ${views.map((view, index) => html`<${Managed} key=${view.id} view=${view} isFirst=${index === 0} isLast=${index === views.length - 1} />`)}</ul></fieldset>`;
}

/** @param {{view: SavedView, isFirst: boolean, isLast: boolean}} props */
function Managed({ view, isFirst, isLast }) {
  const { desk, savedViews } = useParts();
  const [name, setName] = useState(/** @type {string | null} */ (null));

  async function rename() {
    if (name === null) return;
    try {
      if (name.trim() && name.trim() !== view.name) await savedViews.change(view.id, { name });
      setName(null);
    } catch (error) {
      desk.say({ text: firstWords(error), tone: "danger" });
    }
  }
  async function remove() {
    try {
      await savedViews.remove(view.id);
      desk.say({ text: listWords.viewDeleted(view.name), tone: "", action: { label: listWords.undo(), run: () => { desk.say(null); void savedViews.save(view.name, view.filters).catch((error) => desk.say({ text: firstWords(error), tone: "danger" })); } } });
    } catch (error) {
      desk.say({ text: firstWords(error), tone: "danger" });
    }
  }
  /** @param {string} icon @param {string} label @param {() => void} act @param {boolean} [off] */
  const tool = (icon, label, act, off = false) => html`<button class="icon-button" data-size="sm" type="button" aria-label=${label} title=${label} aria-disabled=${off ? "true" : undefined} onClick=${() => !off && act()}><${Icon} name=${icon} size="sm" /></button>`;
  if (name !== null) {
    return html`<li><input class="input grow" data-size="sm" maxlength="40" aria-label=${listWords.renameOf(view.name)} value=${name} ref=${(/** @type {HTMLInputElement | null} */ field) => field && document.activeElement !== field && field.focus()}
        onInput=${(/** @type {any} */ event) => setName(event.currentTarget.value)} onBlur=${rename}
        onKeyDown=${(/** @type {KeyboardEvent} */ event) => { if (event.key === "Enter") void rename(); if (event.key === "Escape") { event.stopPropagation(); setName(null); } }} /></li>`;
  }
  return html`<li><bdi class="truncate grow">${view.name}</bdi>
    ${tool("lucide-arrow-up", listWords.upOf(view.name), () => void savedViews.shift(view.id, -1), isFirst)}
    ${tool("lucide-arrow-down", listWords.downOf(view.name), () => void savedViews.shift(view.id, 1), isLast)}
    ${tool("lucide-square-pen", listWords.renameOf(view.name), () => setName(view.name))}
    ${tool("lucide-trash-2", listWords.deleteOf(view.name), () => void remove())}</li>`;
}

/** The most particular words of a refusal. @param {unknown} error */
function firstWords(error) {
  if (!(error instanceof ApiError)) return words.noAnswer();
  const [first] = Object.values(error.fields ?? {});
  return first?.[0] ?? error.message;
}
