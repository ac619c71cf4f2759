// Every visible word of the desk, in one place. The msgids are English; the catalogue gives Spanish and Portuguese.
// Calls stay outside of template literals so that xgettext finds them.

import { figure, fill, gettext, ngettext } from "desk/words/gettext.js";

export const words = {
  // ── Time ──
  yesterday: () => gettext("yesterday"),
  /** @param {string} day */
  todayIs: (day) => fill(gettext("Today, %(day)s"), { day }),
  /** @param {string} day */
  yesterdayIs: (day) => fill(gettext("Yesterday, %(day)s"), { day }),
  /** @param {string} time */
  todayAt: (time) => fill(gettext("today %(time)s"), { time }),
  /** @param {string} time */
  yesterdayAt: (time) => fill(gettext("yesterday %(time)s"), { time }),
  /** @param {string} time */
  tomorrowAt: (time) => fill(gettext("tomorrow %(time)s"), { time }),
  /** @param {string} day @param {string} time */
  dayAt: (day, time) => fill(gettext("%(day)s, %(time)s"), { day, time }),

  // ── Trouble ──
  noAnswer: () => gettext("No connection with the server. Try again in a moment."),
  /** @param {number} status */
  serverTrouble: (status) => fill(gettext("The server could not do it (%(status)s). Try again in a moment."), { status }),
  uploadCancelled: () => gettext("The upload was cancelled."),
  letGo: () => gettext("You no longer have access to that conversation."),
  newRelease: () => gettext("There is a new version of Ventanilla. Your drafts are safe."),
  reload: () => gettext("Reload"),
  dismiss: () => gettext("Dismiss"),
  tryAgain: () => gettext("Try again"),

  // ── The list ──
  desk: () => gettext("Desk"),
  conversations: () => gettext("Conversations"),
  trays: () => gettext("Trays"),
  /** @param {import("desk/types.js").Tray} tray */
  tray: (tray) => ({ pending: gettext("Pending"), in_progress: gettext("In progress"), attended: gettext("Attended") })[tray],
  /** @param {number} count @param {boolean} [capped] */
  count: (count, capped) => (capped ? fill(gettext("%(count)s+"), { count: figure(count) }) : figure(count)),
  searchTray: () => gettext("Search in this tray"),
  /** @param {string} tray */
  searchIn: (tray) => fill(gettext("Search by name or number in %(tray)s"), { tray }),
  clearSearch: () => gettext("Clear search"),
  quickFilters: () => gettext("Quick filters"),
  unanswered: () => gettext("Unanswered"),
  unread: () => gettext("Unread"),
  mine: () => gettext("Mine"),
  sort: () => gettext("Sort"),
  compactList: () => gettext("Compact list"),
  /** @param {number} count */
  newAbove: (count) => fill(ngettext("%(count)s new", "%(count)s new ones", count), { count: figure(count) }),
  noFirstReply: () => gettext("No first reply yet"),
  vip: () => gettext("VIP contact"),
  draft: () => gettext("Draft:"),
  answered: () => gettext("Answered"),
  unreadMark: () => gettext("unread"),
  waiting: () => gettext("Waiting"),
  /** @param {string} span */
  waitingSince: (span) => fill(gettext("Waiting for an answer for %(span)s"), { span }),
  /** @param {string} span */
  windowLeft: (span) => fill(gettext("Messaging window: %(span)s left"), { span }),
  windowOver: () => gettext("The messaging window is closed"),
  /** @param {string} name */
  ownedBy: (name) => fill(gettext("In charge: %(name)s"), { name }),
  unassigned: () => gettext("Unassigned"),
  loadingMore: () => gettext("Loading more conversations…"),
  moreFailed: () => gettext("The rest of the list could not be read."),
  listFailed: () => gettext("The list could not be read"),
  listFailedHint: () => gettext("It is read again by itself when the connection returns."),
  /** @param {import("desk/types.js").Tray} tray */
  emptyTitle: (tray) =>
    ({ pending: gettext("Nobody is waiting"), in_progress: gettext("Nothing in progress"), attended: gettext("Nothing attended yet") })[tray],
  /** @param {import("desk/types.js").Tray} tray */
  emptyHint: (tray) =>
    ({
      pending: gettext("New conversations appear here by themselves."),
      in_progress: gettext("The conversations you answer appear here."),
      attended: gettext("The conversations that are closed appear here."),
    })[tray],
  /** @param {string} tray */
  nothingFound: (tray) => fill(gettext("No results in %(tray)s"), { tray }),
  /** @param {string} search */
  nothingMatches: (search) => fill(gettext("Nothing matches “%(search)s”."), { search }),
  nothingWithFilters: () => gettext("No conversation has everything the filters ask for."),
  /** @param {number} count @param {string} tray */
  matchesElsewhere: (count, tray) =>
    fill(ngettext("See %(count)s match in %(tray)s", "See %(count)s matches in %(tray)s", count), { count: figure(count), tray }),
  clearFilters: () => gettext("Clear filters"),

  // ── The thread ──
  /** @param {string} name */
  conversationWith: (name) => fill(gettext("Conversation with %(name)s"), { name }),
  chooseConversation: () => gettext("Choose a conversation"),
  chooseHint: () => gettext("What you write is kept: you can come and go between conversations."),
  missingTitle: () => gettext("That conversation is not here"),
  missingHint: () => gettext("It does not exist or you are not one of those who may see it."),
  threadFailed: () => gettext("The conversation could not be read"),
  messages: () => gettext("Messages"),
  /** @param {number} count */
  newMessages: (count) => fill(ngettext("%(count)s new message", "%(count)s new messages", count), { count: figure(count) }),
  /** @param {string} who @param {string} what */
  messageFrom: (who, what) => fill(gettext("%(who)s: %(what)s"), { who, what }),
  goToNew: () => gettext("Go to the new messages"),
  goToEnd: () => gettext("Go to the end"),
  loadingOlder: () => gettext("Loading earlier messages…"),
  note: () => gettext("Internal note"),
  automatic: () => gettext("Automatic message"),
  cannotShow: () => gettext("This kind of message cannot be shown yet"),
  cannotShowHint: () => gettext("It is kept and nothing of it is lost."),
  showAll: () => gettext("Show all of it"),
  openPicture: () => gettext("Open the picture"),
  picture: () => gettext("Picture"),
  /** @param {string} kind */
  kindName: (kind) =>
    ({
      image: gettext("Picture"),
      video: gettext("Video"),
      audio: gettext("Audio"),
      voice: gettext("Voice message"),
      document: gettext("Document"),
      sticker: gettext("Sticker"),
      location: gettext("Location"),
      contacts: gettext("Contact"),
      interactive: gettext("Chosen answer"),
      order: gettext("Order"),
      template: gettext("Template"),
      deleted: gettext("Deleted message"),
      text: gettext("Message"),
    })[kind] ?? gettext("Message of another kind"),
  /** @param {string} type */
  cannotShowType: (type) => fill(gettext("A message of the kind “%(type)s” cannot be shown yet"), { type }),
  fileComing: () => gettext("The file is being received…"),
  fileFailed: () => gettext("The file could not be received"),
  fileUnplayable: () => gettext("This browser cannot play it. Download it."),
  fileNotOpened: () => gettext("It could not be opened"),
  /** @param {string} kind */
  play: (kind) => fill(gettext("Play: %(kind)s"), { kind }),
  pause: () => gettext("Pause"),
  playPosition: () => gettext("Position"),
  /** @param {string} elapsed @param {string} total */
  elapsedOf: (elapsed, total) => fill(gettext("%(elapsed)s of %(total)s"), { elapsed, total }),
  /** @param {string} rate */
  playSpeed: (rate) => fill(gettext("Speed: %(rate)s×"), { rate }),
  /** @param {string} name */
  download: (name) => fill(gettext("Download %(name)s"), { name }),
  openMap: () => gettext("Open the map"),
  forwarded: () => gettext("Forwarded"),
  fromAd: () => gettext("It came from an advertisement"),
  fromPost: () => gettext("It came from a post"),
  seeAd: () => gettext("See it"),
  pressedButton: () => gettext("Chose a button"),
  choseFromList: () => gettext("Chose from the list"),
  filledForm: () => gettext("Filled in the form"),
  /** @param {number} count */
  orderOf: (count) => fill(ngettext("Order of %(count)s product", "Order of %(count)s products", count), { count: figure(count) }),
  /** @param {string} count */
  quantity: (count) => fill(gettext("Quantity: %(count)s"), { count: count || "—" }),
  total: () => gettext("Total"),
  edited: () => gettext("Edited"),
  deleted: () => gettext("This message was deleted"),
  quotedTooFar: () => gettext("That message is not within reach: it is too far up, or in another conversation."),
  quotedMissing: () => gettext("Message not available"),
  customer: () => gettext("Customer"),
  us: () => gettext("Us"),
  /** @param {string} who @param {string} what */
  answerTo: (who, what) => fill(gettext("It answers %(who)s: %(what)s"), { who, what }),
  reactions: () => gettext("Reactions"),
  /** @param {string} who @param {string} emoji */
  reactingWith: (who, emoji) => fill(gettext("%(who)s reacted with %(emoji)s; not sent yet"), { who, emoji }),
  /** @param {string} who @param {string} emoji */
  reactedWith: (who, emoji) => fill(gettext("%(who)s reacted with %(emoji)s"), { who, emoji }),
  pictureComing: () => gettext("The picture is being received…"),
  pictureFailed: () => gettext("The picture could not be received"),
  /** @param {string} percent */
  uploading: (percent) => fill(gettext("Uploading: %(percent)s"), { percent }),
  cancelUpload: () => gettext("Cancel the upload"),
  retry: () => gettext("Retry"),
  remove: () => gettext("Remove"),
  lostAnswer: () => gettext("It was sent, but the service did not answer. We are waiting for the confirmation; there is no need to send it again."),
  resend: () => gettext("Send again"),
  discard: () => gettext("Discard"),
  discardHint: () => gettext("It leaves this thread. If it did arrive, the customer keeps it."),
  neverConfirmed: () => gettext("It was sent, but its confirmation never came. Perhaps the customer has it, perhaps not."),
  resendTitle: () => gettext("Send it again?"),
  resendAnyway: () => gettext("Send it again all the same"),
  willSend: () => gettext("No connection. It is sent by itself when it returns."),
  /** @param {number} count */
  events: (count) => fill(ngettext("%(count)s movement", "%(count)s movements", count), { count: figure(count) }),
  /** @param {string} state */
  tick: (state) =>
    ({
      queued: gettext("Not sent yet"),
      sent: gettext("Sent, not delivered yet"),
      delivered: gettext("Delivered"),
      read: gettext("Read"),
      failed: gettext("Failed"),
      unknown: gettext("Unconfirmed"),
    })[state] ?? "",

  // ── What happened (the name comes as an element, in the place of the mark) ──
  taken: () => gettext("%(actor)s took the conversation"),
  assignedTo: () => gettext("Assigned to %(assignee)s"),
  givenBack: () => gettext("%(actor)s let the conversation go: it is back in the queue"),
  returned: () => gettext("%(assignee)s left: the conversation is back in the queue"),
  returnedUnanswered: () => gettext("%(assignee)s had not answered: the conversation is back in the queue"),
  closedBy: () => gettext("%(actor)s closed the conversation"),
  closed: () => gettext("The conversation was closed"),
  reopened: () => gettext("The conversation was reopened"),
  takenOver: () => gettext("%(actor)s took the conversation over"),
  newNumber: () => gettext("The customer changed their number: they are answered at the new one"),
  newNumberTaken: () => gettext("The customer changed their number; the new one belongs to another contact"),
  newIdentity: () => gettext("The customer uses another device or installed the app again"),
  begun: () => gettext("%(actor)s moved it to In progress"),
  reopenedBy: () => gettext("%(actor)s reopened it"),
  otherEvent: () => gettext("%(actor)s: something changed"),
  system: () => gettext("System"),

  // ── Header and actions ──
  /** @param {string} account */
  channelDown: (account) => fill(gettext("%(account)s is disconnected."), { account }),
  channelDownHint: () => gettext("Messages wait in the queue and go out by themselves when it reconnects."),
  back: () => gettext("Back to the list"),
  take: () => gettext("Take"),
  giveBack: () => gettext("Let go"),
  released: () => gettext("The conversation is back in the queue."),
  finish: () => gettext("Close conversation"),
  finishShort: () => gettext("Finish"),
  moreActions: () => gettext("More actions"),
  toggleSide: () => gettext("Show or hide the contact"),
  contactCard: () => gettext("Contact card"),
  /** @param {string} when */
  assignedSince: (when) => fill(gettext("Assigned %(when)s"), { when }),
  windowLabel: () => gettext("Window:"),
  /** @param {string} when */
  windowUntil: (when) => fill(gettext("You can write freely until %(when)s."), { when }),
  windowShut: () => gettext("Window closed"),

  // ── Composer ──
  mode: () => gettext("Mode"),
  reply: () => gettext("Reply"),
  message: () => gettext("Message"),
  writeReply: () => gettext("Write a message"),
  writeNote: () => gettext("Write a note for your team"),
  onlyTeam: () => gettext("Only your team sees it"),
  /** @param {string} number @param {string} account */
  toFrom: (number, account) => fill(gettext("to %(number)s from %(account)s"), { number, account }),
  /** @param {string} account */
  from: (account) => fill(gettext("from %(account)s"), { account }),
  send: () => gettext("Send"),
  saveNote: () => gettext("Save note"),
  caption: () => gettext("Add a caption"),
  /** @param {string} name */
  removeFile: (name) => fill(gettext("Remove %(name)s"), { name }),
  nothingToSend: () => gettext("Write something first."),
  /** @param {number} over */
  tooLong: (over) => fill(ngettext("%(over)s character too many.", "%(over)s characters too many.", over), { over: figure(over) }),
  draftSaving: () => gettext("Saving…"),
  draftSaved: () => gettext("Draft saved"),
  draftHere: () => gettext("Draft kept on this device"),
  draftElsewhere: () => gettext("You wrote something else here from another window:"),
  useTheirs: () => gettext("Use that one"),
  useMine: () => gettext("Keep this one"),
  /** @param {number} hours @param {string} span */
  windowClosedAgo: (hours, span) => fill(gettext("The %(hours)s h window closed %(span)s ago"), { hours, span }),
  windowNeverOpen: () => gettext("The customer has not written yet"),
  windowClosedHint: () => gettext("It opens again when the customer writes."),
  takeOverHint: () => gettext("You can take it over: it becomes yours."),
  draftIsKept: () => gettext("Your draft is kept."),
  closedTitle: () => gettext("The conversation is closed"),
  notTakenTitle: () => gettext("Nobody is in charge yet"),
  /** @param {string} name */
  otherInCharge: (name) => fill(gettext("%(name)s is in charge"), { name }),
  cannotWrite: () => gettext("You cannot write here"),

  // ── Contact ──
  points: () => gettext("Ways to reach them"),
  primaryPoint: () => gettext("Main"),
  businessId: () => gettext("WhatsApp identifier"),
  windowOpenPoint: () => gettext("window open"),
  noPoints: () => gettext("No number or address is known."),
  copy: () => gettext("Copy"),
  /** @param {string} value */
  copyValue: (value) => fill(gettext("Copy %(value)s"), { value }),
  copied: () => gettext("Copied."),
  closePanel: () => gettext("Close the panel"),
  client: () => gettext("Client"),
  project: () => gettext("Project"),
  campaign: () => gettext("Campaign"),
  service: () => gettext("Service"),
  tray_: () => gettext("Tray"),
  inCharge: () => gettext("In charge"),
  assigned: () => gettext("Assigned"),
  lastActivity: () => gettext("Last activity"),
  closedOn: () => gettext("Closed"),
  outcome: () => gettext("Outcome"),
  conversation: () => gettext("Conversation"),

  // ── Closing ──
  closeTitle: () => gettext("Close the conversation"),
  /** @param {string} span */
  handled: (span) => fill(gettext("%(span)s of attention"), { span }),
  closeMode: () => gettext("Kind of closing"),
  normalClose: () => gettext("Normal"),
  quickClose: () => gettext("Quick close"),
  typification: () => gettext("Outcome type"),
  searchTypification: () => gettext("Search an outcome type"),
  noTypification: () => gettext("No outcome type matches."),
  noneOffered: () => gettext("This campaign offers no outcome type. Ask your supervisor for one."),
  noneQuick: () => gettext("No outcome type allows a quick close."),
  /** @param {string} name */
  subtypificationOf: (name) => fill(gettext("Outcome of “%(name)s”"), { name }),
  /** @param {number} count */
  subtypifications: (count) => fill(ngettext("%(count)s outcome", "%(count)s outcomes", count), { count: figure(count) }),
  requiresNote: () => gettext("Requires a note"),
  closingNote: () => gettext("Closing note"),
  optional: () => gettext("optional"),
  /** @param {string} time */
  noteFrom: (time) => fill(gettext("It comes from your internal note of %(time)s. You can edit it."), { time }),
  chooseFirst: () => gettext("Choose an outcome type to see its outcomes here."),
  /** @param {string} name */
  nothingMoreToChoose: (name) => fill(gettext("“%(name)s” needs nothing else."), { name }),
  chooseTypification: () => gettext("Choose an outcome type."),
  chooseSubtypification: () => gettext("Choose an outcome."),
  writeClosingNote: () => gettext("This outcome requires a note."),
  readyToClose: () => gettext("It moves to Attended."),
  cancel: () => gettext("Cancel"),
  closeDialog: () => gettext("Close this dialog"),
  loading: () => gettext("Loading…"),
  /** @param {string} outcome */
  closedAs: (outcome) => fill(gettext("Conversation closed: %(outcome)s"), { outcome }),

  // ── Status bar ──
  statusBar: () => gettext("Status"),
  switchAux: () => gettext("Switch auxiliary"),
  noAux: () => gettext("No auxiliary"),
  /** @param {number} count */
  pendingAttention: (count) => fill(ngettext("%(count)s waiting for attention", "%(count)s waiting for attention", count), { count: figure(count) }),
  /** @param {number} count */
  online: (count) => fill(ngettext("%(count)s online", "%(count)s online", count), { count: figure(count) }),
  peopleOnline: () => gettext("People online"),
  nobodyOnline: () => gettext("Nobody else is online."),
  connected: () => gettext("Connected"),
  reconnecting: () => gettext("Reconnecting…"),
  keptHint: () => gettext("What you write is kept and goes out when it returns."),
  offline: () => gettext("No connection"),
  /** @param {number} count */
  offlineWaiting: (count) => fill(ngettext("No connection · %(count)s waiting", "No connection · %(count)s waiting", count), { count: figure(count) }),
  /** @param {string} time */
  updatedAt: (time) => fill(gettext("Updated %(time)s"), { time }),
};
