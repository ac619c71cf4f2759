// The words of the list, its filters and views, the bar at the foot, the palette and the keys.

import { figure, fill, gettext, ngettext } from "desk/words/gettext.js";

export const listWords = {
  attentionPanel: () => gettext("Attention panel"),
  messagesHeading: () => gettext("Messages"),

  // ── All that match ──
  /** @param {string} shown @param {number} count */
  allThatMatch: (shown, count) => fill(ngettext("Select the %(count)s that matches", "Select the %(count)s that match", count), { count: shown }),
  assignAll: () => gettext("Assign them…"),
  tagAll: () => gettext("Tag their contacts…"),
  closeAll: () => gettext("Close them…"),

  // ── Filters ──
  filters: () => gettext("Filters"),
  /** @param {number} count */
  filtersOn: (count) => fill(ngettext("Filters: %(count)s applied", "Filters: %(count)s applied", count), { count: figure(count) }),
  clearAll: () => gettext("Clear all"),
  done: () => gettext("Done"),
  /** @param {number} count */
  matches: (count) => fill(ngettext("%(count)s conversation", "%(count)s conversations", count), { count: figure(count) }),
  service: () => gettext("Service"),
  campaign: () => gettext("Campaign"),
  team: () => gettext("Team"),
  assignee: () => gettext("Agent in charge"),
  state: () => gettext("State"),
  window: () => gettext("Messaging window"),
  lastActivity: () => gettext("Last activity"),
  since: () => gettext("From"),
  until: () => gettext("To"),
  me: () => gettext("Me"),
  unassigned: () => gettext("Nobody in charge"),
  searchPeople: () => gettext("Search a person"),
  nobodyMatches: () => gettext("Nobody matches."),
  /** @param {string} name */
  flag: (name) => ({ unread: gettext("Unread"), unreplied: gettext("No first reply"), unanswered: gettext("Waiting for attention"), answered: gettext("Already answered") })[name] ?? name,
  /** @param {string} name */
  windowState: (name) => ({ ending: gettext("Ends in less than 2 h"), open: gettext("Open window"), closed: gettext("Closed window") })[name] ?? name,
  /** @param {string} day */
  sinceDay: (day) => fill(gettext("Since %(day)s"), { day }),
  /** @param {string} day */
  untilDay: (day) => fill(gettext("Until %(day)s"), { day }),
  /** @param {string} filter */
  removeFilter: (filter) => fill(gettext("Remove the filter %(filter)s"), { filter }),
  appliedFilters: () => gettext("Applied filters"),
  unknownValue: () => gettext("no longer there"),
  everywhere: () => gettext("All trays"),
  searchEverywhere: () => gettext("Search in all trays"),
  nothingAnywhereTitle: () => gettext("No results in any tray"),
  /** @param {string} order */
  order: (order) => ({
    "-last_activity": gettext("Latest activity first"), last_activity: gettext("Oldest activity first"), waiting: gettext("Longest waiting first"), "-waiting": gettext("Shortest waiting first"),
    name: gettext("Name, A to Z"), "-name": gettext("Name, Z to A"), window: gettext("Window that ends first"), "-window": gettext("Window that ends last"),
  })[order] ?? order,
  orderNotHere: () => gettext("In Attended nobody waits and no window is open."),
  onlyWaiting: () => gettext("This order shows only who waits for an answer."),
  onlyOpen: () => gettext("This order shows only open windows."),

  // ── Views ──
  views: () => gettext("Saved views"),
  saveView: () => gettext("Save as a view"),
  saveViewFirst: () => gettext("Apply a filter to save it as a view."),
  viewName: () => gettext("Name of the view"),
  viewNameHint: () => gettext("For example: urgent, my VIPs, no first reply."),
  save: () => gettext("Save"),
  saved: () => gettext("View saved."),
  /** @param {string} name */
  renameOf: (name) => fill(gettext("Rename “%(name)s”"), { name }),
  /** @param {string} name */
  deleteOf: (name) => fill(gettext("Delete “%(name)s”"), { name }),
  /** @param {string} name */
  upOf: (name) => fill(gettext("Move “%(name)s” up"), { name }),
  /** @param {string} name */
  downOf: (name) => fill(gettext("Move “%(name)s” down"), { name }),
  undo: () => gettext("Undo"),
  /** @param {string} name */
  viewDeleted: (name) => fill(gettext("View “%(name)s” deleted."), { name }),

  // ── The bar at the foot ──
  pause: () => gettext("Pause"),
  resume: () => gettext("Resume"),
  /** @param {string} name */
  resumeTo: (name) => fill(gettext("Resume in %(name)s"), { name }),
  pauseTitle: () => gettext("Pause reception"),
  pauseHint: () => gettext("You receive no new conversations. Those you have in hand stay with you."),
  pauseReason: () => gettext("Reason"),
  pauseNote: () => gettext("Comment"),
  optional: () => gettext("optional"),
  choosePause: () => gettext("Choose a reason."),
  noPauses: () => gettext("There is no auxiliary for a pause. Ask your supervisor for one."),
  /** @param {number} minutes */
  upTo: (minutes) => fill(gettext("Up to %(minutes)s min"), { minutes }),
  worksActive: () => gettext("You keep answering what you have"),
  worksNothing: () => gettext("You do not attend conversations"),
  /** @param {string} name */
  pausedIn: (name) => fill(gettext("You are in %(name)s. No new conversations reach you."), { name }),
  /** @param {string} span */
  overTime: (span) => fill(gettext("%(span)s over the maximum"), { span }),
  cancel: () => gettext("Cancel"),
  workRecords: () => gettext("Work records"),
  workRecordsHint: () => gettext("The records of your bases, one after another. It opens in a tab of its own."),
  recordOpen: () => gettext("Open record"),
  /** @param {string} base */
  recordOpenHint: (base) => fill(gettext("You have a record of %(base)s open: no new chat reaches you and no other conversation can be closed until you finish it or give it back."), { base }),
  closeDialog: () => gettext("Close this dialog"),
  showAttention: () => gettext("Show only what waits for attention, in all trays"),

  // ── Trays by hand ──
  /** @param {string} tray */
  inTray: (tray) => fill(gettext("Tray: %(tray)s"), { tray }),
  moveTo: () => gettext("Move to another tray"),
  toPending: () => gettext("Back to Pending"),
  toProgress: () => gettext("Move to In progress"),
  reopen: () => gettext("Reopen in In progress"),
  toAttended: () => gettext("Close with an outcome"),
  moved: () => gettext("It is in In progress."),
  reopened: () => gettext("Reopened: it is in In progress."),
  hereAlready: () => gettext("It is here already."),

  // ── Panes ──
  listWidth: () => gettext("Width of the list"),
  sideWidth: () => gettext("Width of the contact card"),
  showList: () => gettext("Show the list"),
};
