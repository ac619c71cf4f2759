// The words of the emoji picker. What each emoji is called comes with the list.

import { fill, gettext } from "desk/words/gettext.js";

export const emojiWords = {
  emoji: () => gettext("Emoji"),
  search: () => gettext("Search emoji"),
  groups: () => gettext("Kinds of emoji"),
  found: () => gettext("What was found"),
  /** @param {number} group */
  group: (group) =>
    /** @type {Record<string, string>} */ ({
      "-1": gettext("Used lately"), 0: gettext("Smileys and emotion"), 1: gettext("People and body"), 3: gettext("Animals and nature"), 4: gettext("Food and drink"),
      5: gettext("Travel and places"), 6: gettext("Activities"), 7: gettext("Objects"), 8: gettext("Symbols"), 9: gettext("Flags"),
    })[String(group)] ?? "",
  /** @param {string} query */
  nothing: (query) => fill(gettext("No emoji is called “%(query)s”."), { query }),
  noneRecent: () => gettext("The emoji you use appear here."),
  failed: () => gettext("The emoji could not be read."),
};
