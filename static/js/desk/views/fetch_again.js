// A customer's file that did not come: asked for once more. What we sent ourselves, and what is here, has no such button.

import { useState } from "preact/hooks";
import { html, useParts } from "desk/views/html.js";
import { Button, Icon } from "desk/views/bits.js";
import { ApiError } from "desk/api.js";
import { viewerWords } from "desk/words/viewer.js";
import { words } from "desk/words.js";

/** @param {{attachment: import("desk/types.js").Attachment}} props */
export function FetchAgain({ attachment }) {
  const { api, desk } = useParts();
  const [isBusy, setBusy] = useState(false);
  // What is simply on its way comes by itself: only what is held up, or was given up, is asked for.
  if (attachment.state === "stored" || (attachment.state === "pending" && !attachment.reason)) return null;
  async function ask() {
    setBusy(true);
    try {
      await api.post(`media/${attachment.id}/attempts/`);
      desk.say({ text: viewerWords.asked(), tone: "" });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      desk.say({ text: error.message, tone: "danger" });
    } finally {
      setBusy(false);
    }
  }
  return html`<${Button} class="button" data-variant="link" data-size="sm" why=${isBusy ? words.loading() : ""} onClick=${ask}><${Icon} name="lucide-rotate-cw" size="sm" />${viewerWords.fetchAgain()}<//>`;
}
