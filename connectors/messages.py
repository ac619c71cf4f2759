"""What a connector hands to the floors above, whatever the provider: plain, frozen, free of NUL and lone surrogates."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from connectors.kinds import MessageKind, MessageStatus

# As the provider wrote it: its shape is the provider's, so each value is checked where it is read.
Raw = dict[str, Any]

# What comes as a message and is none of its own: it changes another one, or tells of the sender.
CHANGE_KINDS: Final = frozenset({MessageKind.REACTION, MessageKind.EDIT, MessageKind.REVOKE, MessageKind.SYSTEM})


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who someone is to a provider. At least one of `phone` (digits, no plus) and `business_id` is there.

    `portfolio` is the scope in which `business_id` names one person; two portfolios give one person two ids.
    """

    phone: str | None
    business_id: str | None
    portfolio: str
    parent_business_id: str | None = None
    profile_name: str = ""
    username: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaReference:
    """A file the provider holds for us (WhatsApp: 7 days), to be fetched by `id`."""

    id: str
    mime: str
    sha256: str = ""
    caption: str = ""
    filename: str = ""
    voice: bool = False
    animated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderError:
    """An error as the provider words it. Act on `code`, never on the words. None: it named none that can be read."""

    code: int | None
    title: str = ""
    details: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """One message from a customer.

    `reply_to_provider_id` is the message it quotes; `target_provider_id` the one it changes (a reaction, an edit, a
    revocation). `changed_to` is the new identity when the message says that the sender has one (a changed number).
    `details` is what its kind holds besides the text, in the shape every channel shares (docs/api.md).
    """

    account_external_id: str
    provider_id: str
    sender: Identity
    happened_at: datetime
    kind: MessageKind
    text: str
    media: MediaReference | None
    reply_to_provider_id: str | None
    target_provider_id: str | None
    referral: Raw | None
    changed_to: Identity | None
    payload: Raw
    details: Raw = field(default_factory=dict)

    @property
    def is_change(self) -> bool:
        """Whether it is no message of its own but changes another, or says something about the sender."""
        return self.kind in CHANGE_KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusUpdate:
    """One step of an outbound message. `opaque` is the id we gave it when sending: it settles a lost answer."""

    account_external_id: str
    provider_id: str
    status: MessageStatus
    happened_at: datetime
    recipient: Identity
    opaque: str | None
    error: ProviderError | None
    pricing: Raw | None
    payload: Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountError:
    """An error about the account itself, not about one message."""

    account_external_id: str
    error: ProviderError
    payload: Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something else the provider tells (a template's review, a quality rating), for whoever understands its topic."""

    account_external_id: str
    topic: str
    payload: Raw


Reading = InboundMessage | StatusUpdate | AccountError | Notice


class Unreadable(Exception):
    """The whole delivery cannot be read. Its text says why, for the dead letter."""


class Unparseable(Exception):
    """One piece cannot be read; its siblings can. Its text says why, for the dead letter."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
