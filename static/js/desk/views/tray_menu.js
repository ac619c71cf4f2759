// The tray a conversation stands in, and where it may be moved by hand. What may not says why (001-24).

import { html, useParts } from "desk/views/html.js";
import { Icon } from "desk/views/bits.js";
import { Menu } from "desk/views/menu.js";
import { openCorrecting, openSnoozing } from "desk/views/sheets.js";
import { correctingWords } from "desk/words/correcting.js";
import { listWords } from "desk/words/list.js";
import { transferWords } from "desk/words/transferring.js";
import { words } from "desk/words.js";

/** @param {{row: import("desk/types.js").Row}} props */
export function TrayMenu({ row }) {
  const { desk } = useParts();
  const detail = desk.current.value?.detail.value;
  if (!row.tray) return null;
  /** @param {string} name */
  const why = (name) => (detail?.actions[name]?.allowed ? "" : (detail?.actions[name]?.reason ?? words.loading()));
  const isClosed = row.tray === "attended";
  /** @type {[name: string, icon: string, label: string, reason: string, act: () => unknown][]} */
  const moves = [
    ["pending", "lucide-undo-2", listWords.toPending(), row.tray === "pending" && !row.assignee_id ? listWords.hereAlready() : why("release"), () => desk.giveBack(row.id)],
    ["in_progress", isClosed ? "lucide-rotate-cw" : "lucide-play", isClosed ? listWords.reopen() : listWords.toProgress(), why(isClosed ? "reopen" : "begin"), () => desk.move(row.id, "in_progress")],
    ...(isClosed ? [] : [/** @type {[string, string, string, string, () => unknown]} */ (row.status === "snoozed"
      ? ["wake", "lucide-play", transferWords.wake(), why("wake"), () => desk.wake(row.id)]
      : ["snooze", "lucide-clock", transferWords.snooze(), why("snooze"), () => openSnoozing(desk, row.id)])]),
    isClosed
      ? ["correct", "lucide-square-pen", correctingWords.correct(), why("retypify"), () => openCorrecting(desk, row.id)]
      : ["attended", "lucide-check", listWords.toAttended(), why("close"), () => (desk.dialog.value = { kind: "closing", conversation: row.id })],
  ];
  return html`<${Menu} label=${listWords.moveTo()} align="start" button=${(/** @type {object} */ bind) => html`<button class="tray-button" type="button" aria-label=${`${listWords.inTray(words.tray(row.tray))}. ${listWords.moveTo()}`} title=${listWords.moveTo()} ...${bind}>
      <${Icon} name="lucide-inbox" size="sm" />${words.tray(row.tray)}<${Icon} name="lucide-chevron-down" size="sm" /></button>`}>
    ${(/** @type {() => void} */ close) => moves.map(([name, icon, label, reason, act]) => html`<button key=${name} role="menuitem" type="button" aria-disabled=${reason ? "true" : undefined}
      onClick=${() => { close(); if (reason) desk.say({ text: reason, tone: "" }); else void act(); }}><${Icon} name=${icon} size="sm" /><span>${label}${reason && html`<small>${reason}</small>`}</span></button>`)}
  <//>`;
}
