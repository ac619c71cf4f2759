// The typifications' tree: keys, folds, search, menu, renaming in place. Every change is one step asked of the server, and the tree is
// read again afterwards: two people may be at it.

import { openDialog } from "ui/dialog.js";
import { startDragging } from "ui/tree/drag.js";
import { all, applyFolds, byId, level, neighbour, search, shown, withTheirs } from "ui/tree/rows.js";
import { post, readTree } from "ui/tree/steps.js";

const editor = /** @type {HTMLElement | null} */ (document.querySelector("[data-tree-editor]"));
if (editor) start(editor);

/** @param {HTMLElement} editor */
function start(editor) {
  const place = /** @type {HTMLElement} */ (editor.querySelector("[data-tree-place]"));
  const status = /** @type {HTMLElement} */ (editor.querySelector("[data-tree-status]"));
  const problem = /** @type {HTMLElement} */ (editor.querySelector("[data-tree-problem]"));
  const done = /** @type {HTMLElement} */ (editor.querySelector("[data-tree-done]"));
  const menu = /** @type {HTMLElement} */ (document.querySelector("[data-tree-menu]"));
  const dialog = /** @type {HTMLDialogElement} */ (document.querySelector("[data-tree-move]"));
  const box = /** @type {HTMLInputElement} */ (editor.querySelector("[data-tree-search]"));
  /** @type {Record<string, number> | null} */
  let uses = null;
  /** @type {HTMLElement | null} */
  let menuRow = null;
  let typed = "";
  let typedAt = 0;

  prepare();
  focusable(byId(place, editor.dataset.node) ?? shown(place)[0] ?? null);
  readUses();
  startDragging(place, (row, to) => afterwards(() => moveTo(row, to)));

  // ── The rows

  function prepare() {
    const counted = uses && withTheirs(all(place), uses);
    for (const row of all(place)) {
      row.querySelector(".grip")?.removeAttribute("hidden");
      row.querySelector("[data-menu]")?.removeAttribute("hidden");
      const number = row.querySelector("[data-uses]");
      if (number && counted) number.textContent = counted[row.dataset.id ?? ""].toLocaleString(document.documentElement.lang);
    }
  }
  /** @param {HTMLElement | null} row */
  function focusable(row) {
    if (!row) return;
    for (const each of all(place)) each.tabIndex = each === row ? 0 : -1;
  }
  /** @param {HTMLElement | null} row */
  function focus(row) {
    if (!row) return;
    focusable(row);
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }
  /** @param {HTMLElement} row @param {boolean} open */
  function fold(row, open) {
    if (!row.hasAttribute("aria-expanded")) return;
    row.setAttribute("aria-expanded", String(open));
    applyFolds(place);
    if (box.value) search(place, box.value);
  }
  async function readUses() {
    if (!editor.dataset.usesUrl) return;
    try {
      const answer = await fetch(editor.dataset.usesUrl, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      uses = (await answer.json()).uses;
    } catch {
      return;
    }
    editor.querySelector("[data-uses-head]")?.removeAttribute("hidden");
    prepare();
  }

  // ── Steps

  /** @param {string} path @param {Record<string, string>} values @param {HTMLElement | null} row */
  async function step(path, values, row) {
    place.setAttribute("aria-busy", "true");
    const answer = await post(`${editor.dataset.base}${path}`, values, editor.dataset.wordFailed ?? "");
    problem.hidden = answer.ok;
    done.hidden = true;
    if (!answer.ok) {
      const words = problem.querySelector("div");
      if (words) words.textContent = answer.message;
      place.removeAttribute("aria-busy");
      // A name that is being typed keeps the focus: leaving it would send it once more.
      if (!place.querySelector("input")) focus(byId(place, row?.dataset.id));
      return null;
    }
    await reread(String(answer.node.id ?? row?.dataset.id ?? ""));
    place.removeAttribute("aria-busy");
    if (answer.node.id !== undefined && String(answer.node.id) === editor.dataset.node) renewForm(answer.node);
    return answer;
  }
  /** @param {string} id */
  async function reread(id) {
    const html = await readTree(editor.dataset.fragment ?? "");
    if (!html) return location.reload();
    const closed = new Set(all(place).filter((each) => each.getAttribute("aria-expanded") === "false").map((each) => each.dataset.id));
    const before = shown(place).map((each) => each.dataset.id);
    place.innerHTML = html;
    for (const row of all(place)) if (closed.has(row.dataset.id) && row.hasAttribute("aria-expanded")) row.setAttribute("aria-expanded", "false");
    prepare();
    for (let at = byId(place, id); at; at = byId(place, at.dataset.parent)) if (at.dataset.id !== id) at.setAttribute("aria-expanded", "true");
    applyFolds(place);
    if (box.value) search(place, box.value);
    // What left takes the focus to what stood nearest to it.
    const next = byId(place, id) ?? byId(place, before.slice(before.indexOf(id)).find((each) => byId(place, each)) ?? "") ?? shown(place)[0] ?? null;
    focus(next);
  }
  /** The form beside the tree goes on from what is stored now. @param {{name?: string, version?: string, parent?: number | null}} node */
  function renewForm(node) {
    const form = editor.querySelector("[data-node-form]");
    if (!(form instanceof HTMLFormElement)) return;
    const [version, name, parent] = ["version", "name", "parent"].map((each) => /** @type {HTMLInputElement | null} */ (form.elements.namedItem(each)));
    if (version) version.value = version.defaultValue = node.version ?? "";
    if (name && name.value === name.defaultValue) name.value = node.name ?? "";
    if (name) name.defaultValue = node.name ?? "";
    if (parent) parent.value = node.parent === null || node.parent === undefined ? "" : String(node.parent);
    const title = editor.querySelector("[data-node-name]");
    if (title?.firstChild) title.firstChild.textContent = node.name ?? "";
  }
  /** @param {HTMLElement} row @param {{parent: string, before: string}} to */
  async function moveTo(row, to) {
    const answer = await step(`${row.dataset.id}/place/`, to, row);
    if (answer) say(row.dataset.id ?? "");
  }
  /** @param {string} id */
  function say(id) {
    const row = byId(place, id);
    if (!row) return;
    status.textContent = (editor.dataset.wordMoved ?? "")
      .replace("{name}", row.dataset.name ?? "")
      .replace("{position}", row.getAttribute("aria-posinset") ?? "")
      .replace("{count}", row.getAttribute("aria-setsize") ?? "")
      .replace("{level}", row.getAttribute("aria-level") ?? "");
  }

  /** What is under way. A key pressed meanwhile waits for the tree as it will be: it would act on what stands there no more. */
  let underWay = Promise.resolve();
  /** @param {string} name @param {HTMLElement} row */
  function act(name, row) {
    afterwards(() => {
      const fresh = byId(place, row.dataset.id);
      return fresh ? acts[name](fresh) : null;
    });
  }
  /** @param {() => unknown} job */
  function afterwards(job) {
    underWay = underWay.then(async () => void (await job())).catch((error) => console.error(error));
  }

  /** @type {Record<string, (row: HTMLElement) => unknown>} */
  const acts = {
    up: async (row) => void ((await step(`${row.dataset.id}/place/`, { steps: "-1" }, row)) && say(row.dataset.id ?? "")),
    down: async (row) => void ((await step(`${row.dataset.id}/place/`, { steps: "1" }, row)) && say(row.dataset.id ?? "")),
    in: (row) => {
      const above = neighbour(place, row, -1);
      return above && !above.hasAttribute("data-system") ? moveTo(row, { parent: above.dataset.id ?? "", before: "" }) : null;
    },
    out: (row) => {
      const parent = byId(place, row.dataset.parent);
      if (parent) return moveTo(row, { parent: parent.dataset.parent ?? "", before: neighbour(place, parent, 1)?.dataset.id ?? "" });
      return null;
    },
    rename: (row) => nameInPlace(row, row.dataset.name ?? "", editor.dataset.wordRename ?? "", (name) => step(`${row.dataset.id}/name/`, { name }, row)),
    below: (row) => addNear(row, { parent: row.dataset.id ?? "" }, level(row) + 1),
    beside: (row) => addNear(row, { parent: row.dataset.parent ?? "", after: row.dataset.id ?? "" }, level(row)),
    archive: async (row) => {
      const id = row.dataset.id ?? "";
      if (!(await step(`${id}/archive/`, {}, row))) return;
      const words = done.querySelector("div");
      if (words) words.textContent = `«${row.dataset.name}»: ${editor.dataset.wordArchived}`;
      done.hidden = false;
      status.textContent = words?.textContent ?? "";
      const undo = done.querySelector("[data-tree-undo]");
      if (undo instanceof HTMLElement) undo.onclick = () => void step(`${id}/restore/`, {}, byId(place, id)).then(() => focus(byId(place, id)));
    },
    restore: (row) => step(`${row.dataset.id}/restore/`, {}, row),
    move: (row) => {
      const select = /** @type {HTMLSelectElement} */ (dialog.querySelector("select"));
      select.value = row.dataset.parent ?? "";
      dialog.onclose = () => {
        if (dialog.returnValue === "move") moveTo(row, { parent: select.value, before: "" });
        else focus(byId(place, row.dataset.id));
      };
      dialog.returnValue = "";
      openDialog(dialog, row);
    },
  };

  /** @param {HTMLElement} row @param {Record<string, string>} values @param {number} depth */
  function addNear(row, values, depth) {
    const draft = /** @type {HTMLElement} */ (document.createElement("li"));
    draft.setAttribute("role", "none");
    draft.innerHTML = `<div class="node" data-level="${depth}"><i class="leaf"></i><span class="grow"></span></div>`;
    if (values.parent === row.dataset.id) fold(row, true);
    row.after(draft);
    const label = /** @type {HTMLElement} */ (draft.querySelector(".grow"));
    typeName(label, "", editor.dataset.wordNew ?? "", async (name) => {
      if (!(await step("add/", { ...values, name }, row))) return false;
      draft.remove();
      return true;
    }, () => {
      draft.remove();
      focus(row);
    });
  }
  /** @param {HTMLElement} row @param {string} value @param {string} words @param {(name: string) => Promise<unknown>} keep */
  function nameInPlace(row, value, words, keep) {
    const label = row.querySelector("a");
    if (label) typeName(label, value, words, async (name) => Boolean(await keep(name)), () => focus(row));
  }
  /**
   * A field in the place of a label: Enter and leaving keep, Esc does not; what is refused stays typed.
   * @param {HTMLElement} label
   * @param {string} value
   * @param {string} words
   * @param {(name: string) => Promise<boolean>} keep
   * @param {() => void} leave
   */
  function typeName(label, value, words, keep, leave) {
    const input = document.createElement("input");
    input.value = value;
    input.maxLength = 80;
    input.setAttribute("aria-label", words);
    label.hidden = true;
    label.after(input);
    input.focus();
    input.select();
    let isOver = false;
    const end = () => {
      isOver = true;
      input.remove();
      label.hidden = false;
      leave();
    };
    const commit = async () => {
      if (isOver) return;
      const name = input.value.trim();
      if (!name || name === value) return end();
      isOver = true;
      if (!(await keep(name))) {
        isOver = false;
        input.setAttribute("aria-invalid", "true");
        input.focus();
      }
    };
    input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.isComposing) return;
      if (event.key === "Enter") void commit();
      if (event.key === "Escape") end();
    });
    input.addEventListener("blur", () => setTimeout(() => void commit()));
  }

  // ── Menu

  /** @param {HTMLElement} row */
  function openMenu(row) {
    menuRow = row;
    const [isSystem, isArchived] = [row.hasAttribute("data-system"), row.hasAttribute("data-archived")];
    for (const item of menu.querySelectorAll("[data-act]")) {
      const act = item.getAttribute("data-act") ?? "";
      const isHidden =
        (isSystem && !["up", "down", "beside"].includes(act)) || (act === "archive" && isArchived) || (act === "restore" && !isArchived) || (isArchived && ["below", "move"].includes(act));
      /** @type {HTMLElement} */ (item).hidden = isHidden;
    }
    menu.showPopover();
    const box = (row.querySelector("[data-menu]") ?? row).getBoundingClientRect();
    menu.style.setProperty("inset-block-start", `${Math.max(8, Math.min(box.bottom, innerHeight - menu.offsetHeight - 8))}px`);
    menu.style.setProperty("inset-inline-start", `${Math.max(8, Math.min(box.right - menu.offsetWidth, innerWidth - menu.offsetWidth - 8))}px`);
    /** @type {HTMLElement | null} */ (menu.querySelector("[data-act]:not([hidden])"))?.focus();
  }
  menu.addEventListener("click", (event) => {
    const name = /** @type {Element} */ (event.target).closest("[data-act]")?.getAttribute("data-act");
    if (!name || !menuRow) return;
    menu.hidePopover();
    act(name, menuRow);
  });
  menu.addEventListener("keydown", (event) => {
    const items = /** @type {HTMLElement[]} */ ([...menu.querySelectorAll("[data-act]:not([hidden])")]);
    const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      menu.hidePopover();
      focus(menuRow);
    } else if (to !== undefined) {
      event.preventDefault();
      items[(to + items.length) % items.length]?.focus();
    }
  });

  // ── Pointer and keys

  place.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    const row = /** @type {HTMLElement | null} */ (target.closest("[role=treeitem]"));
    if (!row || target.closest("input, .grip")) return;
    if (target.closest("[data-menu]")) return openMenu(row);
    if (target.closest("[data-fold]")) return fold(row, row.getAttribute("aria-expanded") === "false");
    if (!target.closest("a")) open(row);
  });
  /** @param {HTMLElement} row */
  function open(row) {
    row.querySelector("a")?.click();
  }
  place.addEventListener("focusin", (event) => focusable(/** @type {Element} */ (event.target).closest("[role=treeitem]")));
  place.addEventListener("keydown", (event) => {
    const row = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[role=treeitem]"));
    if (!row || event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey) return;
    if (onKey(event, row)) event.preventDefault();
  });

  /** @param {KeyboardEvent} event @param {HTMLElement} row @returns {boolean} whether the key was ours */
  function onKey(event, row) {
    const rows = shown(place);
    const at = rows.indexOf(row);
    if (event.altKey) {
      const name = { ArrowUp: "up", ArrowDown: "down", ArrowRight: "in", ArrowLeft: "out" }[event.key];
      if (name) act(name, row);
      return Boolean(name);
    }
    const isOpen = row.getAttribute("aria-expanded");
    switch (event.key) {
      case "ArrowDown": focus(rows[at + 1] ?? null); return true;
      case "ArrowUp": focus(rows[at - 1] ?? null); return true;
      case "Home": focus(rows[0] ?? null); return true;
      case "End": focus(rows[rows.length - 1] ?? null); return true;
      case "ArrowRight": if (isOpen === "false") fold(row, true); else if (isOpen === "true") focus(rows[at + 1] ?? null); return true;
      case "ArrowLeft": if (isOpen === "true") fold(row, false); else focus(byId(place, row.dataset.parent)); return true;
      case "Enter": open(row); return true;
      case "F2": if (!row.hasAttribute("data-system")) act("rename", row); return true;
      case "Insert": if (!event.shiftKey) act("beside", row); else if (!row.hasAttribute("data-system")) act("below", row); return true;
      case "Delete": if (!row.hasAttribute("data-system") && !row.hasAttribute("data-archived")) act("archive", row); return true;
      case "ContextMenu": openMenu(row); return true;
      case "F10": if (event.shiftKey) openMenu(row); return event.shiftKey;
      default: return typeAhead(event, rows, at);
    }
  }
  /** @param {KeyboardEvent} event @param {HTMLElement[]} rows @param {number} at */
  function typeAhead(event, rows, at) {
    if (event.key.length !== 1 || event.key === " ") return false;
    typed = event.timeStamp - typedAt > 800 ? event.key : typed + event.key;
    typedAt = event.timeStamp;
    const order = [...rows.slice(at + (typed.length === 1 ? 1 : 0)), ...rows.slice(0, at + 1)];
    focus(order.find((each) => (each.dataset.name ?? "").toLowerCase().startsWith(typed.toLowerCase())) ?? null);
    return true;
  }

  box.addEventListener("input", () => {
    const found = search(place, box.value);
    const nothing = /** @type {HTMLElement} */ (editor.querySelector("[data-tree-nothing]"));
    nothing.hidden = found > 0;
    status.textContent = found ? "" : (editor.dataset.wordNothing ?? "");
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "Enter") {
      event.preventDefault();
      focus(shown(place)[0] ?? null);
    }
  });
}
