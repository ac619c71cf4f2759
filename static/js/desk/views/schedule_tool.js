// The composer's button for words that go out later; its sheet is read when it is asked for.

import { html, useParts } from "desk/views/html.js";
import { Button, Icon } from "desk/views/bits.js";
import { lazily } from "desk/views/lazily.js";
import { media } from "desk/words/media.js";
import { schedulingWords } from "desk/words/scheduling.js";

const Scheduling = lazily(() => import("desk/views/scheduling.js").then((module) => module.Scheduling));

/** @param {import("desk/desk.js").Desk} desk @param {import("desk/writer.js").Writer} writer */
export function openScheduling(desk, writer) {
  desk.dialog.value = { kind: "sheet", View: Scheduling, props: { writer } };
}

/** @param {{writer: import("desk/writer.js").Writer}} props */
export function ScheduleTool({ writer }) {
  const { desk } = useParts();
  return html`<${Button} class="icon-button" data-wide-only label=${schedulingWords.schedule()} why=${writer.mode === "note" ? media.notInNotes() : ""}
    onClick=${() => openScheduling(desk, writer)}><${Icon} name="lucide-calendar-clock" /><//>`;
}
