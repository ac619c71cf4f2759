// <section data-behaviour="shown-when" data-name="app" data-value="new">: shown while the field of that name has that value.

/** @param {HTMLElement} section */
export function start(section) {
  const form = section.closest("form");
  if (!form) return;
  const show = () => (section.hidden = new FormData(form).get(section.dataset.name ?? "") !== section.dataset.value);
  form.addEventListener("change", show);
  show();
}
