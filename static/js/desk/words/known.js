// The words of who a contact is, beside the conversation: mended there, or on the contact's own page.

import { fill, gettext } from "desk/words/gettext.js";
import { channelName } from "desk/words/media.js";

export const knownWords = {
  edit: () => gettext("Edit contact"),
  firstName: () => gettext("First name"),
  lastName: () => gettext("Last name"),
  vip: () => gettext("VIP contact"),
  /** @param {string} name */
  calledThere: (name) => fill(gettext("On their channel they are called «%(name)s»."), { name }),
  save: () => gettext("Save contact"),
  saving: () => gettext("Saving…"),
  saved: () => gettext("Contact saved."),
  nothingNew: () => gettext("Nothing has changed yet."),
  /** @param {string} name */
  changedMeanwhile: (name) => fill(gettext("Somebody else changed it meanwhile: now it says «%(name)s». Save again to put yours in its place."), { name }),
  notRead: () => gettext("The contact could not be read."),
  notYours: () => gettext("This contact is of another team: it is changed there."),
  isFixed: () => gettext("This contact became another one: it is changed there."),
  facts: () => gettext("Who they are"),
  page: () => gettext("Whole record"),
  noFacts: () => gettext("No document, company or address yet."),
  document: () => gettext("Document"),
  company: () => gettext("Company"),
  address: () => gettext("Address"),
  /** How a document is called beside its number: CI for «py-ci», a passport by its word. @param {string} code */
  documentKind: (code) => (code === "passport" ? gettext("Passport") : code.slice(code.lastIndexOf("-") + 1).toUpperCase()),
  /** @param {string} kind */
  pointKind: (kind) => ({ phone: gettext("Telephone"), email: gettext("E-mail"), webchat: gettext("Web chat") })[kind] ?? channelName(kind),
  addPoint: () => gettext("Add a number or an e-mail"),
  point: () => gettext("Number or e-mail"),
  pointHint: () => gettext("As you would write it: 0991 651 351, +595 991 651 351 or name@example.com."),
  emptyPoint: () => gettext("Write a number or an e-mail first."),
  add: () => gettext("Add"),
  added: () => gettext("Way to reach them added."),
  /** @param {string} name */
  see: (name) => (name ? fill(gettext("See the contact %(name)s"), { name }) : gettext("See the contact")),
  join: () => gettext("Compare and join"),
};
