// Words that belong to nobody's draft (a note about a contact, a name being mended): they stay in this tab until they are saved.

/** @param {string} key */
export function kept(key) {
  try {
    return sessionStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}

/** @param {string} key @param {string} value  empty: forget it */
export function keep(key, value) {
  try {
    if (value) sessionStorage.setItem(key, value);
    else sessionStorage.removeItem(key);
  } catch {
    // A browser that keeps nothing: the words stand as long as what shows them does.
  }
}
