// <input data-behaviour="document-check" data-url data-kind="id of the select">: when a number or its kind changes, the server says at
// once whether it is one, and whose it is already. data-note is the id of where that stands. What it says refuses nothing: saving does.

import { csrfToken } from "lib/dom.js";

/** @param {HTMLInputElement} input */
export function start(input) {
  const kind = /** @type {HTMLSelectElement} */ (document.getElementById(input.dataset.kind ?? ""));
  const note = /** @type {HTMLElement} */ (document.getElementById(input.dataset.note ?? ""));
  /** @type {Record<string, string>} */
  const examples = JSON.parse(input.dataset.examples ?? "{}");
  let turn = 0;

  async function check() {
    const mine = ++turn;
    say("", "");
    if (!input.value.trim() || !kind.value) return;
    try {
      const answer = await fetch(input.dataset.url ?? "", {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
        body: JSON.stringify({ document_type: kind.value, document_number: input.value, contact: input.dataset.contact ?? "" }),
      });
      if (!answer.ok || mine !== turn) return;
      /** @type {{shown: string, error: string, warning: string, url: string, name: string}} */
      const said = await answer.json();
      if (mine !== turn) return;
      if (said.error) return say("danger", said.error);
      if (said.shown && said.shown !== input.value) {
        input.value = said.shown;
        input.dispatchEvent(new Event("input", { bubbles: true }));
      }
      if (said.warning) say("warning", said.warning, said.url, said.name);
      else say("success", input.dataset.wordFine ?? "");
    } catch {
      // The line is down: saving asks again.
    }
  }

  /**
   * @param {string} tone
   * @param {string} words
   * @param {string} [url]
   * @param {string} [name]
   */
  function say(tone, words, url = "", name = "") {
    note.hidden = !words;
    note.dataset.tone = tone;
    note.replaceChildren(words);
    if (url) {
      const link = Object.assign(document.createElement("a"), { href: url, target: "_blank", textContent: name });
      note.append(" ", link);
    }
  }

  const model = () => (input.placeholder = examples[kind.value] ?? "");
  input.addEventListener("change", check);
  kind.addEventListener("change", () => {
    model();
    void check();
  });
  model();
}
