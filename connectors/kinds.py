"""The words every channel shares: kinds of channel and message, the ladder of statuses, what a channel allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class ChannelKind(StrEnum):
    """Where a conversation takes place."""

    WHATSAPP = "whatsapp"
    MESSENGER = "messenger"
    INSTAGRAM = "instagram"
    EMAIL = "email"
    WEBCHAT = "webchat"
    VOICE = "voice"
    APPLE = "apple"


class Direction(StrEnum):
    """Inbound is from the customer to us."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class MessageKind(StrEnum):
    """What a message is. `unsupported` is shown as such, with what arrived kept beside it: nothing is dropped."""

    TEXT = "text"
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    VOICE = "voice"
    DOCUMENT = "document"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACTS = "contacts"
    REACTION = "reaction"
    INTERACTIVE = "interactive"
    TEMPLATE = "template"
    ORDER = "order"
    EDIT = "edit"
    REVOKE = "revoke"
    SYSTEM = "system"
    UNSUPPORTED = "unsupported"


MEDIA_KINDS: Final = frozenset(
    {
        MessageKind.IMAGE,
        MessageKind.VIDEO,
        MessageKind.AUDIO,
        MessageKind.VOICE,
        MessageKind.DOCUMENT,
        MessageKind.STICKER,
    }
)


class MessageStatus(StrEnum):
    """How far an outbound message has come. `unknown`: sent, but the answer was lost."""

    QUEUED = "queued"
    UNKNOWN = "unknown"
    SENT = "sent"
    FAILED = "failed"
    DELIVERED = "delivered"
    READ = "read"


# One total order makes the ladder a maximum, so that any order of arrival ends in the same state (TRUST.md R02), in
# Python and in SQL alike. Why each stands where it does:
#   unknown < sent       any word from the provider settles a lost answer
#   sent < failed        a late `sent` is old news; a failure after it is the outcome
#   failed < delivered   a phone that has the message has it, whatever another of its devices failed to do: the statuses
#                        of several devices of one person arrive in any order, `delivered` after `failed` included
STATUS_RANK: Final[Mapping[MessageStatus, int]] = MappingProxyType(
    {status: rank for rank, status in enumerate(MessageStatus)}
)


def advance(current: MessageStatus, incoming: MessageStatus) -> MessageStatus:
    """Return the status after `incoming` reaches a message that stands at `current`.

    Commutative, associative and idempotent: duplicates, shuffles and a status that overtakes the answer of the send
    call all end alike. Only an action that sends anew (Reintentar) may put a message back to `queued`; it does not come
    through here.

    Source: TRUST.md R02; WhatsApp gives no order between statuses (CHANNELS.md).
    """
    return current if STATUS_RANK[current] >= STATUS_RANK[incoming] else incoming


def is_contradiction(current: MessageStatus, incoming: MessageStatus) -> bool:
    """Return whether `incoming` denies what is known (a failure after delivery, or the reverse): worth a log line.

    Source: TRUST.md R02, "failed after delivered ignored but logged".
    """
    arrived = {MessageStatus.DELIVERED, MessageStatus.READ}
    failed = MessageStatus.FAILED
    return (incoming is failed and current in arrived) or (current is failed and incoming in arrived)


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaLimit:
    """What a channel takes as media of one kind. No `mime_types` means any."""

    max_bytes: int
    mime_types: frozenset[str] = frozenset()

    def admits(self, mime: str, size_bytes: int) -> bool:
        """Return whether such a file may be sent; `mime` may carry parameters (`audio/ogg; codecs=opus`)."""
        return 0 < size_bytes <= self.max_bytes and self.admits_type(mime)

    def admits_type(self, mime: str) -> bool:
        """Return whether a file of this type may be sent, whatever its size."""
        return not self.mime_types or mime.partition(";")[0].strip().lower() in self.mime_types


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractiveLimits:
    """How many characters, buttons, sections and rows an interactive message may have."""

    body: int
    list_body: int
    header: int
    footer: int
    buttons: int
    button_title: int
    button_id: int
    sections: int
    section_title: int
    rows: int
    row_title: int
    row_id: int
    row_description: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelPolicy:
    """What a channel allows, asked before anything is sent. `window_hours` None: free text at any time."""

    kind: ChannelKind
    window_hours: int | None
    max_text: int
    max_caption: int
    media: Mapping[MessageKind, MediaLimit] = field(default_factory=lambda: MappingProxyType({}))
    # What the provider takes as an uploaded document: narrower than what customers send us.
    document_types: frozenset[str] = frozenset()
    max_still_sticker_bytes: int = 0
    max_contacts: int = 0
    interactive: InteractiveLimits | None = None


_MB: Final = 1024 * 1024
_AUDIO: Final = MediaLimit(
    max_bytes=16 * _MB,
    mime_types=frozenset({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"}),
)

_OFFICE: Final = frozenset(
    {
        "text/plain",
        "application/pdf",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    }
)

# Source: CHANNELS.md, "WhatsApp Cloud API", Limits; Meta's pages on interactive messages, supported media types and contacts.
WHATSAPP: Final = ChannelPolicy(
    kind=ChannelKind.WHATSAPP,
    window_hours=24,
    max_text=4096,
    max_caption=1024,
    media=MappingProxyType(
        {
            MessageKind.IMAGE: MediaLimit(max_bytes=5 * _MB, mime_types=frozenset({"image/jpeg", "image/png"})),
            MessageKind.VIDEO: MediaLimit(max_bytes=16 * _MB, mime_types=frozenset({"video/mp4", "video/3gpp"})),
            MessageKind.AUDIO: _AUDIO,
            MessageKind.VOICE: MediaLimit(max_bytes=16 * _MB, mime_types=frozenset({"audio/ogg"})),
            MessageKind.DOCUMENT: MediaLimit(max_bytes=100 * _MB),
            # 500 KB is for animated ones; a still one may weigh 100 KB, and only its frames tell which it is.
            MessageKind.STICKER: MediaLimit(max_bytes=500 * 1024, mime_types=frozenset({"image/webp"})),
        }
    ),
    document_types=_OFFICE | {"image/jpeg", "image/png", "video/mp4", "video/3gpp"} | _AUDIO.mime_types,
    max_still_sticker_bytes=100 * 1024,
    max_contacts=257,
    interactive=InteractiveLimits(
        body=1024,
        list_body=4096,
        header=60,
        footer=60,
        buttons=3,
        button_title=20,
        button_id=256,
        sections=10,
        section_title=24,
        rows=10,
        row_title=24,
        row_id=200,
        row_description=72,
    ),
)

POLICIES: Final[Mapping[ChannelKind, ChannelPolicy]] = MappingProxyType({ChannelKind.WHATSAPP: WHATSAPP})
