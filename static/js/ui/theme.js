// A button that turns day into night and back. Coming back to what the system uses means "as the system" again, so nobody
// is left with a fixed theme they never meant to choose.

import { savePreferences } from "ui/preferences.js";

/** @param {HTMLElement} button */
export function start(button) {
  remember(document.documentElement.dataset.theme ?? "system");
  button.addEventListener("click", toggle);
}

function toggle() {
  const root = document.documentElement;
  const systemIsDark = matchMedia("(prefers-color-scheme: dark)").matches;
  const chosen = root.dataset.theme;
  const isDark = chosen === "dark" || (chosen !== "light" && systemIsDark);
  const theme = isDark === systemIsDark ? (isDark ? "light" : "dark") : "system";
  root.dataset.theme = theme;
  remember(theme);
  savePreferences({ theme });
}

// Also for someone signed in: the login page they will meet tomorrow has no other way to know.
/** @param {string} theme */
function remember(theme) {
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // Storage may be forbidden by the browser.
  }
}
