// Whether the list's rows have two lines (60 px) or three (80 px). Remembered in this browser.

import { signal } from "@preact/signals";

const KEPT = "ventanilla.density";

export const isCompact = signal(read() === "compact");

/** @param {boolean} on */
export function setCompact(on) {
  isCompact.value = on;
  try {
    localStorage.setItem(KEPT, on ? "compact" : "comfortable");
  } catch {
    // A browser that keeps nothing: three lines every time.
  }
}

function read() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}
