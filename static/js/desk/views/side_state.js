// Whether the side panel is open: beside the thread on a wide screen (remembered), over it on the others.

import { signal } from "@preact/signals";

const KEPT = "ventanilla.side";
const WIDE = "(width >= 1280px)";

export const isSideOpen = signal(read() !== "closed");

/** @param {import("desk/desk.js").Desk} desk */
export function toggleSide(desk) {
  if (matchMedia(WIDE).matches) {
    isSideOpen.value = !isSideOpen.value;
    keep(isSideOpen.value ? "open" : "closed");
  } else {
    desk.view.value = desk.view.value === "side" ? "thread" : "side";
  }
}

function read() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

/** @param {string} value */
function keep(value) {
  try {
    localStorage.setItem(KEPT, value);
  } catch {
    // A browser that keeps nothing: open every time.
  }
}
