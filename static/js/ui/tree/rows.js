// The rows of the tree: who stands where. Flat in the document, nested by level and parent.

/** @param {ParentNode} root @returns {HTMLElement[]} */
export function all(root) {
  return [...root.querySelectorAll("[role=treeitem]")].map((each) => /** @type {HTMLElement} */ (each));
}

/** @param {ParentNode} root */
export function shown(root) {
  return all(root).filter((each) => !each.hidden);
}

/** @param {ParentNode} root @param {string | undefined} id */
export function byId(root, id) {
  return id ? (all(root).find((each) => each.dataset.id === id) ?? null) : null;
}

/** @param {ParentNode} root @param {HTMLElement} row those with the same parent, itself too */
export function siblings(root, row) {
  return all(root).filter((each) => each.dataset.parent === row.dataset.parent);
}

/** @param {ParentNode} root @param {HTMLElement} row @param {number} step */
export function neighbour(root, row, step) {
  const list = siblings(root, row);
  return list[list.indexOf(row) + step] ?? null;
}

/** @param {ParentNode} root @param {HTMLElement} row @param {HTMLElement} other whether `other` is the row or hangs below it */
export function holds(root, row, other) {
  for (let at = /** @type {HTMLElement | null} */ (other); at; at = byId(root, at.dataset.parent)) if (at === row) return true;
  return false;
}

/** @param {HTMLElement} row */
export function level(row) {
  return Number(row.getAttribute("aria-level"));
}

/**
 * Hides what hangs below a folded row.
 * @param {ParentNode} root
 */
export function applyFolds(root) {
  /** @type {Set<string>} */
  const hidden = new Set();
  for (const row of all(root)) {
    const parent = row.dataset.parent ?? "";
    const isFolded = parent !== "" && (hidden.has(parent) || byId(root, parent)?.getAttribute("aria-expanded") === "false");
    row.hidden = isFolded;
    if (isFolded) hidden.add(row.dataset.id ?? "");
  }
}

/** @param {string} text without case and accents, as people search */
export function folded(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/**
 * Shows the rows whose name holds the words, and the headings above them; how many match.
 * @param {ParentNode} root
 * @param {string} words
 */
export function search(root, words) {
  const wanted = folded(words.trim());
  const rows = all(root);
  if (!wanted) {
    applyFolds(root);
    return rows.length;
  }
  let found = 0;
  for (const row of rows) row.hidden = true;
  for (const row of rows) {
    if (!folded(row.dataset.name ?? "").includes(wanted)) continue;
    found += 1;
    for (let at = /** @type {HTMLElement | null} */ (row); at; at = byId(root, at.dataset.parent)) at.hidden = false;
  }
  return found;
}

/**
 * How often each was used, by its id; a group counts what is in it.
 * @param {{dataset: DOMStringMap}[]} rows each after what it belongs to
 * @param {Record<string, number>} uses of those that were used
 */
export function withTheirs(rows, uses) {
  /** @type {Record<string, number>} */
  const sums = {};
  for (const { dataset } of [...rows].reverse()) {
    const id = dataset.id ?? "";
    sums[id] = (sums[id] ?? 0) + (uses[id] ?? 0);
    if (dataset.parent) sums[dataset.parent] = (sums[dataset.parent] ?? 0) + sums[id];
  }
  return sums;
}
