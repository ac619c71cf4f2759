// The words of looking at files.

import { fill, figure, gettext, ngettext } from "desk/words/gettext.js";

export const viewerWords = {
  viewer: () => gettext("Files of the conversation"),
  next: () => gettext("Next"),
  previous: () => gettext("Previous"),
  noNext: () => gettext("This is the last one."),
  noPrevious: () => gettext("This is the first one."),
  larger: () => gettext("Larger"),
  smaller: () => gettext("Smaller"),
  whole: () => gettext("Show all of it"),
  turn: () => gettext("Turn"),
  download: () => gettext("Download"),
  /** @param {number} place @param {number} count @param {boolean} hasMore */
  placeOf: (place, count, hasMore) => fill(gettext("%(place)s of %(count)s"), { place: figure(place), count: `${figure(count)}${hasMore ? "+" : ""}` }),
  /** @param {string} what @param {string} who @param {string} when */
  alt: (what, who, when) => fill(gettext("%(what)s of %(who)s, %(when)s"), { what, who, when }),
  /** @param {string} name */
  open: (name) => fill(gettext("See %(name)s"), { name }),
  documentHint: () => gettext("This document cannot be previewed. Download it to read it."),
  /** @param {number} shown @param {number} count */
  pagesShown: (shown, count) =>
    shown < count
      ? fill(gettext("The first %(shown)s of %(count)s pages. Download it to read all of it."), { shown: figure(shown), count: figure(count) })
      : fill(ngettext("%(count)s page", "%(count)s pages", count), { count: figure(count) }),
  withdrawn: () => gettext("It is not in this conversation any more."),
  fetchAgain: () => gettext("Ask for it again"),
  asked: () => gettext("It was asked for again."),
};
