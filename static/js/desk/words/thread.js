// The words of the open conversation: answering, reacting, choosing several, company, finding, the card beside it.

import { figure, fill, gettext, ngettext } from "desk/words/gettext.js";

export const said = {
  // ── What can be done with a message ──
  tools: () => gettext("Message actions"),
  reply: () => gettext("Reply to this message"),
  react: () => gettext("React"),
  /** @param {string} emoji */
  reactWith: (emoji) => fill(gettext("React with %(emoji)s"), { emoji }),
  /** @param {string} emoji */
  removeReaction: (emoji) => fill(gettext("Remove your reaction %(emoji)s"), { emoji }),
  moreEmoji: () => gettext("Another emoji"),
  more: () => gettext("More actions of the message"),
  copyText: () => gettext("Copy the text"),
  textCopied: () => gettext("Text copied."),
  copyLink: () => gettext("Copy a link to the message"),
  linkCopied: () => gettext("Link copied."),
  forward: () => gettext("Forward"),
  select: () => gettext("Select several"),
  info: () => gettext("Message details"),
  notYetThere: () => gettext("WhatsApp has not confirmed this message yet."),
  onlyHere: () => gettext("It belongs to an earlier conversation: it can be copied and forwarded."),
  /** @param {string} who */
  answering: (who) => fill(gettext("Answering %(who)s"), { who }),
  stopAnswering: () => gettext("Do not quote"),

  // ── Several at once ──
  /** @param {number} count */
  selected: (count) => fill(ngettext("%(count)s selected", "%(count)s selected", count), { count: figure(count) }),
  selectMessage: () => gettext("Select the message"),
  chooseSome: () => gettext("Choose at least one message."),
  nothingToCopy: () => gettext("None of them has text to copy."),
  stopSelecting: () => gettext("Cancel"),
  forwardTitle: () => gettext("Forward to another conversation"),
  /** @param {number} count */
  forwardHint: (count) => fill(ngettext("%(count)s message goes out as a new one, in your name.", "%(count)s messages go out as new ones, in your name.", count), { count: figure(count) }),
  searchMine: () => gettext("Search among your conversations"),
  noneToForward: () => gettext("None of your conversations can be written to now."),
  noneMatches: () => gettext("None of your conversations matches."),
  windowClosed: () => gettext("Its messaging window is closed."),
  /** @param {number} count @param {string} name */
  forwarded: (count, name) => fill(ngettext("%(count)s message forwarded to %(name)s.", "%(count)s messages forwarded to %(name)s.", count), { count: figure(count), name }),
  /** @param {number} count */
  notForwarded: (count) => fill(ngettext("%(count)s message was not forwarded:", "%(count)s messages were not forwarded:", count), { count: figure(count) }),
  open: () => gettext("Open"),

  // ── One message in detail ──
  author: () => gettext("Written by"),
  writtenAt: () => gettext("Written"),
  state: () => gettext("State"),
  reason: () => gettext("Reason"),
  code: () => gettext("WhatsApp's code"),
  kind: () => gettext("Kind"),
  file: () => gettext("File"),

  // ── Company ──
  /** @param {string} names */
  here: (names) => fill(gettext("Also looking: %(names)s"), { names }),
  /** @param {string} name */
  writing: (name) => fill(gettext("%(name)s is writing…"), { name }),
  /** @param {string} name */
  writingNote: (name) => fill(gettext("%(name)s is writing a note…"), { name }),
  /** @param {number} count */
  severalWriting: (count) => fill(ngettext("%(count)s colleague is writing…", "%(count)s colleagues are writing…", count), { count: figure(count) }),
  /** @param {string} name */
  answeredMeanwhile: (name) => fill(gettext("%(name)s answered while you were writing. Look at their message before you send."), { name }),
  sendAnyway: () => gettext("Send anyway"),
  keepEditing: () => gettext("Keep editing"),
  stepIn: () => gettext("Step in"),
  stepInHint: () => gettext("You can take it over, or leave an internal note without taking it."),
  whisper: () => gettext("Whisper a note"),

  // ── Finding ──
  find: () => gettext("Search in the conversation"),
  findHint: () => gettext("Search in this conversation"),
  /** @param {number} at @param {number} of @param {boolean} more */
  place: (at, of, more) => fill(gettext("%(at)s of %(of)s"), { at: figure(at), of: `${figure(of)}${more ? "+" : ""}` }),
  notFound: () => gettext("No results"),
  nextFound: () => gettext("Next result"),
  previousFound: () => gettext("Previous result"),
  closeFind: () => gettext("Close the search"),
  everything: () => gettext("Search everywhere"),
  everythingHint: () => gettext("Name, number or words of a message"),
  people: () => gettext("Contacts"),
  messages: () => gettext("Messages"),
  nothing: () => gettext("Nothing was found"),
  /** @param {string} query */
  nothingHint: (query) => fill(gettext("No conversation you may see has “%(query)s”. Try fewer letters, or part of the number."), { query }),
  typeMore: () => gettext("Type at least two characters. Accents do not matter."),
  notWhole: () => gettext("These are the most recent ones. Add a word to look further back."),
  failed: () => gettext("The search could not be done."),

  // ── The card ──
  tabs: () => gettext("Contact card"),
  contact: () => gettext("Contact"),
  history: () => gettext("History"),
  files: () => gettext("Files"),
  copyNumber: () => gettext("Copy no."),
  noNumber: () => gettext("This contact has no number."),
  findShort: () => gettext("Search"),
  linkShort: () => gettext("Copy link"),
  noHistory: () => gettext("No other conversations"),
  noHistoryHint: () => gettext("When this person writes again, what was said before stays here."),
  goThere: () => gettext("Open this conversation"),
  backToHistory: () => gettext("All conversations"),
  loadMore: () => gettext("Show more"),
  readingFailed: () => gettext("This could not be read."),
  fileGroups: () => gettext("Kind of file"),
  media: () => gettext("Photos and videos"),
  documents: () => gettext("Documents"),
  sound: () => gettext("Audio"),
  /** @param {string} group */
  noFiles: (group) => ({ media: gettext("No photos or videos yet"), documents: gettext("No documents yet"), sound: gettext("No audio yet") })[group] ?? "",
  noFilesHint: () => gettext("What this person and your team send each other is gathered here."),
  goToMessage: () => gettext("Go to the message"),
  earlier: () => gettext("Earlier conversation"),
  thisOne: () => gettext("This conversation begins here"),
  beginning: () => gettext("This is the beginning of the history."),
  /** @param {number} hours */
  bounded: (hours) => fill(ngettext("The campaign shows the last %(count)s hour.", "The campaign shows the last %(count)s hours.", hours), { count: figure(hours) }),
  seeMore: () => gettext("See more"),
  /** @param {number} count */
  mostShown: (count) => fill(ngettext("The last %(count)s conversation is shown, as the client asks.", "The last %(count)s conversations are shown, as the client asks.", count), { count: figure(count) }),
};
