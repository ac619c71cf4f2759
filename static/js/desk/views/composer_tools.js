// What stands around the text box. To add to it: a view that takes a `writer` (desk/writer.js), and one line here.

import { Attach } from "desk/views/attach.js";
import { ContactTool } from "desk/views/contact_card.js";
import { LocationTool } from "desk/views/location.js";
import { VoiceTool } from "desk/views/voice.js";
import { EmojiTool, emojiCompletion } from "desk/views/emoji.js";
import { GalleryTool } from "desk/views/gallery.js";
import { InteractiveTool } from "desk/views/interactive.js";
import { ScheduleTool } from "desk/views/schedule_tool.js";
import { slashCompletion, SlashTool } from "desk/views/slash.js";
import { TemplateTool, TemplateWayOut } from "desk/views/templates.js";

/** @typedef {import("desk/writer.js").Writer} Writer */
/**
 * What helps to finish a word. `find` looks at the text up to the caret; its view draws a list above the box (completion_list.js).
 * @typedef {object} Completion
 * @property {string} name
 * @property {(text: string, caret: number, mode: import("desk/types.js").Mode) => Found | null} find
 * @property {(props: {writer: Writer, found: Found, close: () => void}) => unknown} View
 */
/** @typedef {{from: number, to: number, query: string}} Found  what of the text would be replaced, and what is looked for */

/** The buttons of the foot, in the order in which they are seen: attach, gallery, templates, shortcuts, location, card, later, emoji, voice. @type {((props: {writer: Writer}) => unknown)[]} */
export const TOOLS = [Attach, GalleryTool, TemplateTool, SlashTool, InteractiveTool, LocationTool, ContactTool, ScheduleTool, EmojiTool, VoiceTool];

/** Asked in this order; the first that finds something is shown. @type {Completion[]} */
export const COMPLETIONS = [slashCompletion, emojiCompletion];

/** Beside the reason why one cannot write freely: what can be done about it. @type {((props: {thread: import("desk/thread.js").ThreadStore, block: {isWindow: boolean}}) => unknown)[]} */
export const WAYS_OUT = [TemplateWayOut];
