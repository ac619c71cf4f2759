// <ol data-behaviour="sortable"> of <li> with a .grip: dragging posts the same form as its «up» and «down» buttons do.
// Each <li> has data-id; the list names its form: data-form="id" with an <input name="order">.

/** @param {HTMLElement} list */
export function start(list) {
  const form = document.getElementById(list.dataset.form ?? "");
  const field = form?.querySelector("[name=order]");
  if (!(form instanceof HTMLFormElement) || !(field instanceof HTMLInputElement)) return;
  /** @type {HTMLElement | null} */
  let moved = null;

  for (const grip of /** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll(".grip"))) {
    grip.hidden = false;
    grip.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      moved = grip.closest("li, tr");
      moved?.setAttribute("data-moving", "");
      grip.setPointerCapture(event.pointerId);
    });
    grip.addEventListener("pointermove", (event) => {
      if (!moved) return;
      const over = document.elementFromPoint(event.clientX, event.clientY)?.closest("li, tr");
      if (!over || over === moved || over.parentElement !== moved.parentElement) return;
      const box = over.getBoundingClientRect();
      if (event.clientY < box.top + box.height / 2) over.before(moved);
      else over.after(moved);
    });
    grip.addEventListener("pointerup", () => {
      if (!moved) return;
      moved.removeAttribute("data-moving");
      moved = null;
      const order = ids(list).join(",");
      if (order === field.defaultValue) return;
      field.value = order;
      form.requestSubmit();
    });
  }
}

/** @param {HTMLElement} list */
export function ids(list) {
  return [...list.querySelectorAll("[data-id]")].map((each) => each.getAttribute("data-id") ?? "");
}
