// <select data-behaviour="picker"> (single or multiple): a combobox that filters as you type, after the ARIA pattern.
// The select stays in the form, hidden, and keeps the value: without script it is what people use.

import { iconHref } from "lib/dom.js";

/** @param {HTMLSelectElement} select */
export function start(select) {
  if (select.getAttribute("aria-disabled") === "true") return;
  new Picker(select);
}

class Picker {
  /** @param {HTMLSelectElement} select */
  constructor(select) {
    this.select = select;
    this.active = -1;
    this.listId = `${select.id}_list`;

    this.box = make("div", { class: "input chips-input picker-box" });
    this.chips = make("ul", { class: "picker-chips" });
    this.input = /** @type {HTMLInputElement} */ (
      make("input", {
        id: `${select.id}_box`, type: "text", role: "combobox", autocomplete: "off", spellcheck: "false",
        "aria-expanded": "false", "aria-controls": this.listId, "aria-autocomplete": "list",
      })
    );
    this.input.placeholder = select.dataset.placeholder ?? "";
    this.list = make("ul", { class: "picker-list", role: "listbox", id: this.listId, hidden: "" });
    if (select.multiple) this.list.setAttribute("aria-multiselectable", "true");
    for (const name of ["aria-describedby", "aria-invalid", "aria-required"]) {
      const value = select.getAttribute(name);
      if (value) this.input.setAttribute(name, value);
    }
    const label = document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
    if (label) {
      label.id ||= `${select.id}_label`;
      // Its own label: one that is pointed at by `aria-labelledby` counts as none while it is scrolled away (axe, label-title-only).
      /** @type {HTMLLabelElement} */ (label).htmlFor = this.input.id;
      this.list.setAttribute("aria-labelledby", label.id);
      label.addEventListener("click", (event) => {
        event.preventDefault();
        this.input.focus();
      });
    }
    this.box.append(this.chips, this.input);
    const wrap = make("div", { class: "picker-wrap" });
    select.before(wrap);
    wrap.append(select, this.box, this.list);
    select.hidden = true;
    if (!select.multiple) this.box.setAttribute("data-single", "");

    this.input.addEventListener("input", () => this.open());
    this.input.addEventListener("focus", () => !select.multiple && this.input.select());
    this.input.addEventListener("click", () => this.open());
    this.input.addEventListener("keydown", (event) => this.press(event));
    this.input.addEventListener("blur", () => this.close());
    this.box.addEventListener("click", (event) => event.target === this.box && this.input.focus());
    // pointerdown, not click: the input must not lose the focus first.
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const option = /** @type {Element} */ (event.target).closest("[role=option]");
      if (option instanceof HTMLElement && option.dataset.value !== undefined) this.choose(option.dataset.value);
    });
    this.drawChosen();
  }

  get options() {
    return [...this.select.options].filter((option) => option.value !== "" || !this.select.multiple);
  }

  open() {
    const words = this.select.multiple || this.isTyping() ? fold(this.input.value) : "";
    const found = this.options.filter((option) => words.split(" ").every((word) => fold(option.text).includes(word)));
    this.list.replaceChildren(
      ...found.slice(0, 200).map((option, index) => {
        const item = make("li", { role: "option", id: `${this.listId}_${index}`, "aria-selected": String(option.selected) });
        item.dataset.value = option.value;
        item.append(svg("lucide-check"), option.text);
        return item;
      }),
    );
    if (!found.length) {
      this.list.append(Object.assign(make("li", { class: "picker-nothing", role: "presentation" }), { textContent: this.select.dataset.nothing ?? "" }));
    }
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.move(found.length ? 0 : -1);
  }

  isTyping() {
    const chosen = this.select.selectedOptions[0];
    return !chosen || this.input.value !== chosen.text;
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
    if (!this.select.multiple) this.drawChosen();
    else this.input.value = "";
  }

  /** @param {number} index */
  move(index) {
    const items = this.items();
    items[this.active]?.removeAttribute("data-active");
    this.active = items.length ? (index + items.length) % items.length : -1;
    const item = items[this.active];
    if (!item) return this.input.removeAttribute("aria-activedescendant");
    item.setAttribute("data-active", "");
    item.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", item.id);
  }

  items() {
    return /** @type {HTMLElement[]} */ ([...this.list.querySelectorAll("[role=option]")]);
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const isOpen = !this.list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!isOpen) this.open();
      else this.move(this.active + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && isOpen) {
      event.preventDefault();
      const item = this.items()[this.active];
      if (item?.dataset.value !== undefined) this.choose(item.dataset.value);
    } else if (event.key === "Escape" && isOpen) {
      event.stopPropagation();
      this.close();
    } else if (event.key === "Backspace" && this.select.multiple && this.input.value === "") {
      const last = [...this.select.selectedOptions].at(-1);
      if (last) this.set(last, false);
    }
  }

  /** @param {string} value */
  choose(value) {
    const option = this.options.find((each) => each.value === value);
    if (!option) return;
    if (this.select.multiple) {
      this.set(option, !option.selected);
      this.input.value = "";
      this.open();
    } else {
      this.set(option, true);
      this.close();
    }
  }

  /**
   * @param {HTMLOptionElement} option
   * @param {boolean} isSelected
   */
  set(option, isSelected) {
    option.selected = isSelected;
    this.drawChosen();
    this.select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  drawChosen() {
    if (!this.select.multiple) {
      this.input.value = this.select.selectedOptions[0]?.text ?? "";
      return;
    }
    this.chips.replaceChildren(
      ...[...this.select.selectedOptions].map((option) => {
        const chip = make("li", { class: "chip" });
        const remove = make("button", { type: "button", "aria-label": `${this.select.dataset.remove ?? ""} ${option.text}` });
        remove.append(svg("lucide-x"));
        remove.addEventListener("click", () => {
          this.set(option, false);
          this.input.focus();
        });
        chip.append(option.text, remove);
        return chip;
      }),
    );
    this.input.placeholder = this.select.selectedOptions.length ? "" : (this.select.dataset.placeholder ?? "");
  }
}

/**
 * @param {string} name
 * @param {Record<string, string>} attributes
 * @returns {HTMLElement}
 */
function make(name, attributes) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** @param {string} name */
function svg(name) {
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  icon.setAttribute("class", "icon");
  icon.setAttribute("data-size", "sm");
  icon.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", iconHref(name));
  icon.append(use);
  return icon;
}

/**
 * Without accents or case, as core/text.py folds.
 * @param {string} text
 */
export function fold(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim().replace(/\s+/g, " ");
}
