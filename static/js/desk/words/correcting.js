// The words of correcting an outcome.

import { fill, gettext } from "desk/words/gettext.js";

export const correctingWords = {
  correct: () => gettext("Correct the outcome"),
  title: () => gettext("Correct the outcome"),
  hint: () => gettext("The conversation stays closed. What it had before stays in its history."),
  before: () => gettext("Corrected before"),
  save: () => gettext("Save the outcome"),
  changeFirst: () => gettext("Choose another outcome or change the note."),
  /** @param {string} outcome */
  corrected: (outcome) => fill(gettext("The outcome is now: %(outcome)s"), { outcome }),
  /** The name comes as an element, in the place of the mark. */
  correctedBy: () => gettext("%(actor)s corrected the outcome"),
};
