// The server was given another release: whether this page reloads by itself.

/** Once for each release: while half of the servers are new, tabs must not go back and forth. @param {string} release */
export function isFirstReloadFor(release) {
  const mark = `ventanilla.reloaded.${release}`;
  try {
    if (sessionStorage.getItem(mark)) return false;
    sessionStorage.setItem(mark, "1");
    return true;
  } catch {
    return false;
  }
}
