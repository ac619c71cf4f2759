"""The nouns of the inbox, by subject."""

from inbox.models.attention import Offer, ScheduledMessage, Transfer
from inbox.models.call import Call
from inbox.models.callback import Callback
from inbox.models.conversation import Assignment, Conversation, ConversationEvent
from inbox.models.draft import Draft
from inbox.models.message import Attachment, Message, OutboxEntry, ParkedChange, ParkedStatus, Reaction
from inbox.models.opt_out import OptOut
from inbox.models.outcome import OutcomeChange
from inbox.models.push import PushNotice

__all__ = [
    "Assignment",
    "Attachment",
    "Call",
    "Callback",
    "Conversation",
    "ConversationEvent",
    "Draft",
    "Message",
    "Offer",
    "OptOut",
    "OutboxEntry",
    "OutcomeChange",
    "ParkedChange",
    "ParkedStatus",
    "PushNotice",
    "Reaction",
    "ScheduledMessage",
    "Transfer",
]
