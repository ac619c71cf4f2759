// The words of the palette and of the keys.

import { fill, gettext } from "desk/words/gettext.js";

export const keyWords = {
  // ── The sheet ──
  title: () => gettext("Keyboard shortcuts"),
  /** @param {string} group */
  group: (group) => ({ go: gettext("Move around"), talk: gettext("The open conversation"), desk: gettext("The desk"), fixed: gettext("Always") })[group] ?? group,
  /** @param {string} name */
  action: (name) => ({
    next: gettext("Next conversation"), previous: gettext("Previous conversation"), list: gettext("Go to the list"), search: gettext("Search in the tray"),
    pending: gettext("Pending tray"), in_progress: gettext("In progress tray"), attended: gettext("Attended tray"), filters: gettext("Filters"),
    write: gettext("Write a reply"), note: gettext("Write an internal note"), take: gettext("Take the conversation"), release: gettext("Give it back to Pending"),
    begin: gettext("Move it to In progress"), finish: gettext("Close with an outcome"), side: gettext("Show or hide the contact card"),
    palette: gettext("Everything: search and commands"), pause: gettext("Pause or resume"), attention: gettext("What waits for attention"), help: gettext("Show this sheet"), close: gettext("Close what is open, or back to the list"),
    send: gettext("Send the message"), line: gettext("New line"), confirm: gettext("Confirm a dialog"), open: gettext("Open the conversation"), find: gettext("Search in the conversation"), everything: gettext("Search everywhere"),
  })[name] ?? name,
  change: () => gettext("Change"),
  /** @param {string} action */
  changeOf: (action) => fill(gettext("Change the key of “%(action)s”"), { action }),
  press: () => gettext("Press the new keys… Esc leaves them, Backspace removes them"),
  none: () => gettext("no key"),
  /** @param {string} action */
  usedBy: (action) => fill(gettext("“%(action)s” uses it already. Choose another."), { action }),
  reserved: () => gettext("The browser or a dialog needs that one. Choose another."),
  reset: () => gettext("Reset all"),
  enterSends: () => gettext("Enter sends the message"),
  enterSendsHint: () => gettext("Turn it off and Enter breaks the line; Ctrl+Enter sends."),
  singleKeys: () => gettext("Single-key shortcuts"),
  singleKeysHint: () => gettext("Turn them off if you dictate or if they get in the way."),

  // ── The palette ──
  palette: () => gettext("Search or command"),
  palettePlaceholder: () => gettext("Search a conversation, a contact or a command"),
  commands: () => gettext("Commands"),
  conversations: () => gettext("Conversations"),
  searching: () => gettext("Searching…"),
  /** @param {string} query */
  nothing: (query) => fill(gettext("Nothing matches “%(query)s”."), { query }),
  searchFailed: () => gettext("The search did not answer. The commands still work."),
  paletteHint: () => gettext("↑ ↓ to choose · Enter to do it · Esc to leave"),
  /** @param {string} tray */
  goTo: (tray) => fill(gettext("Go to %(tray)s"), { tray }),
  /** @param {string} name */
  status: (name) => fill(gettext("Auxiliary: %(name)s"), { name }),
  /** @param {string} name */
  view: (name) => fill(gettext("View: %(name)s"), { name }),
  /** @param {string} outcome */
  closeAs: (outcome) => fill(gettext("Close as %(outcome)s"), { outcome }),
  /** @param {string} theme */
  theme: (theme) => ({ light: gettext("Theme: light"), dark: gettext("Theme: dark"), system: gettext("Theme: as the system") })[theme] ?? theme,
  /** @param {string} name */
  language: (name) => fill(gettext("Language: %(name)s"), { name }),
  /** @param {string} name */
  page: (name) => fill(gettext("Open %(name)s"), { name }),
  compact: () => gettext("Compact list"),
  comfortable: () => gettext("Comfortable list"),
};
