// The side panel: who the person is and where this conversation stands. Plain facts, as the API gives them.

import { signal } from "@preact/signals";
import { html, useParts } from "desk/views/html.js";
import { Button, Icon } from "desk/views/bits.js";
import { toggleSide } from "desk/views/side_state.js";
import { Labels, Notes } from "desk/views/belongings.js";
import { Points } from "desk/views/contact_points.js";
import { History } from "desk/views/history.js";
import { KnownFacts, useKnown, Who } from "desk/views/known_contact.js";
import { openAssociating, openSearch } from "desk/views/sheets.js";
import { SharedFiles } from "desk/views/shared_files.js";
import { formatRoute } from "desk/route.js";
import { associatingWords } from "desk/words/associating.js";
import { words } from "desk/words.js";
import { said } from "desk/words/thread.js";

/** @typedef {import("desk/types.js").Detail} Detail */

const TABS = /** @type {const} */ (["contact", "history", "files"]);
/** Which of them is open stays while one goes from conversation to conversation. */
const tab = signal(/** @type {typeof TABS[number]} */ ("contact"));

export function Side() {
  const { desk } = useParts();
  const row = desk.row.value;
  const detail = desk.current.value?.detail.value;
  if (!row || !desk.current.value || desk.current.value.status.value === "missing") return html`<aside class="side" aria-label=${words.contactCard()}></aside>`;
  return html`<aside class="side" aria-label=${words.contactCard()}>
    <${Card} key=${row.contact_id} row=${row} detail=${detail?.contact_id === row.contact_id ? detail : undefined} />
  </aside>`;
}

/** @param {{row: import("desk/types.js").Row, detail: Detail | undefined}} props */
function Card({ row, detail }) {
  const { desk } = useParts();
  // Of a contact that was joined with another, the one that stands for both.
  const contact = detail?.contact.id ?? row.contact_id;
  const known = useKnown(row, contact);
  const close = html`<button class="icon-button side-close" id="desk-side-close" type="button" aria-label=${words.closePanel()} title=${words.closePanel()} onClick=${() => toggleSide(desk)}><${Icon} name="lucide-x" /></button>`;
  return html`<${Who} row=${row} known=${known} contactId=${contact} close=${close} />
    <${Actions} row=${row} />
    <div class="tabs side-tabs" role="tablist" aria-label=${said.tabs()} onKeyDown=${moveTab}>${TABS.map((each) => html`<button key=${each} type="button" role="tab" id=${`side-tab-${each}`} aria-controls="side-panel" aria-selected=${each === tab.value ? "true" : "false"} tabIndex=${each === tab.value ? 0 : -1} onClick=${() => (tab.value = each)}>${said[each]()}</button>`)}</div>
    <div class="side-body" id="side-panel" tabIndex=${0} role="tabpanel" aria-labelledby=${`side-tab-${tab.value}`}>
      ${tab.value === "contact" && detail && html`${detail.contact.name_warning && html`<div class="banner name-warning-words" data-tone="warning"><${Icon} name="lucide-triangle-alert" /><div>${detail.contact.name_warning}</div></div>`}<${Points} detail=${detail} known=${known} /><${KnownFacts} known=${known} /><${Labels} row=${row} /><${RecordOf} detail=${detail} /><${ConversationFacts} detail=${detail} /><${Notes} contact=${row.contact_id} conversation=${row.id} />`}
      ${tab.value === "history" && html`<${History} key=${row.id} conversation=${row.id} />`}
      ${tab.value === "files" && html`<${SharedFiles} key=${row.id} conversation=${row.id} />`}
    </div>`;
}

/** @param {KeyboardEvent} event */
function moveTab(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  tab.value = TABS[(TABS.indexOf(tab.value) + step + TABS.length) % TABS.length] ?? "contact";
  requestAnimationFrame(() => document.getElementById(`side-tab-${tab.value}`)?.focus());
  event.preventDefault();
}

/** @param {{row: import("desk/types.js").Row}} props */
function Actions({ row }) {
  const { desk, talk } = useParts();
  /** @param {string} text @param {string} done */
  async function copy(text, done) {
    await navigator.clipboard.writeText(text);
    desk.say({ text: done, tone: "success" });
  }
  const find = () => {
    if (desk.view.value === "side") desk.view.value = "thread";
    talk.startFinding(row.id);
  };
  const link = () => copy(new URL(formatRoute({ ...desk.route.value, message: null }), location.href).href, said.linkCopied());
  return html`<div class="side-actions">
    <${Button} class="" why=${row.number ? "" : said.noNumber()} onClick=${() => void copy(row.number, words.copied())}><${Icon} name="lucide-copy" />${said.copyNumber()}<//>
    <button type="button" onClick=${find}><${Icon} name="lucide-search" />${said.findShort()}</button>
    <button type="button" onClick=${() => openSearch(desk)}><${Icon} name="lucide-globe" />${said.everything()}</button>
    <button type="button" onClick=${() => void link()}><${Icon} name="lucide-link-2" />${said.linkShort()}</button>
  </div>`;
}

/** The base in which this conversation's result lands (000-12). @param {{detail: Detail}} props */
function RecordOf({ detail }) {
  const { desk } = useParts();
  const { record } = detail;
  const may = detail.actions["associate"];
  const why = may?.allowed ? "" : (may?.reason ?? words.loading());
  return html`<section class="section"><header><h3>${associatingWords.record()}</h3></header>
    ${record ? html`<dl class="facts"><dt>${associatingWords.base()}</dt><dd><bdi>${record.base?.name ?? associatingWords.otherTeams()}</bdi></dd><dt>${said.state()}</dt><dd>${record.state_name}</dd></dl>` : html`<p class="muted small">${associatingWords.noRecord()}</p>`}
    ${detail.tray !== "attended" && html`<div class="record-actions"><${Button} data-size="sm" why=${why} onClick=${() => openAssociating(desk, detail.id)}><${Icon} name="lucide-database" size="sm" />${record ? associatingWords.change() : associatingWords.short()}<//></div>`}</section>`;
}

/** @param {{detail: Detail}} props */
function ConversationFacts({ detail }) {
  const { formatter, clock } = useParts();
  const now = clock.quarterMinute.value;
  /** @type {[string, unknown][]} */
  const facts = [
    [words.tray_(), words.tray(detail.tray)],
    [words.inCharge(), detail.assignee_name || words.unassigned()],
    [words.assigned(), detail.assigned_at && formatter.moment(detail.assigned_at, now)],
    [words.client(), detail.client],
    [words.project(), detail.project],
    [words.campaign(), detail.campaign],
    [words.service(), detail.account_name],
    [words.lastActivity(), formatter.moment(detail.last_activity_at, now)],
    [words.closedOn(), detail.closed_at && formatter.moment(detail.closed_at, now)],
    [words.outcome(), detail.typification_name],
  ];
  return html`<section class="section"><header><h3>${words.conversation()}</h3></header>
    <dl class="facts">${facts.filter(([, value]) => value).map(([name, value]) => html`<dt key=${name}>${name}</dt><dd><bdi>${value}</bdi></dd>`)}</dl></section>`;
}
