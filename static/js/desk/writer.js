// The hand that writes: what a button of the composer, or what completes a word, may do to the message being written. Made anew each
// time the composer is drawn; `keys` is the one thing that stays.

/** @typedef {import("desk/types.js").Mode} Mode */
/** @typedef {(event: KeyboardEvent) => boolean} KeyListener  true: it was meant for us */
/**
 * Something that goes by itself, beside what is being typed: a place, a card, a template.
 * @typedef {{kind: string, body: Record<string, unknown>, text?: string, details?: import("desk/types.js").Details}} Content
 */

/**
 * @typedef {object} Writer
 * @property {import("desk/thread.js").ThreadStore} thread
 * @property {import("desk/types.js").Row} row
 * @property {Mode} mode
 * @property {() => string} text
 * @property {() => void} focus
 * @property {(text: string) => void} insert  at the caret, in place of what is selected
 * @property {(from: number, to: number, text: string) => void} replace
 * @property {(files: Iterable<File>, as?: string) => void} attach
 * @property {(content: Content) => void} send
 * @property {{current: KeyListener | null}} keys  who is asked first about a key: a list that is open above the box
 */

/**
 * @param {object} parts
 * @param {import("desk/thread.js").ThreadStore} parts.thread
 * @param {import("desk/types.js").Row} parts.row
 * @param {Mode} parts.mode
 * @param {{current: HTMLTextAreaElement | null}} parts.box
 * @param {{current: KeyListener | null}} parts.keys
 * @param {import("desk/drafts.js").Drafts} parts.drafts
 * @param {import("desk/desk.js").Desk} parts.desk
 * @param {(files: Iterable<File>, as?: string) => void} parts.attach
 * @returns {Writer}
 */
export function createWriter({ thread, row, mode, box, keys, drafts, desk, attach }) {
  /** @param {number} from @param {number} to @param {string} text */
  function replace(from, to, text) {
    const area = box.current;
    if (!area) return drafts.write(thread.id, mode, splice(drafts.of(thread.id, mode).peek().text, from, to, text));
    // A finger that chose something above the box does not want the keyboard over it.
    if (document.activeElement !== area && !matchMedia("(pointer: fine)").matches) {
      area.setRangeText(text, from, to, "end");
      return drafts.write(thread.id, mode, area.value);
    }
    area.focus();
    area.setSelectionRange(from, to);
    // The only way of writing that the browser's own undo knows of; where it is gone, undo is lost and the words are not.
    const isWritten = text ? document.execCommand("insertText", false, text) : from === to || document.execCommand("delete");
    if (!isWritten && (!text || area.value.slice(from, from + text.length) !== text)) area.setRangeText(text, from, to, "end");
    drafts.write(thread.id, mode, area.value);
  }

  return {
    thread, row, mode, keys, attach, replace,
    text: () => drafts.of(thread.id, mode).peek().text,
    focus: () => box.current?.focus(),
    insert(text) {
      const area = box.current;
      const end = drafts.of(thread.id, mode).peek().text.length;
      replace(area?.selectionStart ?? end, area?.selectionEnd ?? end, text);
    },
    send(content) {
      desk.sendContent(thread.id, content);
      box.current?.focus();
    },
  };
}

/** @param {string} text @param {number} from @param {number} to @param {string} by */
function splice(text, from, to, by) {
  return text.slice(0, from) + by + text.slice(to);
}
