// All emoji, to react with one of them.

import { html } from "desk/views/html.js";
import { Dialog } from "desk/views/dialog.js";
import { EmojiPicker } from "desk/views/emoji.js";
import { said } from "desk/words/thread.js";

/** @param {{choose: (emoji: string) => void, close: () => void}} props */
export function EveryEmoji({ choose, close }) {
  /** @param {string} symbol */
  const chosen = (symbol) => {
    close();
    choose(symbol);
  };
  return html`<${Dialog} class="dialog emoji-dialog" label=${said.react()} onClose=${close}><${EmojiPicker} onChoose=${chosen} onDone=${() => {}} close=${close} /><//>`;
}
