// <input data-behaviour="search-pick" data-url data-target="id of a hidden input" data-new="id of a checkbox">: a combobox, after the
// ARIA pattern, whose choices the server finds. Choosing writes the id into the target; typing on forgets it. Its last choice is to
// register what was typed: it ticks the checkbox. Without script the text and the checkbox are what people use.

import { iconHref } from "lib/dom.js";

const WAIT = 180;

/** @param {HTMLInputElement} input */
export function start(input) {
  const target = /** @type {HTMLInputElement} */ (document.getElementById(input.dataset.target ?? ""));
  const isNew = /** @type {HTMLInputElement | null} */ (document.getElementById(input.dataset.new ?? ""));
  const list = document.createElement("ul");
  list.className = "picker-list";
  list.id = `${input.id}_list`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.dataset.wordList ?? "");
  list.hidden = true;
  input.after(list);
  for (const [name, value] of Object.entries({ role: "combobox", autocomplete: "off", "aria-expanded": "false", "aria-controls": list.id, "aria-autocomplete": "list" })) {
    input.setAttribute(name, value);
  }
  let active = -1;
  let timer = 0;
  /** @type {AbortController | null} */
  let asking = null;

  const items = () => /** @type {HTMLElement[]} */ ([...list.querySelectorAll("[role=option]")]);

  async function search() {
    const words = input.value.trim();
    asking?.abort();
    if (words.length < 2) return close();
    asking = new AbortController();
    try {
      const answer = await fetch(`${input.dataset.url}?search=${encodeURIComponent(words)}&limit=8`, { signal: asking.signal, headers: { Accept: "application/json" } });
      if (!answer.ok) return close();
      show((await answer.json()).results, words);
    } catch {
      // Another letter was typed, or the line is down: the text itself stays, and the server looks it up when the form is sent.
    }
  }

  /**
   * @param {{id: number, name: string, document?: string}[]} found
   * @param {string} words
   */
  function show(found, words) {
    list.replaceChildren(
      ...found.map((each) => option(each.name, each.document ?? "", () => choose(String(each.id), each.name))),
    );
    if (isNew && !found.some((each) => each.name.toLowerCase() === words.toLowerCase())) {
      list.append(option((input.dataset.wordNew ?? "").replace("{name}", () => words), "", () => register(words), "lucide-plus"));
    }
    if (!items().length) return close();
    items().forEach((item, index) => (item.id = `${list.id}_${index}`));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    move(0);
  }

  /**
   * @param {string} words
   * @param {string} small
   * @param {() => void} act
   * @param {string} [icon]
   */
  function option(words, small, act, icon = "lucide-building-2") {
    const item = document.createElement("li");
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    picture.setAttribute("class", "icon");
    picture.setAttribute("data-size", "sm");
    picture.setAttribute("aria-hidden", "true");
    picture.append(Object.assign(document.createElementNS("http://www.w3.org/2000/svg", "use")));
    picture.firstElementChild?.setAttribute("href", iconHref(icon));
    item.append(picture, words);
    if (small) item.append(Object.assign(document.createElement("small"), { textContent: small, className: "muted" }));
    // pointerdown, not click: the input must not lose the focus first.
    item.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      act();
    });
    item.addEventListener("pick", act);
    return item;
  }

  /**
   * @param {string} id
   * @param {string} name
   */
  function choose(id, name) {
    input.value = name;
    target.value = id;
    if (isNew?.checked) isNew.checked = false;
    close();
    target.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /** @param {string} name */
  function register(name) {
    input.value = name;
    target.value = "";
    if (isNew) isNew.checked = true;
    close();
    (isNew ?? input).dispatchEvent(new Event("change", { bubbles: true }));
  }

  function close() {
    // What is still asked for must not open the list where nobody is any more.
    clearTimeout(timer);
    asking?.abort();
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  /** @param {number} index */
  function move(index) {
    const all = items();
    for (const each of all) {
      each.removeAttribute("data-active");
      each.setAttribute("aria-selected", "false");
    }
    active = all.length ? (index + all.length) % all.length : -1;
    const item = all[active];
    if (!item) return;
    item.setAttribute("data-active", "");
    item.setAttribute("aria-selected", "true");
    item.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", item.id);
  }

  input.addEventListener("input", () => {
    target.value = "";
    clearTimeout(timer);
    timer = setTimeout(search, WAIT);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      // Enter chooses; the form is sent by its button.
      event.preventDefault();
      if (!list.hidden) items()[active]?.dispatchEvent(new CustomEvent("pick"));
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) void search();
      else move(active + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Escape" && !list.hidden) {
      event.stopPropagation();
      close();
    }
  });
  input.addEventListener("blur", close);
}
