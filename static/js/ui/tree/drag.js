// Dragging a row by its handle: before another, after it, or into it. The menu and Alt with an arrow do the same.

import { all, holds, neighbour } from "ui/tree/rows.js";

/**
 * @param {HTMLElement} root the tree's place; its rows come and go
 * @param {(row: HTMLElement, to: {parent: string, before: string}) => void} move
 */
export function startDragging(root, move) {
  /** @type {HTMLElement | null} */
  let row = null;
  /** @type {{over: HTMLElement, where: "before" | "after" | "into"} | null} */
  let target = null;

  root.addEventListener("pointerdown", (event) => {
    const grip = /** @type {Element} */ (event.target).closest(".grip");
    if (!(grip instanceof HTMLElement) || event.button !== 0) return;
    event.preventDefault();
    row = grip.closest("[role=treeitem]");
    row?.setAttribute("data-moved", "");
    grip.setPointerCapture(event.pointerId);
  });
  root.addEventListener("pointermove", (event) => {
    if (!row) return;
    const over = /** @type {HTMLElement | null | undefined} */ (
      document.elementFromPoint(event.clientX, event.clientY)?.closest("[role=treeitem]")
    );
    mark(null);
    if (!over || !root.contains(over) || holds(root, row, over)) return;
    const box = over.getBoundingClientRect();
    const at = (event.clientY - box.top) / box.height;
    const mayHold = !over.hasAttribute("data-system") && !over.hasAttribute("data-archived");
    mark({ over, where: mayHold && at > 0.3 && at < 0.7 ? "into" : at < 0.5 ? "before" : "after" });
  });
  root.addEventListener("pointerup", () => {
    const [moved, to] = [row, target];
    stop();
    if (!moved || !to) return;
    const { over, where } = to;
    if (where === "into") return move(moved, { parent: over.dataset.id ?? "", before: "" });
    let next = where === "before" ? over : neighbour(root, over, 1);
    if (next === moved) next = neighbour(root, moved, 1);
    move(moved, { parent: over.dataset.parent ?? "", before: next?.dataset.id ?? "" });
  });
  root.addEventListener("pointercancel", stop);
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && row) stop();
  });

  /** @param {typeof target} next */
  function mark(next) {
    for (const each of all(root)) each.removeAttribute("data-drop");
    next?.over.setAttribute("data-drop", next.where);
    target = next;
  }
  function stop() {
    mark(null);
    row?.removeAttribute("data-moved");
    row = null;
  }
}
