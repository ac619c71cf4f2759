// <div data-behaviour="list-section" data-list-url="/contacts/">: a list of links, and beside it the section of the one that was opened.
// A link says data-contact (its id). A click fetches the section alone (`<list>/<id>/section/`) and writes the link's own address into the history; without script the link's page brings both. Esc and [data-close-section] close it; the list stays as it was.

import { isWriting } from "ui/slash-focus.js";

const LINKS = "a[data-contact]";
const NARROW = "(width < 900px)";

/** @param {HTMLElement} place @param {(root: ParentNode) => void} startIn */
export function start(place, startIn) {
  const aside = /** @type {HTMLElement} */ (place.querySelector("aside"));
  const listUrl = place.dataset.listUrl ?? "";
  /** @type {AbortController | undefined} */
  let asking;

  const links = () => /** @type {HTMLAnchorElement[]} */ ([...place.querySelectorAll(LINKS)]);
  const linkOf = (/** @type {string} */ id) => links().find((link) => link.dataset.contact === id);

  /** Show the section that the address names, or none. @param {string} path */
  async function show(path) {
    const id = openedIn(path, listUrl);
    asking?.abort();
    if (!id) return hide();
    asking = new AbortController();
    const { signal } = asking;
    aside.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(`${listUrl}${id}/section/${tabOf(location.search)}`, { headers: { Accept: "text/html", "X-Fragment": "1" }, signal });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      const text = await answer.text();
      if (signal.aborted) return;
      aside.innerHTML = text;
    } catch {
      // Another was asked for meanwhile; or the page itself tells better what is the matter.
      if (!signal.aborted) location.assign(location.href);
      return;
    } finally {
      if (!signal.aborted) aside.removeAttribute("aria-busy");
    }
    mark(id);
    aside.hidden = false;
    place.dataset.open = "";
    cover();
    startIn(aside);
    aside.scrollTop = 0;
    aside.focus({ preventScroll: true });
  }

  function hide() {
    const { opened } = aside.dataset;
    aside.hidden = true;
    aside.replaceChildren();
    delete place.dataset.open;
    mark("");
    cover();
    if (opened) linkOf(opened)?.focus();
  }

  /** @param {string} id */
  function mark(id) {
    aside.dataset.opened = id;
    for (const link of links()) {
      const isOpened = link.dataset.contact === id;
      if (isOpened) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
      const row = link.closest("tr");
      if (isOpened) row?.setAttribute("aria-selected", "true");
      else row?.removeAttribute("aria-selected");
    }
  }

  /** On a phone the section covers everything: what lies under it is out of reach. */
  function cover() {
    const isCovered = place.dataset.open !== undefined && matchMedia(NARROW).matches;
    for (const each of document.querySelectorAll("main > :not(.with-drawer), .list-column, .rail")) each.toggleAttribute("inert", isCovered);
  }

  function close() {
    history.pushState({}, "", `${listUrl}${withoutTab(location.search)}`);
    asking?.abort();
    hide();
  }

  /** @param {HTMLAnchorElement} link */
  function open(link) {
    if (link.href !== location.href) history.pushState({}, "", link.href);
    show(location.pathname);
  }

  place.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (target.closest("[data-close-section]")) {
      event.preventDefault();
      return close();
    }
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.defaultPrevented) return;
    // Anywhere on a row is the row's link, but for what has an address of its own, and unless words were being selected.
    const inRow = target.closest("a, button, input, label") ? target.closest(LINKS) : target.closest("tr")?.querySelector(LINKS);
    if (!(inRow instanceof HTMLAnchorElement) || !getSelection()?.isCollapsed) return;
    event.preventDefault();
    open(inRow);
  });

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && place.dataset.open !== undefined && !document.querySelector("dialog[open], [popover]:popover-open")) {
      // Who is writing leaves the field first.
      if (isWriting(event.target)) return /** @type {HTMLElement} */ (event.target).blur();
      event.preventDefault();
      return close();
    }
    const target = /** @type {HTMLElement} */ (event.target);
    const isInList = target.matches?.(`${LINKS}, .table-scroll`);
    const isFromSearch = event.key === "ArrowDown" && target.matches?.("input[type=search]") && target.closest("main");
    if (!isInList && !isFromSearch) return;
    const all = links();
    const next = stepped(event.key, all.indexOf(/** @type {HTMLAnchorElement} */ (target)), all.length);
    if (next === null) return;
    event.preventDefault();
    all[next].focus();
  });

  addEventListener("popstate", () => show(location.pathname));
  matchMedia(NARROW).addEventListener("change", cover);
  cover();
  // Whoever comes by a link sees whose section it is in the list, too.
  linkOf(aside.dataset.opened ?? "")?.closest("tr")?.scrollIntoView({ block: "nearest" });
}

/**
 * The id in an address of the list (`/contacts/7/`), or "" for the list alone and for every other page.
 * @param {string} path @param {string} listUrl
 */
export function openedIn(path, listUrl) {
  const rest = path.startsWith(listUrl) ? path.slice(listUrl.length) : "";
  return /^(\d+)\/$/.exec(rest)?.[1] ?? "";
}

/** What of an address is the section's own, not the list's. @param {string} search */
export function tabOf(search) {
  const tab = new URLSearchParams(search).get("tab");
  return tab ? `?${new URLSearchParams({ tab })}` : "";
}

/** The list's own address. @param {string} search */
export function withoutTab(search) {
  const asked = new URLSearchParams(search);
  asked.delete("tab");
  return asked.size ? `?${asked}` : "";
}

/**
 * The row that a key leads to, of so many, from the one in hand (-1: none yet); null where the key means nothing here or there is no row.
 * @param {string} key @param {number} index @param {number} count @returns {number | null}
 */
export function stepped(key, index, count) {
  if (!count) return null;
  if (key === "ArrowDown") return Math.min(index + 1, count - 1);
  if (key === "ArrowUp") return Math.max(index - 1, 0);
  if (key === "Home") return 0;
  return key === "End" ? count - 1 : null;
}
