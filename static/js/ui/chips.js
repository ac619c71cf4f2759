// <input data-behaviour="chips">: values separated by commas become chips; Enter, comma or paste adds, Backspace takes the last away.
// The input itself stays in the form, hidden, and keeps the text.

import { iconHref } from "lib/dom.js";

/** @param {HTMLInputElement} source */
export function start(source) {
  const box = Object.assign(document.createElement("div"), { className: "input chips-input" });
  const typing = document.createElement("input");
  typing.type = "text";
  for (const name of ["aria-describedby", "aria-invalid"]) {
    const value = source.getAttribute(name);
    if (value) typing.setAttribute(name, value);
  }
  const label = /** @type {HTMLLabelElement | null} */ (document.querySelector(`label[for="${CSS.escape(source.id)}"]`));
  typing.id = `${source.id}_typing`;
  if (label) label.htmlFor = typing.id;
  source.before(box);
  source.hidden = true;
  let values = split(source.value);

  function draw() {
    typing.placeholder = values.length ? "" : (source.dataset.placeholder ?? "");
    box.replaceChildren(
      ...values.map((value) => {
        const chip = Object.assign(document.createElement("span"), { className: "chip", textContent: value });
        const remove = Object.assign(document.createElement("button"), { type: "button" });
        remove.setAttribute("aria-label", `${source.dataset.remove ?? ""} ${value}`);
        const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
        icon.setAttribute("class", "icon");
        icon.setAttribute("data-size", "sm");
        const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
        use.setAttribute("href", iconHref("lucide-x"));
        icon.append(use);
        remove.append(icon);
        remove.addEventListener("click", () => keep(values.filter((each) => each !== value)));
        chip.append(remove);
        return chip;
      }),
      typing,
    );
  }
  /** @param {string[]} next */
  function keep(next) {
    values = [...new Set(next)];
    source.value = values.join(", ");
    source.dispatchEvent(new Event("change", { bubbles: true }));
    draw();
    typing.focus();
  }
  function add() {
    const said = split(typing.value);
    if (!said.length) return;
    typing.value = "";
    keep([...values, ...said]);
  }

  typing.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === ",") {
      event.preventDefault();
      add();
    } else if (event.key === "Backspace" && typing.value === "" && values.length) keep(values.slice(0, -1));
  });
  typing.addEventListener("paste", () => setTimeout(add));
  // What was typed and not yet confirmed is not lost with the focus.
  typing.addEventListener("blur", () => {
    const said = split(typing.value);
    if (!said.length) return;
    typing.value = "";
    values = [...new Set([...values, ...said])];
    source.value = values.join(", ");
    source.dispatchEvent(new Event("change", { bubbles: true }));
    draw();
  });
  draw();
}

/** @param {string} text */
export function split(text) {
  return text.split(/[,\n]/).map((each) => each.trim()).filter(Boolean);
}
