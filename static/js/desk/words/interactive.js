// The words of composing buttons and lists.

import { figure, fill, gettext } from "desk/words/gettext.js";

export const interactiveWords = {
  tool: () => gettext("Buttons or a list"),
  notInNotes: () => gettext("Buttons and lists are not part of internal notes."),
  notHere: () => gettext("This channel has no buttons or lists."),
  title: () => gettext("Message with buttons or a list"),
  hint: () => gettext("The customer answers with one tap."),
  type: () => gettext("What it offers"),
  buttons: () => gettext("Buttons"),
  list: () => gettext("List"),
  body: () => gettext("Message"),
  header: () => gettext("Heading"),
  footer: () => gettext("Small print"),
  optional: () => gettext("(optional)"),
  opener: () => gettext("Button that opens the list"),
  openerExample: () => gettext("See options"),
  section: () => gettext("Heading of the list"),
  /** @param {number} number */
  button: (number) => fill(gettext("Button %(number)s"), { number }),
  /** @param {number} number */
  row: (number) => fill(gettext("Row %(number)s"), { number }),
  /** @param {number} number */
  description: (number) => fill(gettext("Description of row %(number)s"), { number }),
  descriptionHere: () => gettext("Description (optional)"),
  /** @param {number} length @param {number} most */
  count: (length, most) => fill(gettext("%(length)s of %(most)s"), { length: figure(length), most: figure(most) }),
  addButton: () => gettext("Add a button"),
  addRow: () => gettext("Add a row"),
  /** @param {number} most */
  noMoreButtons: (most) => fill(gettext("WhatsApp takes at most %(most)s buttons. For more, offer a list."), { most }),
  /** @param {number} most */
  noMoreRows: (most) => fill(gettext("WhatsApp takes at most %(most)s rows."), { most }),
  /** @param {string} name */
  remove: (name) => fill(gettext("Remove %(name)s"), { name }),
  tooLong: (/** @type {number} */ length, /** @type {number} */ most) => fill(gettext("%(length)s characters; at most %(most)s fit."), { length: figure(length), most: figure(most) }),
  needsBody: () => gettext("Write the message that goes with them."),
  needsButton: () => gettext("Say what opens the list."),
  needsTitle: () => gettext("Give it a name."),
  twice: () => gettext("Two of them are the same."),
  preview: () => gettext("As WhatsApp shows it"),
  ready: () => gettext("Ready to send."),
  send: () => gettext("Send"),
  cancel: () => gettext("Cancel"),
};
