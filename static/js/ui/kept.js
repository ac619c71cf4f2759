// <form data-behaviour="kept" data-key="…">: what is typed into its fields stays in this tab until the server has taken it in
// (`ui:taken`), whatever is opened meanwhile: another contact, the sign-in page. Each field's words stand under the form's key and the
// field's name; the desk's card keeps a contact's note by the same one. The key names who types: somebody else may sign in to this tab.
// A fold that holds such words comes open.

const TYPED = new Set(["text", "textarea", "select-one"]);

/** @param {HTMLFormElement} form */
export function start(form) {
  const { key } = form.dataset;
  if (!key) return;
  // What the server sends back, refused, is newer than what was kept.
  const isRefused = form.querySelector("[aria-invalid='true']") !== null;
  for (const field of fieldsOf(form)) {
    const name = `${key} ${field.name}`;
    const words = read(name);
    if (words && !isRefused && words !== field.value) {
      field.value = words;
      form.closest("details")?.setAttribute("open", "");
    }
    field.addEventListener("input", () => keep(name, field.value));
    form.addEventListener("ui:taken", () => keep(name, ""));
  }
}

/** @param {HTMLFormElement} form */
function fieldsOf(form) {
  const fields = /** @type {HTMLInputElement[]} */ ([...form.elements]);
  return fields.filter((field) => field.name && TYPED.has(field.type));
}

/** @param {string} name */
function read(name) {
  try {
    return sessionStorage.getItem(name) ?? "";
  } catch {
    return "";
  }
}

/** @param {string} name @param {string} words */
function keep(name, words) {
  try {
    if (words) sessionStorage.setItem(name, words);
    else sessionStorage.removeItem(name);
  } catch {
    // A browser that keeps nothing: the words stand as long as the page does.
  }
}
