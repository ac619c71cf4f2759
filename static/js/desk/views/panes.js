// The panes' widths: dragged, or moved with the arrows; a double click or Enter hides and shows. Remembered by the browser.

import { useEffect, useRef } from "preact/hooks";
import { signal } from "@preact/signals";
import { html, useParts } from "desk/views/html.js";
import { isSideOpen, toggleSide } from "desk/views/side_state.js";
import { setProperty } from "lib/dom.js";
import { listWords } from "desk/words/list.js";

/** @typedef {"list" | "side"} Pane */

const KEPT = "ventanilla.panes";
const STEP = 16;
export const LIMITS = { list: { least: 300, most: 440, usual: 340 }, side: { least: 300, most: 420, usual: 336 } };

const widths = signal(/** @type {{list: number, side: number, isListHidden: boolean}} */ (read()));
export const isListHidden = () => widths.value.isListHidden;

/** @param {Partial<typeof widths.value>} change */
function keep(change) {
  widths.value = { ...widths.value, ...change };
  try {
    localStorage.setItem(KEPT, JSON.stringify(widths.value));
  } catch {
    // A browser that keeps nothing: the usual widths every time.
  }
}

export function toggleList() {
  keep({ isListHidden: !widths.value.isListHidden });
}

/** @param {Pane} pane @param {number} width */
export function within(pane, width) {
  const { least, most } = LIMITS[pane];
  return Math.round(Math.min(most, Math.max(least, width)));
}

/** The widths on the desk itself, for its grid. @param {{root: HTMLElement}} props */
export function Widths({ root }) {
  const { list, side, isListHidden: hidden } = widths.value;
  useEffect(() => {
    setProperty(root, "--list-width", `${list / 16}rem`);
    setProperty(root, "--side-width", `${side / 16}rem`);
    root.dataset["list"] = hidden ? "closed" : "open";
  }, [list, side, hidden]);
  return null;
}

/** @param {{pane: Pane}} props */
export function Separator({ pane }) {
  const { desk } = useParts();
  const element = useRef(/** @type {HTMLDivElement | null} */ (null));
  const isHidden = pane === "list" ? widths.value.isListHidden : !isSideOpen.value;
  const { least, most, usual } = LIMITS[pane];
  const width = widths.value[pane];
  if (pane === "side" && isHidden) return null;
  const label = pane === "list" ? listWords.listWidth() : listWords.sideWidth();
  const toggle = () => (pane === "list" ? toggleList() : toggleSide(desk));
  const isRightToLeft = () => getComputedStyle(document.documentElement).direction === "rtl";

  /** @param {PointerEvent & {currentTarget: HTMLElement}} event */
  function grab(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    const handle = event.currentTarget;
    const from = event.clientX;
    const before = isHidden ? 0 : width;
    const sign = (pane === "list" ? 1 : -1) * (isRightToLeft() ? -1 : 1);
    handle.setPointerCapture(event.pointerId);
    /** @param {PointerEvent} move */
    const drag = (move) => {
      const wanted = before + sign * (move.clientX - from);
      if (Math.abs(move.clientX - from) < 3) return;
      // Far below the least: it is pushed out of sight, as a drawer.
      if (pane === "list") keep({ isListHidden: wanted < least / 2, list: within("list", wanted < least / 2 ? width : wanted) });
      else keep({ side: within("side", wanted) });
    };
    const drop = () => {
      handle.removeEventListener("pointermove", drag);
      handle.removeEventListener("pointerup", drop);
      handle.removeEventListener("pointercancel", drop);
    };
    handle.addEventListener("pointermove", drag);
    handle.addEventListener("pointerup", drop);
    handle.addEventListener("pointercancel", drop);
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    const wider = (pane === "list") !== isRightToLeft() ? "ArrowRight" : "ArrowLeft";
    const step = event.key === wider ? STEP : /^Arrow(Left|Right)$/u.test(event.key) ? -STEP : 0;
    if (step) keep({ [pane]: within(pane, width + step), ...(pane === "list" ? { isListHidden: false } : {}) });
    else if (event.key === "Home") keep({ [pane]: least });
    else if (event.key === "End") keep({ [pane]: most });
    else if (event.key === "Enter") toggle();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  const title = pane === "list" ? (isHidden ? listWords.showList() : label) : label;
  return html`<div class="pane-separator" data-pane=${pane} role="separator" tabIndex=${0} aria-orientation="vertical" aria-label=${title} title=${title} aria-controls=${pane === "list" ? "desk-list" : undefined}
    aria-valuemin=${pane === "list" ? 0 : least} aria-valuemax=${most} aria-valuenow=${isHidden ? 0 : width} ref=${element} onPointerDown=${grab} onKeyDown=${key}
    onClick=${() => isHidden && toggle()} onDblClick=${() => !isHidden && keep({ [pane]: usual })}></div>`;
}

function read() {
  const usual = { list: LIMITS.list.usual, side: LIMITS.side.usual, isListHidden: false };
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
    return {
      list: Number.isFinite(kept.list) ? within("list", kept.list) : usual.list,
      side: Number.isFinite(kept.side) ? within("side", kept.side) : usual.side,
      isListHidden: kept.isListHidden === true,
    };
  } catch {
    return usual;
  }
}
