// The outcomes a closing may have: two columns out of a tree that may be deeper, and what is still missing to close. Pure.

import { associatingWords } from "desk/words/associating.js";
import { words } from "desk/words.js";

/** @typedef {import("desk/types.js").Typification} Typification */
/** @typedef {import("desk/types.js").ClosureOffer} ClosureOffer */
/** @typedef {{typification: Typification, path: string[]}} Outcome  `path`: the names from the top down to it */
/** @typedef {"normal" | "quick"} CloseMode */

/** Everything selectable under a node, the node itself first. @param {Typification} node @param {CloseMode} mode @param {string[]} [above] @returns {Outcome[]} */
export function outcomesOf(node, mode, above = []) {
  const path = [...above, node.name];
  const own = node.selectable && (mode === "normal" || node.quick_close) ? [{ typification: node, path }] : [];
  return [...own, ...node.children.flatMap((child) => outcomesOf(child, mode, path))];
}

/** The first column: what leads to at least one outcome. @param {readonly Typification[]} tree @param {CloseMode} mode */
export function topLevel(tree, mode) {
  return tree.filter((node) => outcomesOf(node, mode).length > 0);
}

/** Is a second choice needed? @param {Typification} node @param {CloseMode} mode */
export function hasChoice(node, mode) {
  return outcomesOf(node, mode).some((outcome) => outcome.typification.id !== node.id);
}

/** @param {readonly Typification[]} tree @param {CloseMode} mode @param {string} search @returns {Outcome[]} */
export function searchOutcomes(tree, mode, search) {
  const wanted = plain(search);
  return tree.flatMap((node) => outcomesOf(node, mode)).filter((outcome) => plain(outcome.path.join(" ")).includes(wanted));
}

/** @param {readonly Typification[]} tree @param {number | null} id @returns {{top: number, outcome: number} | null} */
export function placeOfOutcome(tree, id) {
  for (const top of tree) if (outcomesOf(top, "normal").some((outcome) => outcome.typification.id === id)) return { top: top.id, outcome: id ?? 0 };
  return null;
}

/**
 * @param {{offer: ClosureOffer, mode: CloseMode, top: Typification | undefined, chosen: Typification | undefined, note: string, time?: string}} state  `time`: what is missing of when to contact them again
 * @returns {string}  what is missing; "" when it can be closed
 */
export function missing({ offer, mode, top, chosen, note, time = "" }) {
  const permission = mode === "quick" ? offer.quick_close : offer.close;
  if (!permission.allowed) return permission.reason;
  if (topLevel(offer.typifications, mode).length === 0) return mode === "quick" ? words.noneQuick() : words.noneOffered();
  if (!top) return words.chooseTypification();
  if (!chosen) return words.chooseSubtypification();
  if (needsBase(offer, chosen)) return associatingWords.needsBase();
  if (chosen.requires_note && note.trim() === "") return words.writeClosingNote();
  return asksWhen(chosen) ? time : "";
}

/** An outcome for who is in a base, and the conversation is about no record (000-17). @param {ClosureOffer} offer @param {Typification} chosen */
export function needsBase(offer, chosen) {
  return Boolean(chosen.requires_base) && !offer.record;
}

/** @param {Typification | undefined} chosen */
export function asksWhen(chosen) {
  return chosen?.asks_callback !== undefined && chosen.asks_callback !== "no";
}

/** Without accents and capitals. @param {string} text */
export function plain(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();
}
