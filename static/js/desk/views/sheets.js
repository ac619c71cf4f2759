// The dialogs of this part, opened by name: from a button, a key, or the palette.

import { Help } from "desk/views/help.js";
import { Palette } from "desk/views/palette.js";
import { Pausing } from "desk/views/pausing.js";
import { NamingView } from "desk/views/saved_views.js";

/** @typedef {import("desk/desk.js").Desk} Desk */

/** @param {Desk} desk */
export function openHelp(desk) {
  desk.dialog.value = { kind: "sheet", View: Help, props: {} };
}

/** @param {Desk} desk */
export function openPalette(desk) {
  desk.dialog.value = { kind: "sheet", View: Palette, props: {} };
}

/** @param {Desk} desk */
export function openPausing(desk) {
  desk.dialog.value = { kind: "sheet", View: Pausing, props: {} };
}

/** @param {Desk} desk */
export function openNaming(desk) {
  desk.dialog.value = { kind: "sheet", View: NamingView, props: {} };
}
