// htm bound to Preact, and the desk handed down to every view.

import { createContext, h } from "preact";
import { useContext } from "preact/hooks";
import htm from "htm";

export const html = htm.bind(h);

/**
 * @typedef {object} Parts
 * @property {import("desk/api.js").Api} api
 * @property {import("desk/views/commands.js").Commands} commands
 * @property {import("desk/saved_views.js").SavedViews} savedViews
 * @property {import("desk/callbacks.js").Callbacks} callbacks
 * @property {import("desk/offers.js").Offers} offers
 * @property {import("desk/desk.js").Desk} desk
 * @property {import("desk/board.js").BoardStore} board
 * @property {import("desk/drafts.js").Drafts} drafts
 * @property {import("desk/outgoing.js").Outgoing} outgoing
 * @property {import("desk/attachments.js").Attachments} attachments
 * @property {import("desk/people.js").People} people
 * @property {import("desk/clock.js").Clock} clock
 * @property {import("desk/reading.js").Reading} reading
 * @property {import("desk/announcer.js").Announcer} announcer
 * @property {import("desk/ready.js").Ready} ready
 * @property {import("desk/socket.js").Socket} socket
 * @property {import("desk/formatting.js").Formatter} formatter
 * @property {import("desk/limits.js").Limits} limits
 * @property {import("desk/talk.js").Talk} talk
 * @property {import("desk/collision.js").Collision} collision
 * @property {import("desk/recorder.js").Recorder} recorder
 * @property {import("desk/player.js").Player} player
 * @property {import("desk/device.js").Device} device
 * @property {import("desk/sounds.js").Sounds} sounds
 * @property {string} sprite
 * @property {string} contacts  the address of the contacts' own pages
 * @property {string} preview  the address where records of bases are worked
 * @property {string} processes  the address of bulk processes
 * @property {import("desk/emoji.js").EmojiStore} emoji
 */

export const PartsContext = createContext(/** @type {Parts} */ (/** @type {unknown} */ (null)));

export function useParts() {
  return useContext(PartsContext);
}
