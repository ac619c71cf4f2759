// Variables without a value: marked in the box, named above it, and asked about before anything is sent (P0-16).

import { html, useParts } from "desk/views/html.js";
import { Icon } from "desk/views/bits.js";
import { markedPieces, missingIn } from "desk/slash.js";
import { readyWords } from "desk/words/ready.js";

/** @param {string} text @param {import("desk/limits.js").Limits} limits @returns {string[]} */
export function missingNames(text, limits) {
  return [...new Set(missingIn(text, limits.variables ?? []).map(({ name }) => name))];
}

/** Behind the box, letter under letter: a text area cannot mark anything itself. @param {{text: string}} props */
export function Mirror({ text }) {
  const { limits } = useParts();
  const pieces = markedPieces(text, limits.variables ?? []);
  if (!pieces.some((piece) => piece.isMissing)) return null;
  return html`<div class="composer-mirror" aria-hidden="true">${pieces.map((piece) => (piece.isMissing ? html`<mark>${piece.text}</mark>` : piece.text))}${"\u200b"}</div>`;
}

/** @param {{writer: import("desk/writer.js").Writer, text: string, isAsked: boolean, sendAnyway: () => void}} props  `isAsked`: somebody tried to send it */
export function MissingBanner({ writer, text, isAsked, sendAnyway }) {
  const { limits } = useParts();
  const found = missingIn(text, limits.variables ?? []);
  const [first] = found;
  if (!first) return null;
  function go() {
    const area = /** @type {HTMLTextAreaElement | null} */ (document.getElementById("desk-composer"));
    writer.focus();
    if (first) area?.setSelectionRange(first.from, first.to);
  }
  return html`<div class="banner missing-values" data-tone="warning" role=${isAsked ? "alert" : "status"}><${Icon} name="lucide-triangle-alert" />
    <div>${readyWords.missing([...new Set(found.map(({ name }) => name))])}</div>
    <button class="button" data-size="sm" type="button" onClick=${go}>${readyWords.write(first.name)}</button>
    ${isAsked && html`<button class="button" data-size="sm" data-variant="quiet" type="button" onClick=${sendAnyway}>${readyWords.sendAnyway()}</button>`}
  </div>`;
}
