// The words of beginning with a bare number.

import { fill, gettext } from "desk/words/gettext.js";

export const openingWords = {
  button: () => gettext("Write to a number"),
  title: () => gettext("New conversation"),
  hint: () => gettext("It begins with an approved template; the contact is made when it is sent."),
  number: () => gettext("Number"),
  /** @param {string} country */
  numberHint: (country) => fill(gettext("With its country code, or as it is dialled in %(country)s."), { country: countryName(country) }),
  numberExample: () => gettext("For example 595991651351"),
  campaign: () => gettext("Campaign"),
  account: () => gettext("Service"),
  nowhere: () => gettext("You are in no campaign that may begin conversations. Ask your supervisor."),
  looking: () => gettext("Looking for the number…"),
  /** @param {string} number */
  isNew: (number) => fill(gettext("%(number)s is new: nobody has it yet."), { number }),
  /** @param {string} name @param {string} number */
  known: (name, number) => fill(gettext("%(number)s is %(name)s, whom your team knows."), { name, number }),
  /** @param {string} name */
  talking: (name) => fill(gettext("There is an open conversation with %(name)s."), { name }),
  open: () => gettext("Open it"),
  writeNumber: () => gettext("Write a number first."),
  waitForNumber: () => gettext("The number is being looked up."),
  openInstead: () => gettext("Go on in the open conversation."),
  send: () => gettext("Send and open"),
  /** @param {string} name */
  started: (name) => fill(gettext("The conversation with %(name)s has begun."), { name }),
};

/** @param {string} code */
function countryName(code) {
  try {
    return new Intl.DisplayNames([globalThis.document?.documentElement.lang || "es"], { type: "region" }).of(code) ?? code;
  } catch {
    return code;
  }
}
