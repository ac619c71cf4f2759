// Behaviours of server-rendered pages: <element data-behaviour="copy local-time"> gets each of those named, once. What is fetched later
// says so by a `ui:fragment` event on the element it stands in, and gets its own.

import { start as autoSubmit } from "ui/auto-submit.js";
import { start as beside } from "ui/beside.js";
import { start as call } from "ui/call.js";
import { start as chips } from "ui/chips.js";
import { start as copy } from "ui/copy.js";
import { start as dialog } from "ui/dialog.js";
import { start as documentCheck } from "ui/document-check.js";
import { start as fragment } from "ui/fragment.js";
import { start as greeting } from "ui/greeting.js";
import { start as guest } from "ui/guest.js";
import { start as inSight } from "ui/in-sight.js";
import { start as kept } from "ui/kept.js";
import { start as language } from "ui/language.js";
import { start as listSection } from "ui/list-section.js";
import { start as localTime } from "ui/local-time.js";
import { start as more } from "ui/more.js";
import { start as picker } from "ui/picker.js";
import { start as points } from "ui/points.js";
import { start as readyPreview } from "ui/ready-preview.js";
import { start as reveal } from "ui/reveal.js";
import { start as ruleCount } from "ui/rule-count.js";
import { start as searchPick } from "ui/search-pick.js";
import { start as sectionTabs } from "ui/section-tabs.js";
import { start as shownWhen } from "ui/shown-when.js";
import { start as slashFocus } from "ui/slash-focus.js";
import { start as sortable } from "ui/sortable.js";
import { start as theme } from "ui/theme.js";
import { start as toast } from "ui/toast.js";
import { start as unsaved } from "ui/unsaved.js";

/** @type {Record<string, (element: any, startIn: (root: ParentNode) => void) => void>} */
const BEHAVIOURS = {
  "auto-submit": autoSubmit,
  beside,
  call,
  chips,
  copy,
  dialog,
  "document-check": documentCheck,
  fragment,
  greeting,
  guest,
  "in-sight": inSight,
  kept,
  language,
  "list-section": listSection,
  "local-time": localTime,
  more,
  picker,
  points,
  "ready-preview": readyPreview,
  reveal,
  "rule-count": ruleCount,
  "search-pick": searchPick,
  "section-tabs": sectionTabs,
  "shown-when": shownWhen,
  "slash-focus": slashFocus,
  sortable,
  theme,
  toast,
  unsaved,
};

/** @type {WeakSet<Element>} */
const started = new WeakSet();

/** Start what is named in a part of the page, each once: a behaviour that fetches a fragment hands it here. @param {ParentNode} root */
function startIn(root) {
  for (const element of root.querySelectorAll("[data-behaviour]")) {
    if (started.has(element)) continue;
    started.add(element);
    for (const name of (element.getAttribute("data-behaviour") ?? "").split(/\s+/)) {
      if (BEHAVIOURS[name]) BEHAVIOURS[name](element, startIn);
      else console.error(`There is no behaviour "${name}"`, element);
    }
  }
}

startIn(document);
document.addEventListener("ui:fragment", (event) => startIn(/** @type {Element} */ (event.target)));
