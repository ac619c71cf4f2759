// The page without a connection: it looks for the server by itself, and goes back to where one was when it answers.
// A classic script with nothing to import: it must run from what the service worker kept.
{
  const EVERY_MS = 4_000;
  const state = /** @type {HTMLElement} */ (document.getElementById("offline-state"));
  const waiting = /** @type {HTMLElement} */ (document.getElementById("offline-waiting"));

  const look = async () => {
    state.textContent = state.dataset["trying"] ?? "";
    try {
      // Any answer will do: the server is there.
      await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(EVERY_MS) });
      location.reload();
    } catch {
      state.textContent = state.dataset["waiting"] ?? "";
    }
  };

  /** How many messages this browser keeps that were never sent (desk/outbox.js). */
  const count = () => {
    let found = 0;
    try {
      for (let index = 0; index < localStorage.length; index += 1) {
        const name = localStorage.key(index) ?? "";
        if (name.startsWith("ventanilla.outgoing.")) found += JSON.parse(localStorage.getItem(name) ?? "[]").length;
      }
    } catch {
      // Storage forbidden, or not ours: say nothing.
    }
    return found;
  };

  const many = count();
  waiting.hidden = many === 0;
  waiting.textContent = many === 1 ? (waiting.dataset["one"] ?? "") : (waiting.dataset["many"] ?? "").replace("{n}", String(many));
  document.getElementById("offline-retry")?.addEventListener("click", () => void look());
  addEventListener("online", () => void look());
  setInterval(() => void look(), EVERY_MS);
}
