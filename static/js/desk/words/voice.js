// The words of recording and listening.

import { fill, gettext } from "desk/words/gettext.js";

export const voiceWords = {
  record: () => gettext("Record a voice note"),
  recorder: () => gettext("Voice note"),
  explain: () => gettext("To record a voice note the browser has to let Ventanilla use the microphone. It will ask you now; nothing is sent until you say so."),
  allow: () => gettext("Allow the microphone"),
  notNow: () => gettext("Not now"),
  asking: () => gettext("Waiting for the microphone…"),
  recording: () => gettext("Recording"),
  paused: () => gettext("Paused"),
  ready: () => gettext("Ready to send"),
  pause: () => gettext("Pause the recording"),
  resume: () => gettext("Go on recording"),
  stop: () => gettext("Stop and listen"),
  discard: () => gettext("Discard the voice note"),
  send: () => gettext("Send"),
  close: () => gettext("Close it"),
  insecure: () => gettext("This page is not served securely, so the browser lends it no microphone. Ask for the https address."),
  oldBrowser: () => gettext("This browser cannot record. Update it, or attach an audio file."),
  blocked: () => gettext("The browser has the microphone blocked for this site. Allow it beside the address and try again."),
  noMicrophone: () => gettext("No microphone was found. Connect one and try again."),
  busyMicrophone: () => gettext("Another program is using the microphone. Close it and try again."),
  notRecorded: () => gettext("The recording could not begin."),
  elsewhere: () => gettext("You have a voice note waiting in another conversation."),
  goThere: () => gettext("Go there"),
  /** @param {string} who */
  playingFrom: (who) => fill(gettext("Playing: %(who)s"), { who }),
  stopPlaying: () => gettext("Stop playing"),
  goToIt: () => gettext("Go to the conversation"),
};
