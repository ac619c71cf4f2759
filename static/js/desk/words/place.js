// The words of sending a place, or somebody's card.

import { figure, fill, gettext, ngettext } from "desk/words/gettext.js";

export const placeWords = {
  send: () => gettext("Send a location"),
  sendIt: () => gettext("Send the location"),
  paste: () => gettext("Coordinates or a link of a map"),
  pasteHint: () => gettext("For example -25.2867, -57.6333, or a link of Google Maps, Waze, Apple or OpenStreetMap."),
  mine: () => gettext("Use where I am"),
  asking: () => gettext("Waiting for the position…"),
  /** @param {string} metres */
  within: (metres) => fill(gettext("Your position, to within %(metres)s m."), { metres }),
  latitude: () => gettext("Latitude"),
  longitude: () => gettext("Longitude"),
  name: () => gettext("Name of the place"),
  address: () => gettext("Address"),
  preview: () => gettext("This is what the customer gets"),
  nothingYet: () => gettext("Paste coordinates or use where you are to see it here."),
  check: () => gettext("See it on the map"),
  needed: () => gettext("A location needs its coordinates."),
  /** @param {"short" | "range" | "unknown"} problem */
  problem: (problem) =>
    ({
      short: gettext("This is a short link: open it and copy the long one, or copy the coordinates."),
      range: gettext("A latitude goes from -90 to 90 and a longitude from -180 to 180."),
      unknown: gettext("No coordinates were found in it."),
    })[problem],
  denied: () => gettext("The browser has the position blocked for this site. Allow it beside the address, or paste the coordinates."),
  unavailable: () => gettext("The position cannot be known right now. Paste the coordinates."),
  unsupported: () => gettext("This browser does not tell the position. Paste the coordinates."),
};

export const cardWords = {
  send: () => gettext("Send a contact"),
  /** @param {number} count */
  sendThem: (count) => fill(ngettext("Send %(count)s contact", "Send %(count)s contacts", count), { count: figure(count) }),
  search: () => gettext("Search your contacts by name or number"),
  /** @param {string} query */
  nothing: (query) => fill(gettext("No contact matches “%(query)s”. You can write it below."), { query }),
  typeMore: () => gettext("Write at least two letters or digits."),
  unreachable: () => gettext("No number or e-mail that can be shared"),
  chosen: () => gettext("They are sent"),
  written: () => gettext("Write one by hand"),
  name: () => gettext("Name"),
  phone: () => gettext("Phone"),
  email: () => gettext("E-mail"),
  organization: () => gettext("Company"),
  add: () => gettext("Add"),
  /** @param {string} name */
  drop: (name) => fill(gettext("Take %(name)s off"), { name }),
  nameNeeded: () => gettext("A contact needs a name."),
  wayNeeded: () => gettext("A contact needs a phone or an e-mail."),
  phoneWrong: () => gettext("Write the number with its country, for example +595 981 224 607."),
  emailWrong: () => gettext("This is not an e-mail address."),
  noneYet: () => gettext("Choose at least one contact."),
  failed: () => gettext("The contacts could not be searched."),
};
