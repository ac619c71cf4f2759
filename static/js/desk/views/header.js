// Who this is, what can be done, and how long the window stays open.

import { html, useParts } from "desk/views/html.js";
import { Button, ContactAvatar, Icon, Ring, VipStar } from "desk/views/bits.js";
import { takeAndWrite } from "desk/views/composer.js";
import { Viewers } from "desk/views/company.js";
import { Menu } from "desk/views/menu.js";
import { countdown, windowGauge } from "desk/formatting.js";
import { toggleSide } from "desk/views/side_state.js";
import { openAssociating, openTransferring } from "desk/views/sheets.js";
import { TrayMenu } from "desk/views/tray_menu.js";
import { associatingWords } from "desk/words/associating.js";
import { transferWords } from "desk/words/transferring.js";
import { words } from "desk/words.js";
import { said } from "desk/words/thread.js";

/** @typedef {import("desk/types.js").Row} Row */
/** @typedef {import("desk/types.js").Permission} Permission */

const UNKNOWN = { allowed: false, code: "", reason: "" };

/** @param {{row: Row}} props */
export function Header({ row }) {
  const { desk } = useParts();
  const detail = desk.current.value?.detail.value;
  const path = detail ? [detail.client, detail.project, detail.campaign].filter(Boolean) : [row.campaign_name].filter(Boolean);
  return html`<header class="thread-head">
    <div class="thread-who">
      <button class="icon-button" data-narrow-only type="button" aria-label=${words.back()} title=${words.back()} onClick=${() => desk.go({ conversation: null })}><${Icon} name="lucide-arrow-left" /></button>
      <${ContactAvatar} row=${row} />
      <div class="who">
        <h2 class="who-name"><bdi class="truncate">${row.name}</bdi>${row.is_vip && html`<${VipStar} />`}${detail?.contact.name_warning && html`<span class="name-warning" title=${detail.contact.name_warning}><${Icon} name="lucide-triangle-alert" size="sm" label=${detail.contact.name_warning} /></span>`}</h2>
        <div class="who-line"><span>${row.number && row.number !== row.name && html`${row.number}<span data-wide-only> · </span>`}<span data-wide-only=${row.number !== row.name || undefined}>${row.account_name}</span></span></div>
      </div>
      <${Actions} row=${row} />
    </div>
    <div class="thread-context">
      <span class="path" title=${path.join(" › ")}>${path.map((name, index) => html`${index > 0 && " › "}${index === path.length - 1 ? html`<b>${name}</b>` : name}`)}</span>
      <${Assigned} row=${row} /><${Viewers} conversation=${row.id} />
      <${Exclusive} row=${row} />
      <${TrayMenu} row=${row} />
      <${WindowCountdown} row=${row} />
    </div>
  </header>`;
}

/** @param {{row: Row}} props */
function Assigned({ row }) {
  const { formatter, people, clock } = useParts();
  if (!row.assignee_id || !row.assigned_at) return null;
  const now = clock.quarterMinute.value;
  const when = words.assignedSince(formatter.moment(row.assigned_at, now));
  const isMine = row.assignee_id === people.me.value.id;
  return html`<span data-wide-only aria-hidden="true">·</span><time class="assigned" dateTime=${row.assigned_at} title=${`${formatter.dayLabel(row.assigned_at, now)}, ${formatter.time(row.assigned_at)}`}>${!isMine && html`${words.ownedBy("")}<bdi>${row.assignee_name}</bdi> · `}${when}</time>`;
}

/** @param {{row: Row}} props */
function WindowCountdown({ row }) {
  const { desk, clock, formatter } = useParts();
  const composer = desk.current.value?.detail.value?.composer;
  const expiresAt = composer ? composer.window_expires_at : row.window_expires_at;
  const gauge = row.tray === "attended" ? null : windowGauge(expiresAt, clock.second.value, composer?.window_hours || 24);
  if (!gauge || !expiresAt) return html`<span class="window"></span>`;
  if (!gauge.open) return html`<span class="window" data-tone="danger"><${Icon} name="lucide-lock" size="sm" />${words.windowShut()}</span>`;
  return html`<span class="window" data-tone=${gauge.tone || undefined} title=${words.windowUntil(formatter.moment(expiresAt, clock.now()))}>
    <${Ring} percent=${gauge.percent} /><span data-roomy-only>${words.windowLabel()} </span>${countdown(gauge.left)}</span>`;
}

