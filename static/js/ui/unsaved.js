// <form data-behaviour="unsaved">: says what is not saved yet, asks before it would be lost, and sends it once.
// Words come from the template: data-changed-one, data-changed-many ("{n} …"), data-wrong-one, data-wrong-many.

/** @param {HTMLFormElement} form */
export function start(form) {
  const first = snapshot(form);
  // What the server refused was never saved: it counts as changed although the page has just come.
  const wasRefused = form.hasAttribute("data-refused");
  const place = /** @type {HTMLElement | null} */ (form.querySelector("[data-unsaved]"));
  let isSending = false;

  function changed() {
    return differences(first, snapshot(form));
  }
  function show() {
    if (!place) return;
    const count = Math.max(changed(), wasRefused ? 1 : 0);
    const wrong = form.querySelectorAll("[aria-invalid='true']").length;
    place.hidden = count === 0;
    const words = [counted(form, "changed", count), wrong ? counted(form, "wrong", wrong) : ""].filter(Boolean);
    const text = place.querySelector("span");
    if (text) text.textContent = words.join(" · ");
  }

  form.addEventListener("input", show);
  form.addEventListener("change", show);
  form.addEventListener("submit", (event) => {
    // A second click is the same wish: the page is on its way already.
    if (isSending) return event.preventDefault();
    isSending = true;
  });
  // Back from the browser's memory: it may be sent again.
  addEventListener("pageshow", () => (isSending = false));
  form.querySelector("[data-discard]")?.addEventListener("click", () => (isSending = true));
  addEventListener("beforeunload", (event) => {
    if (!isSending && (wasRefused || changed() > 0)) event.preventDefault();
  });
  show();

  /** @type {HTMLElement | null} */ (form.querySelector(".error-summary"))?.focus();
  form.querySelector(".error-summary")?.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest("a[href^='#']");
    if (!link) return;
    event.preventDefault();
    focusField(document.getElementById(link.getAttribute("href")?.slice(1) ?? ""));
  });
}

/**
 * The field itself, or what stands for it (a picker hides its select).
 * @param {HTMLElement | null} element
 */
function focusField(element) {
  if (!element) return;
  const shown = element.matches("input, select, textarea") ? element : /** @type {HTMLElement | null} */ (element.querySelector("input, select, textarea"));
  const standIn = shown?.hidden ? /** @type {HTMLElement | null} */ (shown.parentElement?.querySelector("[role='combobox'], .chips-input input, [data-stand-in]")) : null;
  (standIn ?? shown ?? element).focus();
}

/**
 * @param {HTMLFormElement} form
 * @param {"changed" | "wrong"} what
 * @param {number} count
 */
function counted(form, what, count) {
  const words = form.dataset[count === 1 ? `${what}One` : `${what}Many`] ?? "";
  return words.replace("{n}", String(count));
}

/**
 * Every field's value, in order; passwords and files count by being there.
 * @param {HTMLFormElement} form
 * @returns {Map<string, string>}
 */
export function snapshot(form) {
  const values = new Map();
  for (const [name, value] of new FormData(form)) {
    if (name === "csrfmiddlewaretoken" || name === "version") continue;
    const text = typeof value === "string" ? value : `${value.name}:${value.size}`;
    values.set(name, values.has(name) ? `${values.get(name)}\n${text}` : text);
  }
  return values;
}

/**
 * How many names differ.
 * @param {Map<string, string>} before
 * @param {Map<string, string>} after
 */
export function differences(before, after) {
  let count = 0;
  for (const name of new Set([...before.keys(), ...after.keys()])) if (before.get(name) !== after.get(name)) count++;
  return count;
}
