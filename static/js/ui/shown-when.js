// <section data-behaviour="shown-when" data-name="app" data-value="new">: shown while the field of that name has that value, or one
// of several with spaces between. A ticked box has the value "on". What the server found wrong in it is never hidden.

/** @param {HTMLElement} section */
export function start(section) {
  const form = section.closest("form");
  if (!form) return;
  const values = (section.dataset.value ?? "").split(" ");
  const isWrong = section.querySelector("[aria-invalid='true']") !== null;
  const show = () => (section.hidden = !isWrong && !values.includes(String(new FormData(form).get(section.dataset.name ?? "") ?? "")));
  form.addEventListener("change", show);
  show();
}
