// What every screen asks of the document. No business words here.

/**
 * The address of an icon for <use href>. Names as in static/icons.txt: "lucide-inbox", "brand-whatsapp".
 * @param {string} name
 */
export function iconHref(name) {
  return `${document.documentElement.dataset.sprite ?? ""}#${name}`;
}

/**
 * Django's token, from any form of the page. Not from the cookie: its name depends on the installation.
 * @param {ParentNode} [root]
 */
export function csrfToken(root = document) {
  return /** @type {HTMLInputElement | null} */ (root.querySelector("[name=csrfmiddlewaretoken]"))?.value ?? "";
}

/** The language of the page, for Intl. */
export function pageLanguage() {
  return document.documentElement.lang || "es";
}

/**
 * The JSON a template left with `json_script`, or undefined when it did not.
 * @param {string} id
 * @returns {any}
 */
export function readJson(id) {
  const text = document.getElementById(id)?.textContent;
  return text ? JSON.parse(text) : undefined;
}

/**
 * A custom property through CSSOM: the CSP ignores `style="…"`, not this.
 * @param {HTMLElement} element
 * @param {string} name
 * @param {string | number} value
 */
export function setProperty(element, name, value) {
  element.style.setProperty(name, String(value));
}
