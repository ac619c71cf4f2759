// The one place a page outside the desk writes to the server. A preference that could not be kept still holds in this tab.

import { csrfToken } from "lib/dom.js";

/** @param {{ theme?: string, language?: string }} preferences */
export async function savePreferences(preferences) {
  if (!document.documentElement.hasAttribute("data-signed-in")) return;
  try {
    await fetch("/api/v1/me/preferences/", {
      method: "PUT",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
      body: JSON.stringify(preferences),
      keepalive: true, // a change of language leaves the page at once
    });
  } catch {
    // Offline: the choice was a matter of taste, not worth an error.
  }
}
