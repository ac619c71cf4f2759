// The sheet of keys, drawn from the table, and where a person chooses their own.

import { useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Icon } from "desk/views/bits.js";
import { Dialog } from "desk/views/dialog.js";
import { ACTIONS, caps, comboOf, FIXED, keysOf, obstacle } from "desk/keys.js";
import { areSingleKeysOn, doesEnterSend, setEnterSends, setSingleKeys } from "desk/shortcuts.js";
import { keyWords } from "desk/words/keys.js";
import { listWords } from "desk/words/list.js";

/** @typedef {import("desk/keys.js").Action} Action */

const GROUPS = /** @type {const} */ (["go", "talk", "desk"]);
const WITHOUT_ENTER = { send: "Ctrl+Enter", line: "Enter" };

/** @param {{close: () => void}} props */
export function Help({ close }) {
  const { people, desk } = useParts();
  const own = people.me.value.keys ?? {};
  const [changing, setChanging] = useState("");
  const [trouble, setTrouble] = useState("");

  /** @param {Record<string, string>} keys */
  async function keep(keys) {
    setChanging("");
    setTrouble("");
    await desk.attempt(() => people.changeKeys(keys));
  }
  /** While a key is being chosen every press is that choice, none of them the dialog's. @param {KeyboardEvent} event */
  function choose(event) {
    if (!changing || event.key === "Tab") return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape") return leave();
    if (event.key === "Backspace" || event.key === "Delete") return void keep({ ...own, [changing]: "" });
    const combo = comboOf(event);
    if (!combo) return;
    const taken = obstacle(changing, combo, own);
    if (taken) setTrouble(taken === "reserved" ? keyWords.reserved() : keyWords.usedBy(keyWords.action(taken)));
    else void keep({ ...own, [changing]: combo });
  }
  function leave() {
    setChanging("");
    setTrouble("");
  }
  /** @param {Action} action */
  const row = (action) => {
    const keys = keysOf(action, doesEnterSend.value ? own : { ...own, ...WITHOUT_ENTER }).filter((combo) => areSingleKeysOn.value || combo.length > 1);
    return html`<li key=${action.name} data-changing=${changing === action.name || undefined}>
      <span class="grow">${keyWords.action(action.name)}${changing === action.name && html`<small role="status" data-tone=${trouble ? "danger" : undefined}>${trouble || keyWords.press()}</small>`}</span>
      <span class="key-caps">${keys.length === 0 ? html`<span class="muted small">${keyWords.none()}</span>` : keys.map((combo) => html`<span class="combo">${caps(combo).map((cap) => html`<kbd>${cap}</kbd>`)}</span>`)}</span>
      ${action.group !== "fixed" && html`<button class="button" data-variant="link" data-size="sm" type="button" aria-label=${keyWords.changeOf(keyWords.action(action.name))} aria-pressed=${changing === action.name ? "true" : "false"}
        onClick=${() => (changing === action.name ? leave() : (setTrouble(""), setChanging(action.name)))} onBlur=${() => changing === action.name && leave()}>${keyWords.change()}</button>`}</li>`;
  };
  return html`<${Dialog} labelledBy="help-title" onClose=${() => (changing ? leave() : close())} width="wide">
    <header><div><h2 id="help-title">${keyWords.title()}</h2></div>
      <button class="icon-button" type="button" aria-label=${listWords.closeDialog()} title=${listWords.closeDialog()} onClick=${close}><${Icon} name="lucide-x" /></button></header>
    <div class="dialog-body key-sheet" onKeyDownCapture=${choose} tabIndex=${0} role="group" aria-labelledby="help-title" data-first>
      ${GROUPS.map((group) => html`<section key=${group}><h3>${keyWords.group(group)}</h3><ul>${ACTIONS.filter((action) => action.group === group).map(row)}</ul></section>`)}
      <section><h3>${keyWords.group("fixed")}</h3><ul>${FIXED.map(row)}</ul></section>
      <div class="switch-row"><label for="enter-sends">${keyWords.enterSends()}</label><span class="hint">${keyWords.enterSendsHint()}</span>
        <input class="switch" type="checkbox" role="switch" id="enter-sends" checked=${doesEnterSend.value} onChange=${(/** @type {any} */ event) => setEnterSends(event.currentTarget.checked)} /></div>
      <div class="switch-row"><label for="single-keys">${keyWords.singleKeys()}</label><span class="hint">${keyWords.singleKeysHint()}</span>
        <input class="switch" type="checkbox" role="switch" id="single-keys" checked=${areSingleKeysOn.value} onChange=${(/** @type {any} */ event) => setSingleKeys(event.currentTarget.checked)} /></div>
    </div>
    ${Object.keys(own).length > 0 && html`<footer><span class="grow"></span><button class="button" data-variant="quiet" type="button" onClick=${() => void keep({})}><${Icon} name="lucide-undo-2" size="sm" />${keyWords.reset()}</button></footer>`}
  <//>`;
}
