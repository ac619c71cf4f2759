// A theme chosen by name; the rail's button goes between two.

import { savePreferences } from "ui/preferences.js";

/** @param {"light" | "dark" | "system"} theme */
export function chooseTheme(theme) {
  document.documentElement.dataset["theme"] = theme;
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // Storage may be forbidden by the browser.
  }
  void savePreferences({ theme });
}
