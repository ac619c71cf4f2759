// The words of notifications, sounds and what this device may do.

import { fill, gettext, ngettext } from "desk/words/gettext.js";

export const device = {
  stripTitle: () => gettext("Get this device ready"),
  stripHint: () => gettext("Notifications, microphone, location and camera: what each is for."),
  review: () => gettext("Review permissions"),
  notNow: () => gettext("Not now"),
  title: () => gettext("Notifications and permissions"),
  hint: () => gettext("Of this browser, on this device. Ventanilla also works without them."),
  close: () => gettext("Close"),
  done: () => gettext("Done"),

  permissions: () => gettext("Permissions"),
  /** @param {string} name */
  name: (name) =>
    ({ notifications: gettext("Notifications"), microphone: gettext("Microphone"), geolocation: gettext("Location"), camera: gettext("Camera") })[name] ?? name,
  /** @param {string} name */
  purpose: (name) =>
    ({
      notifications: gettext("Tell you of messages while you look at another window. They never show the customer's words unless an admin allows it."),
      microphone: gettext("Record voice notes. It listens only while you record."),
      geolocation: gettext("Send where you are to a customer who asks. It is read only when you press."),
      camera: gettext("Take a picture to send it. It opens only when you press."),
    })[name] ?? "",
  /** @param {string} state */
  state: (state) =>
    ({
      granted: gettext("Allowed"),
      denied: gettext("Blocked"),
      prompt: gettext("Not asked yet"),
      off: gettext("Off on this device"),
      missing: gettext("This browser does not have it"),
      insecure: gettext("Needs a secure address (https)"),
    })[state] ?? state,
  /** @param {string} name */
  allow: (name) => fill(gettext("Allow: %(name)s"), { name }),
  allowShort: () => gettext("Allow"),
  turnOn: () => gettext("Turn on"),
  turnOff: () => gettext("Turn off"),
  test: () => gettext("Send a test notification"),
  testing: () => gettext("On its way…"),
  testArrived: () => gettext("It arrived. If you do not see it, look at the notifications of your system."),
  testLost: () => gettext("It did not arrive in 15 seconds. Look whether your system silences this browser."),
  notSubscribed: () => gettext("The browser did not give an address for notifications. Try again later."),

  blockedTitle: () => gettext("How to unblock it"),
  blockedFirst: () => gettext("Press the symbol at the left of the address."),
  blockedSecond: () => gettext("Find the permission and choose «Allow»."),
  blockedThird: () => gettext("Reload the page."),
  blockedPicture: () => gettext("Drawing: the address bar with its symbol pressed, and below it the list of permissions with their switches."),

  sounds: () => gettext("Sounds"),
  soundsHint: () => gettext("Not for the conversation you are looking at; at most one every two seconds, in one tab."),
  /** @param {string} kind */
  sound: (kind) =>
    ({ message: gettext("New message"), assigned: gettext("Conversation given to you"), waiting: gettext("Conversation waiting in the queue") })[kind] ?? kind,
  /** @param {string} sound */
  volumeOf: (sound) => fill(gettext("Volume: %(sound)s"), { sound }),
  /** @param {string} sound */
  listen: (sound) => fill(gettext("Listen: %(sound)s"), { sound }),
  muted: () => gettext("Silent"),
  /** @param {number} percent */
  percent: (percent) => fill(gettext("%(percent)s %"), { percent }),

  install: () => gettext("Install Ventanilla"),
  installHint: () => gettext("A window of its own, with its icon and its count."),
  installed: () => gettext("Installed on this device."),

  outbox: () => gettext("Waiting to leave"),
  /** @param {number} count */
  outboxCount: (count) => fill(ngettext("%(count)s message waits", "%(count)s messages wait", count), { count }),
  outboxHint: () => gettext("They are kept in this browser and leave by themselves, in order, once each."),
  outboxRetry: () => gettext("Try now"),
  /** @param {string} name */
  outboxOpen: (name) => fill(gettext("Open the conversation with %(name)s"), { name }),
  /** @param {number} id */
  conversation: (id) => fill(gettext("Conversation %(id)s"), { id }),

  shared: () => gettext("Choose the conversation to share this with."),
  /** @param {number} count */
  sharedFiles: (count) => fill(ngettext("%(count)s file", "%(count)s files", count), { count }),
  /** @param {string} name */
  sharedWith: (name) => fill(gettext("Share with %(name)s"), { name }),
  dropShared: () => gettext("Discard what was shared"),
};
