// The list above the text box from which a word is finished. The caret stays in the box: arrows move in the list, Enter and Tab take,
// Esc closes it.

import { useEffect, useId, useRef, useState } from "preact/hooks";
import { html } from "desk/views/html.js";

/**
 * @template T
 * @param {object} props
 * @param {import("desk/writer.js").Writer} props.writer
 * @param {readonly T[]} props.items
 * @param {string} props.label
 * @param {(item: T) => void} props.onChoose
 * @param {() => void} props.close
 * @param {(item: T) => unknown} props.draw
 * @param {(item: T) => string} props.keyOf
 * @param {unknown} [props.foot]
 */
export function CompletionList({ writer, items, label, onChoose, close, draw, keyOf, foot }) {
  const id = useId();
  const [at, setAt] = useState(0);
  const list = useRef(/** @type {HTMLUListElement | null} */ (null));
  const here = Math.min(at, items.length - 1);
  const latest = useRef({ items, here, onChoose, close });
  latest.current = { items, here, onChoose, close };

  useEffect(() => {
    /** @param {KeyboardEvent} event */
    const listen = (event) => {
      const now = latest.current;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") now.close();
      else if (now.items.length === 0 || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return false;
      else if (step) setAt((now.here + step + now.items.length) % now.items.length);
      else if (event.key === "Enter" || event.key === "Tab") now.onChoose(/** @type {T} */ (now.items[now.here]));
      else return false;
      return true;
    };
    writer.keys.current = listen;
    return () => {
      if (writer.keys.current === listen) writer.keys.current = null;
    };
  }, [writer.keys]);

  // The box has the focus: it says which of the list is the chosen one.
  useEffect(() => {
    const box = document.getElementById("desk-composer");
    if (!box) return;
    box.setAttribute("aria-controls", id);
    box.setAttribute("aria-autocomplete", "list");
    if (items.length > 0) box.setAttribute("aria-activedescendant", `${id}-${here}`);
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
    return () => ["aria-controls", "aria-autocomplete", "aria-activedescendant"].forEach((name) => box.removeAttribute(name));
  }, [here, items.length]);

  return html`<div class="completion" onPointerDown=${(/** @type {Event} */ event) => event.preventDefault()}>
    <ul role="listbox" aria-label=${label} id=${id} ref=${list}>
      ${items.map((item, index) => html`<li key=${keyOf(item)} role="option" id=${`${id}-${index}`} aria-selected=${index === here ? "true" : "false"} onPointerMove=${() => index !== at && setAt(index)} onClick=${() => onChoose(item)}>${draw(item)}</li>`)}
    </ul>
    ${foot}
  </div>`;
}
