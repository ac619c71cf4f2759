// A classic script, loaded before anything is painted, on pages without a user: the server does not know the choice yet.
// With a user the server writes data-theme itself, and this file is not there.
{
  /** @type {string | null} */
  let theme = null;
  try {
    theme = localStorage.getItem("theme");
  } catch {
    // Storage may be forbidden by the browser; the system's theme is a fine answer.
  }
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
}
