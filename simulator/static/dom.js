// Building elements without HTML strings: whatever a customer or the business writes is text, never markup.

/**
 * @param {string} tag
 * @param {Record<string, any>} [properties] `data` and `aria` are objects, functions are listeners, the rest are attributes
 * @param {...(Node | string | null)} children
 * @returns {HTMLElement}
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "data") Object.assign(element.dataset, value);
    else if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/**
 * @param {string} name
 * @param {"sm" | "lg" | ""} [size]
 */
export function icon(name, size = "") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  if (size) svg.dataset.size = size;
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** The window gauge: a ring of which this part is left. @param {number} part 0 to 1 */
export function ring(part) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "ring");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  for (const name of ["ring-track", "ring-left"]) {
    const circle = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    for (const [key, value] of Object.entries({ class: name, cx: 12, cy: 12, r: 9, pathLength: 100 })) circle.setAttribute(key, String(value));
    if (name === "ring-left") circle.setAttribute("stroke-dasharray", `${Math.round(part * 100)} 100`);
    svg.append(circle);
  }
  return svg;
}

/**
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @returns {T}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`no hay #${id}`);
  return /** @type {T} */ (element);
}
