"""What becomes true about conversations. Every event names the conversations it touched: `conversation_ids`."""

from __future__ import annotations

from dataclasses import dataclass

from core.events import Event


@dataclass(frozen=True, kw_only=True)
class ConversationsTouched(Event):
    """Base of all: rows whose `version` or messages whose `change` moved."""

    conversation_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class MessagesReceived(ConversationsTouched):
    message_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class ConversationsQueued(ConversationsTouched):
    """They wait for somebody: new, reopened or released."""


@dataclass(frozen=True, kw_only=True)
class MessageQueued(ConversationsTouched):
    """Something is to be sent. The conversation, not the message: one lease per conversation drains its outbox oldest first."""

    conversation_id: int
    message_id: int


@dataclass(frozen=True, kw_only=True)
class NoteWritten(ConversationsTouched):
    message_id: int


@dataclass(frozen=True, kw_only=True)
class MessagesChanged(ConversationsTouched):
    """Statuses moved, a failure was removed, a file arrived; a reaction, an edit, a revocation; a reply found what it quotes."""

    message_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class OptOutsHeard(Event):
    """Customers asked, in a word their campaign knows, to be left alone."""

    opt_out_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class AttachmentsWanted(Event):
    """Files the provider holds for us."""

    attachment_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class FilesGivenUp(Event):
    """Files that are served to nobody any more; their bytes still lie in the storage."""

    attachment_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ConversationAssigned(ConversationsTouched):
    user_id: int
    by_id: int | None


@dataclass(frozen=True, kw_only=True)
class ConversationOffered(ConversationsTouched):
    """It rings at somebody."""

    user_id: int


@dataclass(frozen=True, kw_only=True)
class OfferEnded(ConversationsTouched):
    """It rings at them no longer: they took it, said no, or did not answer in time."""

    user_id: int


@dataclass(frozen=True, kw_only=True)
class ConversationTransferred(ConversationsTouched):
    """To another agent, or to another campaign."""

    by_id: int


@dataclass(frozen=True, kw_only=True)
class ExclusiveAgentChosen(ConversationsTouched):
    """Its contact is one agent's in its campaign, or everybody's again."""

    by_id: int


@dataclass(frozen=True, kw_only=True)
class ConversationSnoozed(ConversationsTouched):
    by_id: int


@dataclass(frozen=True, kw_only=True)
class ConversationWoken(ConversationsTouched):
    """Its rest is over, by itself or by hand (`by_id`)."""

    by_id: int | None


@dataclass(frozen=True, kw_only=True)
class MessageScheduled(ConversationsTouched):
    """Something is to be said later, or is not to be said any more."""

    by_id: int | None


@dataclass(frozen=True, kw_only=True)
class ConversationsLeftWaiting(ConversationsTouched):
    """Their agents have let them wait for longer than their client wants (004-10)."""


@dataclass(frozen=True, kw_only=True)
class ConversationReleased(ConversationsTouched):
    by_id: int | None


@dataclass(frozen=True, kw_only=True)
class ConversationRead(ConversationsTouched):
    user_id: int


@dataclass(frozen=True, kw_only=True)
class ConversationClosed(ConversationsTouched):
    by_id: int | None


@dataclass(frozen=True, kw_only=True)
class ConversationRetypified(ConversationsTouched):
    """A closed one got another outcome."""

    by_id: int


@dataclass(frozen=True, kw_only=True)
class ConversationAssociated(ConversationsTouched):
    """It is about a record of a base now, or about another one."""

    by_id: int


@dataclass(frozen=True, kw_only=True)
class ConversationMoved(ConversationsTouched):
    """To another tray by hand, or a step further by itself."""

    by_id: int | None


@dataclass(frozen=True, kw_only=True)
class ConversationReopened(ConversationsTouched):
    """By hand; the customer's next word reopens with `ConversationsQueued`."""

    by_id: int


@dataclass(frozen=True, kw_only=True)
class ContactCopiesRenewed(ConversationsTouched):
    """The name or number a row carries was written anew after the contact changed."""


@dataclass(frozen=True, kw_only=True)
class CallRegistered(Event):
    """A call with a contact began."""

    call_id: int
    contact_id: int


@dataclass(frozen=True, kw_only=True)
class CallEnded(Event):
    """A call has its outcome."""

    call_id: int
    contact_id: int


@dataclass(frozen=True, kw_only=True)
class CallbackChanged(Event):
    """A promise to contact somebody was made, moved, kept or cancelled."""

    callback_id: int


@dataclass(frozen=True, kw_only=True)
class CallbacksChanged(Event):
    """Promises of many records were cancelled together, or taken up again. One event per batch."""

    callback_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class CallbacksHandedOver(Event):
    """Promises changed hands: those of these people are others now. One event per batch."""

    user_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class CallbackDue(Event):
    """Its time has come."""

    callback_id: int
