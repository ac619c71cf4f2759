// The shapes of docs/api.md and docs/socket.md, for the type checker. Nothing here exists when the page runs.

/** @typedef {{allowed: boolean, code: string, reason: string}} Permission  what a disabled control shows */

/**
 * @typedef {object} Row  one conversation in a list
 * @property {number} id
 * @property {string} public_id
 * @property {number} version
 * @property {number} change
 * @property {string} status
 * @property {Tray} tray
 * @property {number} account_id
 * @property {string} account_name
 * @property {string} channel
 * @property {number | null} campaign_id
 * @property {string} campaign_name
 * @property {number | null} team_id
 * @property {number} contact_id
 * @property {string} name
 * @property {string} initials
 * @property {string} hue
 * @property {string} number
 * @property {boolean} is_vip
 * @property {number | null} assignee_id
 * @property {string} assignee_name
 * @property {string} assignee_initials
 * @property {string} [assignee_hue]
 * @property {string | null} assigned_at
 * @property {string} last_activity_at
 * @property {string | null} waiting_since
 * @property {string | null} window_expires_at
 * @property {string} preview
 * @property {string} preview_kind
 * @property {"in" | "out" | ""} preview_direction
 * @property {number} unread
 * @property {boolean} needs_first_reply
 * @property {boolean} answered
 * @property {string | null} [snoozed_until]  until when it rests
 * @property {boolean} [is_late]  its agent lets them wait for longer than the client wants
 * @property {string | null} closed_at
 * @property {number | null} typification_id
 * @property {string} typification_name
 * @property {string} sort_name  its place in an order by name
 * @property {string} [account_color]  one of the six hues, or ""
 * @property {string} [account_icon]  the service's own, beside the channel's
 * @property {Label[]} [tags]  of the contact
 * @property {Label[]} [groups]  of the contact
 * @property {SortKey} [sort_key]
 */

/** @typedef {{id: number, name: string, hue: string, kind?: string}} Label  a tag or a group of contacts */
/** @typedef {"pending" | "in_progress" | "attended"} Tray */
/** @typedef {[string | null, number]} SortKey  (time, id) */
/** @typedef {"-last_activity" | "last_activity" | "-waiting" | "waiting" | "-name" | "name" | "-window" | "window"} Order */
/** @typedef {"reply" | "note"} Mode */

/**
 * @typedef {object} Composer
 * @property {boolean} allowed
 * @property {string} code
 * @property {string} reason
 * @property {string | null} window_expires_at
 * @property {number | null} window_hours
 * @property {Permission} [attach]  files of the agent's own (004-05)
 */

/** @typedef {{id: number, kind: string, value: string, is_primary: boolean, is_business_id: boolean}} ContactPoint */
/** @typedef {{id: number, first_name: string, last_name: string, name: string, is_vip: boolean, name_warning?: string, points: ContactPoint[]}} Contact */

/**
 * @typedef {object} DetailOnly
 * @property {string} client
 * @property {string} project
 * @property {string} campaign
 * @property {Contact} contact
 * @property {Composer} composer
 * @property {{connected: boolean, reason: string}} [account_state]
 * @property {Record<string, Permission>} actions
 * @property {RecordOf | null} [record]  the record of a base that it is about
 * @property {{id: number, name: string} | null} [exclusive]  whose the contact is in this campaign
 * @property {number | null} read_up_to
 * @property {number | null} first_unread_id
 */
/** @typedef {{id: number, base: {id: number, name: string} | null, state: string, state_name: string}} RecordOf  base null: another team's */
/** @typedef {Row & DetailOnly} Detail */

/**
 * @typedef {object} Attachment
 * @property {string} id
 * @property {string} kind
 * @property {string} name
 * @property {string} mime
 * @property {number} size
 * @property {number | null} width
 * @property {number | null} height
 * @property {"pending" | "stored" | "failed"} state
 * @property {string} reason
 * @property {string} url
 * @property {string | null} thumbnail_url  a WebP: of a picture, a sticker, a video, at most 640 pixels; of a PDF, its first pages
 * @property {number | null} duration_ms
 * @property {number | null} pages
 * @property {number[] | null} waveform  64 heights, 0 to 100
 */

/** @typedef {"received" | "queued" | "sent" | "delivered" | "read" | "failed" | "unknown" | "noted"} MessageStatus */

/**
 * @typedef {object} Message
 * @property {number} id
 * @property {number} conversation_id
 * @property {number} change
 * @property {string} happened_at
 * @property {"in" | "out"} direction
 * @property {string} kind
 * @property {boolean} is_note
 * @property {string} text
 * @property {string | null} client_id
 * @property {number | null} author_id
 * @property {string} author_name
 * @property {string} author_kind
 * @property {MessageStatus} status
 * @property {boolean} [shows_receipt]  false: the account shows no signs of how far its messages came (004-32)
 * @property {{code: number | string, reason: string, permanent: boolean} | null} failure
 * @property {string | null} resolvable_at  unknown: from then on a person may send it again or take it off
 * @property {Attachment | null} attachment
 * @property {number | null} reply_to_id
 * @property {{id: number | null, kind: string, direction: string, text: string, author_name: string, revoked: boolean} | null} quoted  id null: not here
 * @property {{emoji: string, direction: "in" | "out", status: "queued" | "sent", author_name: string}[]} reactions
 * @property {Details} details  what its kind holds besides the text
 * @property {boolean} edited
 * @property {boolean} revoked  taken back by who wrote it: the bubble stays and says so
 * @property {boolean} deleted  off the screen
 */

