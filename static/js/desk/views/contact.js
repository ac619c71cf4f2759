// The side panel: who the person is and where this conversation stands. Plain facts, as the API gives them.

import { signal } from "@preact/signals";
import { html, useParts } from "desk/views/html.js";
import { Button, Channel, ContactAvatar, Icon, VipStar } from "desk/views/bits.js";
import { toggleSide } from "desk/views/side_state.js";
import { Labels, Notes } from "desk/views/belongings.js";
import { History } from "desk/views/history.js";
import { openSearch } from "desk/views/sheets.js";
import { SharedFiles } from "desk/views/shared_files.js";
import { formatRoute } from "desk/route.js";
import { windowGauge } from "desk/formatting.js";
import { words } from "desk/words.js";
import { said } from "desk/words/thread.js";

/** @typedef {import("desk/types.js").Detail} Detail */
/** @typedef {import("desk/types.js").ContactPoint} ContactPoint */

const TABS = /** @type {const} */ (["contact", "history", "files"]);
/** Which of them is open stays while one goes from conversation to conversation. */
const tab = signal(/** @type {typeof TABS[number]} */ ("contact"));

export function Side() {
  const { desk } = useParts();
  const row = desk.row.value;
  const detail = desk.current.value?.detail.value;
  if (!row || !desk.current.value || desk.current.value.status.value === "missing") return html`<aside class="side" aria-label=${words.contactCard()}></aside>`;
  return html`<aside class="side" aria-label=${words.contactCard()}>
    <div class="side-who">
      <${ContactAvatar} row=${row} size="lg" withChannel=${false} />
      <div><h2><bdi class="truncate">${row.name}</bdi>${row.is_vip && html`<${VipStar} />`}</h2><p>${row.number && row.number !== row.name ? row.number : row.account_name}</p></div>
      <button class="icon-button side-close" id="desk-side-close" type="button" aria-label=${words.closePanel()} title=${words.closePanel()} onClick=${() => toggleSide(desk)}><${Icon} name="lucide-x" /></button>
    </div>
    <${Actions} row=${row} />
    <div class="tabs side-tabs" role="tablist" aria-label=${said.tabs()} onKeyDown=${moveTab}>${TABS.map((each) => html`<button key=${each} type="button" role="tab" id=${`side-tab-${each}`} aria-controls="side-panel" aria-selected=${each === tab.value ? "true" : "false"} tabIndex=${each === tab.value ? 0 : -1} onClick=${() => (tab.value = each)}>${said[each]()}</button>`)}</div>
    <div class="side-body" id="side-panel" tabIndex=${0} role="tabpanel" aria-labelledby=${`side-tab-${tab.value}`}>
      ${tab.value === "contact" && detail && html`<${Points} detail=${detail} /><${Labels} key=${`labels ${row.contact_id}`} row=${row} /><${ConversationFacts} detail=${detail} /><${Notes} key=${`notes ${row.contact_id}`} contact=${row.contact_id} />`}
      ${tab.value === "history" && html`<${History} key=${row.id} conversation=${row.id} />`}
      ${tab.value === "files" && html`<${SharedFiles} key=${row.id} conversation=${row.id} />`}
    </div>
  </aside>`;
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

/** @param {{detail: Detail}} props */
function Points({ detail }) {
  return html`<section class="section"><header><h3>${words.points()}</h3></header>
    ${detail.contact.points.length === 0
      ? html`<p class="muted small">${words.noPoints()}</p>`
      : html`<ul class="points">${detail.contact.points.map((point) => html`<${Point} key=${point.id} point=${point} detail=${detail} />`)}</ul>`}
  </section>`;
}

/** @param {{point: ContactPoint, detail: Detail}} props */
function Point({ point, detail }) {
  const { desk, clock } = useParts();
  const gauge = windowGauge(detail.window_expires_at, clock.quarterMinute.value);
  const isOpen = point.kind === detail.channel && point.value === detail.number && gauge?.open;
  const facts = [point.is_business_id && words.businessId(), point.is_primary && words.primaryPoint(), isOpen && words.windowOpenPoint()].filter(Boolean).join(" · ");
  async function copy() {
    await navigator.clipboard.writeText(point.value);
    desk.say({ text: words.copied(), tone: "success" });
  }
  return html`<li><${Channel} channel=${point.kind} name=${point.kind} size="md" /><div class="truncate" title=${point.value}><bdi class=${point.is_business_id ? "muted small" : ""}>${point.value}</bdi>${facts && html`<br /><small>${facts}</small>`}</div>
    <button class="icon-button" data-size="sm" type="button" aria-label=${words.copyValue(point.value)} title=${words.copy()} onClick=${copy}><${Icon} name="lucide-copy" size="sm" /></button></li>`;
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
