// Messages that failed, or were never confirmed: sent again, or taken off the screen. What the server refuses is said in its own words.

import { ApiError } from "desk/api.js";

/** @typedef {import("desk/types.js").Message} Message */
/** @typedef {ReturnType<typeof createMending>} Mending */

/**
 * @param {object} parts
 * @param {import("desk/api.js").Api} parts.api
 * @param {(act: () => Promise<void>) => Promise<boolean>} parts.attempt  does it, and shows the refusal
 * @param {(message: Message) => void} parts.sent  the message as it is now
 * @param {(conversation: number) => Promise<unknown> | undefined} parts.reread
 * @param {(message: Message, warning: string) => void} parts.warn  it may arrive twice: a person decides
 */
export function createMending({ api, attempt, sent, reread, warn }) {
  /** @param {Message} message */
  const addressOf = (message) => `conversations/${message.conversation_id}/messages/${message.id}/`;

  return {
    /** The provider refused it: the same bubble again. @param {Message} message */
    retry: (message) => attempt(async () => sent(await api.post(`${addressOf(message)}attempts/`))),

    /** @param {Message} message */
    remove: (message) => attempt(async () => {
      await api.delete(addressOf(message));
      await reread(message.conversation_id);
    }),

    /** It was never confirmed: once more. The server warns that it may arrive twice, and its words are put before the person. @param {Message} message */
    resend: (message) => attempt(async () => {
      try {
        sent(await api.put(`${addressOf(message)}resolution/`, { decision: "resend" }));
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== "may_arrive_twice") throw error;
        warn(message, error.message);
      }
    }),

    /** Somebody read the warning and wants it all the same. @param {Message} message */
    resendKnowing: (message) => attempt(async () => sent(await api.put(`${addressOf(message)}resolution/`, { decision: "resend", may_arrive_twice: true }))),

    /** It was never confirmed, and leaves the thread. @param {Message} message */
    discard: (message) => attempt(async () => sent(await api.put(`${addressOf(message)}resolution/`, { decision: "discard" }))),
  };
}
