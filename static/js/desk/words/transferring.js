// The words of handing a conversation on: transfers, the exclusive agent, what rings, and a rest.

import { figure, fill, gettext, ngettext } from "desk/words/gettext.js";

export const transferWords = {
  transfer: () => gettext("Transfer"),
  title: () => gettext("Transfer the conversation"),
  to: () => gettext("To whom"),
  agents: () => gettext("Agents"),
  campaigns: () => gettext("Campaigns"),
  noAgents: () => gettext("The campaign has no other agent."),
  noCampaigns: () => gettext("No other campaign attends through this number."),
  /** @param {number} load @param {number} capacity */
  load: (load, capacity) => fill(ngettext("%(load)s of %(capacity)s conversation", "%(load)s of %(capacity)s conversations", capacity), { load: figure(load), capacity: figure(capacity) }),
  joins: () => gettext("The contact has a conversation open there: this one goes on in it."),
  typification: () => gettext("Outcome type"),
  note: () => gettext("Note for who receives it"),
  noteHint: () => gettext("Say why. It stays in the conversation."),
  chooseTarget: () => gettext("Choose an agent or a campaign."),
  writeNote: () => gettext("Write why it is transferred."),
  /** @param {string} name */
  done: (name) => fill(gettext("Transferred to %(name)s."), { name }),

  makeExclusive: () => gettext("Make me the exclusive agent"),
  /** @param {string} name */
  clearExclusive: (name) => fill(gettext("Exclusive agent: %(name)s. Remove"), { name }),
  /** @param {string} name */
  madeExclusive: (name) => fill(gettext("What this contact writes is %(name)s's from now on."), { name }),
  clearedExclusive: () => gettext("This contact is everybody's again."),

  /** @param {string} name */
  rings: (name) => fill(gettext("%(name)s waits: do you take it?"), { name }),
  accept: () => gettext("Accept"),
  decline: () => gettext("Not now"),
  /** @param {string} seconds */
  left: (seconds) => fill(gettext("%(seconds)s s left"), { seconds }),

  /** @param {string} name */
  late: (name) => fill(gettext("%(name)s waits for your answer for longer than the client wants."), { name }),
  lateSomebody: () => gettext("A customer waits for your answer for longer than the client wants."),

  tooLong: () => gettext("Waits for an answer for longer than the client wants"),

  snooze: () => gettext("Snooze"),
  snoozeTitle: () => gettext("Snooze the conversation"),
  snoozeHint: () => gettext("It comes back then, or when the customer writes."),
  until: () => gettext("Until when"),
  sayUntil: () => gettext("Say until when."),
  wake: () => gettext("Go on now"),
  /** @param {string} when */
  snoozed: (when) => fill(gettext("Snoozed until %(when)s."), { when }),
  woken: () => gettext("The conversation is back."),
};
