// <textarea data-behaviour="points">: ways to reach a contact, one on each line; with script each becomes a row with its kind, a star
// for the main one of its kind, and what the server says of it. Enter adds; many may be pasted at once.
// The textarea stays in the form, hidden, and keeps the text: «* WhatsApp: +595 991 651 351». Without script it is what people use.
// data-url asks the server; data-kinds = [{code, label, icon}]; data-known = lines that are stored already; words in data-word-*.

import { csrfToken, iconHref } from "lib/dom.js";

/** @typedef {{code: string, label: string, icon: string}} Kind */
/** @typedef {{kind: string, value: string, isPrimary: boolean, state: "known" | "asking" | "ok" | "warning" | "invalid" | "unasked", note: string, link: string, linkWords: string}} Entry */

const NUMBERS = ["phone", "whatsapp"];

/** @param {HTMLTextAreaElement} source */
export function start(source) {
  /** @type {Kind[]} */
  const kinds = JSON.parse(source.dataset.kinds ?? "[]");
  const known = new Set(/** @type {string[]} */ (JSON.parse(source.dataset.known ?? "[]")).map(bare));
  let entries = parseLines(source.value, kinds).map((each) => entryOf(each, known.has(bare(formatLine(each, kinds))) ? "known" : "unasked"));

  const box = make("div", { class: "points" });
  const list = make("ul", { class: "points-list" });
  const adding = make("div", { class: "points-adding" });
  const typing = /** @type {HTMLInputElement} */ (
    make("input", { class: "input", type: "text", id: `${source.id}_typing`, autocomplete: "off", spellcheck: "false", "data-stand-in": "" })
  );
  typing.placeholder = source.dataset.wordPlaceholder ?? "";
  for (const name of ["aria-describedby", "aria-invalid"]) {
    const value = source.getAttribute(name);
    if (value) typing.setAttribute(name, value);
  }
  const button = make("button", { class: "button", type: "button" });
  button.append(svg("lucide-plus"), source.dataset.wordAdd ?? "");
  const told = make("p", { class: "visually-hidden", role: "status" });
  adding.append(typing, button);
  box.append(list, adding, told);
  source.before(box);
  source.hidden = true;
  const label = /** @type {HTMLLabelElement | null} */ (document.querySelector(`label[for="${CSS.escape(source.id)}"]`));
  if (label) label.htmlFor = typing.id;

  function keep() {
    const text = entries.map((each) => formatLine(each, kinds)).join("\n");
    if (text !== source.value.replaceAll("\r\n", "\n")) {
      source.value = text;
      source.dispatchEvent(new Event("change", { bubbles: true }));
    }
    draw();
  }

  /** @param {string} text */
  function add(text) {
    const found = parseLines(text, kinds).filter(
      (each) => !entries.some((other) => bare(other.value) === bare(each.value) && other.kind === each.kind),
    );
    if (!found.length) return;
    const added = found.map((each) => entryOf(each, "unasked"));
    for (const each of added) {
      each.isPrimary ||= !entries.some((other) => other.kind === each.kind && other.isPrimary) && each.kind !== "";
      entries.push(each);
    }
    told.textContent = (source.dataset.wordAdded ?? "").replace("{value}", () => added.map((each) => each.value).join(", "));
    keep();
    void ask(added);
  }

  function addTyped() {
    const text = typing.value;
    typing.value = "";
    add(text);
  }

  /** @param {Entry[]} asked */
  async function ask(asked) {
    for (const each of asked) each.state = "asking";
    draw();
    try {
      const answer = await fetch(source.dataset.url ?? "", {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
        body: JSON.stringify({ points: asked.map((each) => ({ kind: each.kind, value: each.value })), contact: source.dataset.contact ?? "" }),
      });
      if (!answer.ok) throw new Error(String(answer.status));
      /** @type {{results: {kind: string, value: string, error: string, warning: string, url: string, name: string}[]}} */
      const said = await answer.json();
      asked.forEach((entry, index) => said.results[index] && tell(entry, said.results[index]));
    } catch {
      // The server is asked again when the form is sent: nothing is refused because a line is down.
      for (const each of asked) each.state = "ok";
    }
    keep();
  }

  /**
   * @param {Entry} entry
   * @param {{kind: string, value: string, error: string, warning: string, url: string, name: string}} said
   */
  function tell(entry, said) {
    if (!said.error) {
      entry.value = said.value;
      entry.kind = said.kind;
      if (!entries.some((other) => other.kind === entry.kind && other.isPrimary)) entry.isPrimary = true;
    }
    entry.state = said.error ? "invalid" : said.warning ? "warning" : "ok";
    entry.note = said.error || said.warning;
    entry.link = said.url;
    entry.linkWords = said.name;
    if (entry.note) told.textContent = `${entry.value}: ${entry.note}`;
  }

  function draw() {
    const active = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset?.key;
    list.replaceChildren(...entries.map(row));
    if (active) /** @type {HTMLElement | null} */ (list.querySelector(`[data-key="${CSS.escape(active)}"]`))?.focus();
    const wrong = entries.some((each) => each.state === "invalid");
    if (wrong || source.getAttribute("aria-invalid") === "true") typing.setAttribute("aria-invalid", "true");
    else typing.removeAttribute("aria-invalid");
  }

  /**
   * @param {Entry} entry
   * @param {number} index
   */
  function row(entry, index) {
    const item = make("li", { class: "point-row", "data-state": entry.state });
    const kind = kinds.find((each) => each.code === entry.kind);
    const value = Object.assign(make("span", { class: "point-value" }), { textContent: entry.value });
    item.append(svg(entry.state === "invalid" ? "lucide-circle-alert" : (kind?.icon ?? "lucide-circle-help")), value);
    if (NUMBERS.includes(entry.kind) && entry.state !== "known") item.append(kindSelect(entry, index));
    else item.append(Object.assign(make("span", { class: "muted small" }), { textContent: kind?.label ?? "" }));
    const star = make("button", {
      type: "button", class: "icon-button point-primary", "data-size": "sm", "data-key": `star-${index}`, "aria-pressed": String(entry.isPrimary),
      "aria-label": `${source.dataset.wordPrimary ?? ""}: ${entry.value}`, title: source.dataset.wordPrimary ?? "",
    });
    star.append(svg("lucide-star"));
    star.addEventListener("click", () => {
      for (const other of entries) if (other.kind === entry.kind) other.isPrimary = other === entry;
      keep();
    });
    const remove = make("button", {
      type: "button", class: "icon-button", "data-size": "sm", "aria-label": `${source.dataset.wordRemove ?? ""} ${entry.value}`, title: source.dataset.wordRemove ?? "",
    });
    remove.append(svg("lucide-x"));
    remove.addEventListener("click", () => {
      entries = entries.filter((each) => each !== entry);
      if (entry.isPrimary) {
        const heir = entries.find((each) => each.kind === entry.kind);
        if (heir) heir.isPrimary = true;
      }
      keep();
      typing.focus();
    });
    item.append(star, remove);
    if (entry.note) item.append(note(entry));
    return item;
  }

  /**
   * A number's kind: telephone or WhatsApp.
   * @param {Entry} entry
   * @param {number} index
   */
  function kindSelect(entry, index) {
    const select = /** @type {HTMLSelectElement} */ (
      make("select", { class: "input", "data-key": `kind-${index}`, "aria-label": `${source.dataset.wordKind ?? ""}: ${entry.value}` })
    );
    for (const each of kinds.filter((one) => NUMBERS.includes(one.code))) {
      select.append(new Option(each.label, each.code, false, each.code === entry.kind));
    }
    select.addEventListener("change", () => {
      entry.kind = select.value;
      entry.isPrimary = !entries.some((other) => other !== entry && other.kind === entry.kind && other.isPrimary);
      keep();
    });
    return select;
  }

  /** @param {Entry} entry */
  function note(entry) {
    const words = make("span", { class: "point-note" });
    words.append(entry.note);
    if (entry.link) {
      const link = make("a", { href: entry.link, target: "_blank" });
      link.textContent = entry.linkWords;
      words.append(" ", link);
    }
    return words;
  }

  typing.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === "," || event.key === ";") {
      event.preventDefault();
      addTyped();
    }
  });
  typing.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text") ?? "";
    // One alone is shown before it is added; several are added at once, whole.
    if (parseLines(text, kinds).length < 2) return;
    event.preventDefault();
    add(text);
  });
  // What was typed and not yet confirmed is not lost with the focus, nor when the form is sent.
  // On the way to a row it waits: rows that move under a pressed button would take the press from it.
  typing.addEventListener("blur", (event) => {
    if (!list.contains(/** @type {Node | null} */ (event.relatedTarget))) addTyped();
  });
  source.form?.addEventListener("submit", addTyped, { capture: true });
  button.addEventListener("click", () => {
    addTyped();
    typing.focus();
  });

  draw();
  const unasked = entries.filter((each) => each.state === "unasked");
  if (unasked.length) void ask(unasked);
}

