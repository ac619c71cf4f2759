// Behaviours of server-rendered pages: <element data-behaviour="copy local-time"> gets each of those named, once.

import { start as autoSubmit } from "ui/auto-submit.js";
import { start as copy } from "ui/copy.js";
import { start as dialog } from "ui/dialog.js";
import { start as greeting } from "ui/greeting.js";
import { start as language } from "ui/language.js";
import { start as localTime } from "ui/local-time.js";
import { start as reveal } from "ui/reveal.js";
import { start as theme } from "ui/theme.js";

/** @type {Record<string, (element: any) => void>} */
const BEHAVIOURS = {
  "auto-submit": autoSubmit,
  copy,
  dialog,
  greeting,
  language,
  "local-time": localTime,
  reveal,
  theme,
};

for (const element of document.querySelectorAll("[data-behaviour]")) {
  for (const name of (element.getAttribute("data-behaviour") ?? "").split(/\s+/)) {
    if (BEHAVIOURS[name]) BEHAVIOURS[name](element);
    else console.error(`There is no behaviour "${name}"`, element);
  }
}