/**
 * @typedef {object} Details
 * @property {boolean} [forwarded]
 * @property {{source_type: string, source_id: string, url: string, headline: string, body: string}} [referral]
 * @property {{latitude: number, longitude: number, name: string, address: string, url: string}} [location]
 * @property {{name: string, organization: string, phones: {number: string, type: string, has_whatsapp: boolean}[], emails: string[]}[]} [contacts]
 * @property {{type: string, header: string, footer: string, button: string, choices: {title: string, description: string, url: string}[]}} [offer]
 * @property {{type: string, id: string, title: string, description: string, answers?: {name: string, value: string}[]}} [interactive]
 * @property {{catalog_id: string, items: {product_id: string, quantity: string, price: string, currency: string}[], total: string, currency: string}} [order]
 * @property {{type: string, code: number | null, title: string, reason: string}} [unsupported]
 */

/**
 * @typedef {object} ConversationEvent
 * @property {number} id
 * @property {number} change
 * @property {string} happened_at
 * @property {string} kind
 * @property {number | null} actor_id
 * @property {string} actor_name
 * @property {Record<string, any>} details
 */

/** @typedef {{hours: number, since: string, more: Permission}} Bound  the campaign shows no more hours than these (004-02) */
/** @typedef {{results: Message[], events: ConversationEvent[], previous?: string | null, next?: string | null, change: number, more?: boolean, reload?: boolean, bound?: Bound | null}} MessagePage */

/**
 * @typedef {object} Counts
 * @property {number} pending
 * @property {number} in_progress
 * @property {number} attended
 * @property {boolean} attended_capped
 * @property {number} unanswered
 * @property {number} unread
 * @property {number} mine
 * @property {Record<"pending" | "in_progress", {unanswered: number, unread: number, mine: number}>} by_tray
 */

/**
 * @typedef {object} AuxState
 * @property {number} id
 * @property {string} code
 * @property {string} name
 * @property {string} color
 * @property {string} icon
 * @property {"offline" | "not_ready" | "drain" | "ready"} routing
 * @property {boolean} accepts_new
 * @property {boolean} works_active
 * @property {string} [since]
 * @property {string} [reason]
 * @property {string} [forced_by]  who put them there, "" where it was themselves
 * @property {number | null} [max_minutes]
 */

/**
 * @typedef {object} Me
 * @property {number} id
 * @property {string} username
 * @property {string} name
 * @property {string} initials
 * @property {string} hue
 * @property {string} role
 * @property {string} language
 * @property {string} time_zone
 * @property {string} theme
 * @property {string[]} permissions
 * @property {AuxState | null} aux_state
 * @property {{base: string} | null} [open_record]  the record of a base that is open in preview
 * @property {number | null} [resumes_to]  the auxiliary to go back to after a pause
 * @property {Record<string, string>} [keys]  own keys: an action's name and its combination
 * @property {{id: number, name: string}[]} [filter_teams]
 * @property {Label[]} [tags]  those that can be put on
 * @property {Label[]} [groups]  those whose members may be seen
 * @property {{id: number, name: string, kind: string}[]} accounts
 * @property {{id: number, name: string, project: string, client: string, sla_optimal_s?: number, sla_low_s?: number}[]} campaigns
 */

/** @typedef {{id: number, name: string, initials: string, hue: string, aux_state: AuxState | null, online: boolean, supervised?: boolean}} Person */

/** @typedef {{conversation_id?: number, mode: Mode, text: string, version: number}} StoredDraft */

/**
 * @typedef {object} Typification
 * @property {number} id
 * @property {string} name
 * @property {boolean} selectable
 * @property {boolean} requires_note
 * @property {boolean} quick_close
 * @property {boolean} [requires_base]  only for who is in a base
 * @property {"no" | "personal" | "global"} [asks_callback]  whether it asks when they are contacted again
 * @property {Typification[]} children
 */

/**
 * @typedef {object} ClosureOffer
 * @property {Typification[]} typifications
 * @property {number | null} default
 * @property {string} note
 * @property {string} note_from
 * @property {Permission} close
 * @property {Permission} quick_close
 * @property {RecordOf | null} [record]
 * @property {Permission} [associate]
 * @property {Permission} retypify
 * @property {{before: string, after: string, by: string, at: string}[]} changes  outcomes that were corrected, oldest first
 */

/**
 * @typedef {object} Bootstrap  what the page hands to the island
 * @property {Me} me
 * @property {string} release
 * @property {string} [csrf]
 * @property {import("desk/limits.js").Limits} limits
 * @property {{api: string, socket: string, login: string, sprite: string, emoji: string, worker: string, contacts: string, preview: string, processes: string}} urls
 */

/** @typedef {Record<string, any> & {type: string}} Frame */

export {};
