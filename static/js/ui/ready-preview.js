// What ready words will say, as they are typed: <div data-behaviour="ready-preview" data-source="id of the box" data-samples="id of a JSON script">.
// The server fills them for real (campaigns/variables.py): single braces around a listed name, nothing else.

/** @param {HTMLElement} element */
export function start(element) {
  const box = /** @type {HTMLTextAreaElement | null} */ (document.getElementById(element.dataset["source"] ?? ""));
  const samples = JSON.parse(document.getElementById(element.dataset["samples"] ?? "")?.textContent ?? "{}");
  if (!box) return;
  const show = () => {
    element.replaceChildren();
    let at = 0;
    for (const found of box.value.matchAll(/(?<!\{)\{(\p{L}+)\}(?!\})/gu)) {
      const value = samples[(found[1] ?? "").toLowerCase()];
      if (value === undefined) continue;
      element.append(box.value.slice(at, found.index));
      const mark = document.createElement("mark");
      mark.textContent = value;
      element.append(mark);
      at = found.index + found[0].length;
    }
    element.append(box.value.slice(at));
  };
  box.addEventListener("input", show);
  show();
}