/** @param {{row: Row}} props */
function Actions({ row }) {
  const { desk, talk } = useParts();
  const detail = desk.current.value?.detail.value;
  /** @param {string} name @returns {Permission} */
  const may = (name) => detail?.actions[name] ?? UNKNOWN;
  const why = (/** @type {string} */ name) => (may(name).allowed ? "" : may(name).reason || words.loading());
  const canTake = may("take").allowed;
  const finish = () => (desk.dialog.value = { kind: "closing", conversation: row.id });
  return html`<div class="actions">
    ${canTake && html`<${Button} data-variant=${row.assignee_id ? undefined : "primary"} onClick=${() => takeAndWrite(desk, row.id)}><${Icon} name="lucide-hand" size="sm" />${row.assignee_id ? said.stepIn() : words.take()}<//>`}
    ${may("release").allowed && html`<span data-ample-only><${Button} onClick=${() => desk.giveBack(row.id)}><${Icon} name="lucide-undo-2" size="sm" />${words.giveBack()}<//></span>`}
    <span data-ample-only=${canTake || undefined}><${Button} id="desk-finish" data-variant=${canTake ? undefined : "primary"} why=${detail ? why("close") : ""} onClick=${finish}><${Icon} name="lucide-check" size="sm" />${words.finishShort()}<//></span>
    ${detail?.tray !== "attended" && html`<span data-ample-only><${Button} class="icon-button" label=${transferWords.transfer()} why=${detail ? why("transfer") : words.loading()} onClick=${() => openTransferring(desk, row.id)}><${Icon} name="lucide-arrow-left-right" /><//></span>`}
    ${detail?.tray !== "attended" && html`<span data-ample-only><${Button} class="icon-button" label=${associatingWords.associate()} why=${detail ? why("associate") : words.loading()} onClick=${() => openAssociating(desk, row.id)}><${Icon} name="lucide-database" /><//></span>`}
    <button class="icon-button" data-ample-only type="button" title=${`${said.find()} (Ctrl+F)`} aria-label=${said.find()} aria-keyshortcuts="Control+F" onClick=${() => talk.startFinding(row.id)}><${Icon} name="lucide-search" /></button>
    <button class="icon-button" data-wide-only type="button" title=${words.toggleSide()} aria-label=${words.toggleSide()} onClick=${() => toggleSide(desk)}><${Icon} name="lucide-panel-right" /></button>
    <span data-tight-only><${More} row=${row} canTake=${canTake} why=${why} finish=${finish} /></span>
  </div>`;
}

/** Whose the contact is in this campaign: one press makes them mine, or everybody's again (004-29). @param {{row: Row}} props */
function Exclusive({ row }) {
  const { desk } = useParts();
  const detail = desk.current.value?.detail.value;
  const may = detail?.actions["exclusive"] ?? UNKNOWN;
  const why = may.allowed ? "" : may.reason || words.loading();
  return html`<span data-wide-only><${Button} class="icon-button exclusive-toggle" data-size="sm" label=${exclusiveLabel(detail)} why=${why} aria-pressed=${detail?.exclusive ? "true" : "false"} onClick=${() => void desk.toggleExclusive(row.id)}><${Icon} name=${detail?.exclusive ? "lucide-user-round-check" : "lucide-user-round-plus"} size="sm" /><//></span>`;
}

/** @param {import("desk/types.js").Detail | null | undefined} detail */
function exclusiveLabel(detail) {
  return detail?.exclusive ? transferWords.clearExclusive(detail.exclusive.name) : transferWords.makeExclusive();
}

/** @param {{row: Row, canTake: boolean, why: (name: string) => string, finish: () => void}} props */
function More({ row, canTake, why, finish }) {
  const { desk, talk } = useParts();
  const detail = desk.current.value?.detail.value;
  /** @param {string} icon @param {string} name @param {string} reason @param {() => void} act @param {() => void} close */
  const item = (icon, name, reason, act, close) => html`<button role="menuitem" type="button" aria-disabled=${reason ? "true" : undefined}
      onClick=${() => { if (!reason) act(); else desk.say({ text: reason, tone: "" }); close(); }}>
      <${Icon} name=${icon} size="sm" /><span>${name}${reason && html`<small>${reason}</small>`}</span></button>`;
  return html`<${Menu} label=${words.moreActions()} button=${(/** @type {object} */ bind) =>
    html`<button class="icon-button" type="button" aria-label=${words.moreActions()} title=${words.moreActions()} ...${bind}><${Icon} name="lucide-ellipsis" /></button>`}>
    ${(/** @type {() => void} */ close) => html`
      ${item("lucide-id-card", words.contactCard(), "", () => toggleSide(desk), close)}
      ${item("lucide-search", said.find(), "", () => talk.startFinding(row.id), close)}
      ${item("lucide-arrow-left-right", transferWords.transfer(), why("transfer"), () => openTransferring(desk, row.id), close)}
      ${item("lucide-user-round-check", exclusiveLabel(detail), why("exclusive"), () => void desk.toggleExclusive(row.id), close)}
      ${item("lucide-database", associatingWords.short(), why("associate"), () => openAssociating(desk, row.id), close)}
      ${item("lucide-undo-2", words.giveBack(), why("release"), () => desk.giveBack(row.id), close)}
      ${canTake && item("lucide-check", words.finishShort(), why("close"), finish, close)}`}
  <//>`;
}
