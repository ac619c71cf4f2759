// <div role="tablist" data-behaviour="section-tabs"> of links <a role="tab" aria-controls="panel" data-tab="name" href="?tab=name">: shows
// the panel without asking the server again, and keeps the address true, so that it can be copied and reloaded.
// A panel tells when it is first seen (`ui:shown`), and a [data-count] in what is fetched into it is counted on its tab.

/** @param {HTMLElement} list */
export function start(list) {
  const tabs = /** @type {HTMLAnchorElement[]} */ ([...list.querySelectorAll("[role='tab']")]);
  for (const tab of tabs) {
    tab.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      choose(tabs, tab);
    });
    panelOf(tab)?.addEventListener("ui:fragment", () => count(tab));
  }
  list.addEventListener("keydown", (event) => {
    const next = neighbour(tabs.indexOf(/** @type {any} */ (document.activeElement)), tabs.length, event.key);
    const tab = next === null ? undefined : tabs[next];
    if (!tab) return;
    event.preventDefault();
    tab.focus();
    choose(tabs, tab);
  });
}

/** @param {HTMLAnchorElement[]} tabs @param {HTMLAnchorElement} chosen */
function choose(tabs, chosen) {
  for (const tab of tabs) {
    const isChosen = tab === chosen;
    tab.setAttribute("aria-selected", String(isChosen));
    tab.tabIndex = isChosen ? 0 : -1;
    const panel = panelOf(tab);
    if (panel) panel.hidden = !isChosen;
  }
  chosen.scrollIntoView({ block: "nearest", inline: "nearest" });
  panelOf(chosen)?.dispatchEvent(new CustomEvent("ui:shown"));
  const address = withTab(location.href, chosen.dataset.tab ?? "", tabs[0]?.dataset.tab ?? "");
  if (address !== location.href) history.replaceState(history.state, "", address);
}

/** @param {HTMLAnchorElement} tab */
function panelOf(tab) {
  return document.getElementById(tab.getAttribute("aria-controls") ?? "");
}

/** @param {HTMLAnchorElement} tab */
function count(tab) {
  const told = /** @type {HTMLElement | null} */ (panelOf(tab)?.querySelector("[data-count]"));
  const badge = /** @type {HTMLElement | null} */ (tab.querySelector(".badge"));
  if (!told || !badge) return;
  badge.textContent = told.dataset.count ?? "";
  badge.hidden = told.dataset.count === "0";
}

/** The address with this tab in it; the first one needs no word. @param {string} href @param {string} tab @param {string} first */
export function withTab(href, tab, first) {
  const address = new URL(href);
  if (tab === first) address.searchParams.delete("tab");
  else address.searchParams.set("tab", tab);
  return address.href;
}

/** Where an arrow leads among `length` tabs, round and round; null: no key of a list of tabs. @param {number} at @param {number} length @param {string} key */
export function neighbour(at, length, key) {
  if (at < 0 || length === 0) return null;
  if (key === "Home") return 0;
  if (key === "End") return length - 1;
  const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
  return step ? (at + step + length) % length : null;
}