/**
 * @param {{kind: string, value: string, isPrimary: boolean}} read
 * @param {Entry["state"]} state
 * @returns {Entry}
 */
function entryOf(read, state) {
  return { ...read, state, note: "", link: "", linkWords: "" };
}

/**
 * Lines, or what was pasted, as entries: «* WhatsApp: +595 991 651 351; ana@x.com» are two. The server has the last word.
 * @param {string} text
 * @param {Kind[]} kinds
 */
export function parseLines(text, kinds) {
  const seen = new Set();
  const found = [];
  for (const part of text.split(/[\n\r,;\t|]+/)) {
    let value = part.trim().replace(/\s+/g, " ");
    const isPrimary = value.startsWith("*");
    if (isPrimary) value = value.slice(1).trim();
    const [head, rest] = value.includes(":") ? [value.slice(0, value.indexOf(":")), value.slice(value.indexOf(":") + 1).trim()] : ["", ""];
    const said = kinds.find((each) => head !== "" && (fold(each.label) === fold(head) || each.code === fold(head)));
    if (said && rest) value = rest;
    if (!value || seen.has(bare(value) + (said?.code ?? ""))) continue;
    seen.add(bare(value) + (said?.code ?? ""));
    found.push({ kind: said?.code ?? detectKind(value), value, isPrimary });
  }
  return found;
}

/**
 * A line of the textarea, as the server writes and reads it (contacts/editing_form.py).
 * @param {{kind: string, value: string, isPrimary: boolean}} entry
 * @param {Kind[]} kinds
 */
export function formatLine(entry, kinds) {
  const label = kinds.find((each) => each.code === entry.kind)?.label;
  return `${entry.isPrimary ? "* " : ""}${label ? `${label}: ` : ""}${entry.value}`;
}

/**
 * What it looks like, before the server has said it: an address of e-mail, a number, or nothing known.
 * @param {string} text
 */
export function detectKind(text) {
  if (/wa\.me\/|whatsapp/i.test(text)) return "whatsapp";
  if (/\S@\S/.test(text)) return "email";
  const digits = text.replace(/\D/g, "");
  return digits.length >= 6 && /^[+()\d\s./-]+$/.test(text) ? "phone" : "";
}

/**
 * Signs that change nothing do not count when two are compared.
 * @param {string} text
 */
function bare(text) {
  return text.toLowerCase().replace(/[\s()./-]+/g, "");
}

/** @param {string} text */
function fold(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();
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
