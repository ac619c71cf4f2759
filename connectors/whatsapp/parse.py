"""From the raw bytes of a delivery to single pieces (`split`), and from a piece to what it says (`read`).

pywa's own parsers are not used on this path: version 4.5 reads only the first message of a batch, and raises on a
sender without `contacts[0].user_id`, on every `failed` status (Meta sends those without `contacts`) and on a medium
without a hash. The tests hold this reading equal to pywa's wherever pywa can read.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from connectors.kinds import MessageKind, MessageStatus
from connectors.messages import (
    AccountError,
    Identity,
    InboundMessage,
    Notice,
    ProviderError,
    Raw,
    Reading,
    StatusUpdate,
    Unparseable,
)
from connectors.whatsapp import details
from connectors.whatsapp.content import MAX_NAME, MAX_TEXT, clip, read_content, shortened, string
from connectors.whatsapp.details import mapping
from connectors.whatsapp.pieces import Piece, PieceKind, split

__all__ = ["Piece", "PieceKind", "read", "split"]

_STATUSES: Final = {
    "sent": MessageStatus.SENT,
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.READ,
    # A voice note that was listened to: it was read, and we show no more than that.
    "played": MessageStatus.READ,
    "failed": MessageStatus.FAILED,
}


def read(piece: Piece, *, portfolio: str = "") -> Reading:
    """Return what a piece says. `portfolio` is the scope of business-scoped ids; the account's id stands in for none.

    A message whose content is of a kind or shape we do not know is an `unsupported` InboundMessage with its payload
    kept.

    Raises Unparseable if it lacks what no message or status can do without (an id, a time, a sender, the account), or
    is broken.
    """
    if piece.kind is PieceKind.BROKEN:
        raise Unparseable(piece.reason)
    if piece.kind is PieceKind.OTHER:
        return Notice(account_external_id=piece.phone_number_id, topic=piece.topic, payload=piece.item)
    if not piece.phone_number_id:
        raise Unparseable("The piece does not say which number it is for.")
    scope = portfolio or piece.waba_id
    if piece.kind is PieceKind.MESSAGE:
        return _message(piece, scope)
    if piece.kind is PieceKind.STATUS:
        return _status(piece, scope)
    return AccountError(account_external_id=piece.phone_number_id, error=_error(piece.item), payload=piece.item)


def _message(piece: Piece, scope: str) -> InboundMessage:
    message: Raw = piece.item
    content = read_content(message)
    context = mapping(message.get("context"))
    is_long = len(content.text) > MAX_TEXT
    return InboundMessage(
        account_external_id=piece.phone_number_id,
        provider_id=_provider_id(message),
        sender=_sender(message, piece.contact, scope),
        happened_at=_happened_at(message),
        kind=content.kind,
        text=content.text[:MAX_TEXT] if is_long else content.text,
        media=content.media,
        reply_to_provider_id=clip(context.get("id"), MAX_NAME) or None,
        target_provider_id=content.target,
        referral=mapping(message.get("referral")) or None,
        changed_to=_changed_to(message, scope) if content.kind is MessageKind.SYSTEM else None,
        payload={**shortened(message), "truncated": True} if is_long else message,
        details=_details(message, content.details),
    )


def _details(message: Raw, own: Raw) -> Raw:
    """What its kind holds, and what any kind may carry: the advertisement it came from, that it was forwarded."""
    carried: Raw = {}
    if came_from := mapping(message.get("referral")):
        carried["referral"] = details.referral(came_from)
    context = mapping(message.get("context"))
    if context.get("forwarded") is True or context.get("frequently_forwarded") is True:
        carried["forwarded"] = True
    return {**own, **carried}


def _status(piece: Piece, scope: str) -> StatusUpdate:
    raw: Raw = piece.item
    status = _STATUSES.get(string(raw.get("status")))
    if status is None:
        raise Unparseable(f"The status {clip(raw.get('status'), 40)!r} is not one we know.")
    errors = raw.get("errors")
    return StatusUpdate(
        account_external_id=piece.phone_number_id,
        provider_id=_provider_id(raw),
        status=status,
        happened_at=_happened_at(raw),
        recipient=_identity(
            phone=raw.get("recipient_id") or piece.contact.get("wa_id"),
            business_id=raw.get("recipient_user_id") or piece.contact.get("user_id"),
            parent_id=raw.get("recipient_parent_user_id") or piece.contact.get("parent_user_id"),
            contact=piece.contact,
            scope=scope,
        ),
        opaque=clip(raw.get("biz_opaque_callback_data"), 512) or None,
        error=_error(errors[0]) if isinstance(errors, list) and errors else None,
        pricing=mapping(raw.get("pricing")) or None,
        payload=raw,
    )


def _sender(message: Raw, contact: Raw, scope: str) -> Identity:
    sender = _identity(
        phone=message.get("from") or contact.get("wa_id"),
        business_id=message.get("from_user_id") or contact.get("user_id"),
        parent_id=message.get("from_parent_user_id") or contact.get("parent_user_id"),
        contact=contact,
        scope=scope,
    )
    if sender.phone is None and sender.business_id is None:
        raise Unparseable("The message does not say who sent it.")
    return sender


def _changed_to(message: Raw, scope: str) -> Identity | None:
    """The identity a customer has after changing their number; versions of the API before 12 called it `new_wa_id`."""
    system = mapping(message.get("system"))
    identity = _identity(
        phone=system.get("wa_id") or system.get("new_wa_id"),
        business_id=system.get("user_id"),
        parent_id=system.get("parent_user_id"),
        contact={},
        scope=scope,
    )
    return identity if identity.phone or identity.business_id else None


def _identity(*, phone: Any, business_id: Any, parent_id: Any, contact: Raw, scope: str) -> Identity:
    profile = mapping(contact.get("profile"))
    digits = string(phone).removeprefix("+")
    return Identity(
        phone=digits if digits.isascii() and digits.isdigit() and len(digits) <= 20 else None,
        business_id=clip(business_id, MAX_NAME) or None,
        portfolio=scope,
        parent_business_id=clip(parent_id, MAX_NAME) or None,
        profile_name=clip(profile.get("name"), MAX_NAME),
        username=clip(profile.get("username"), MAX_NAME),
    )


def _provider_id(raw: Raw) -> str:
    id_ = raw.get("id")
    if not isinstance(id_, str) or not 0 < len(id_) <= MAX_NAME:
        raise Unparseable("The piece has no id, or one that is too long.")
    return id_


def _happened_at(raw: Raw) -> datetime:
    """The provider's own second, which opens the window and orders the thread, not the moment of arrival."""
    try:
        seconds = int(raw["timestamp"])
        if seconds > 0:
            return datetime.fromtimestamp(seconds, tz=UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        pass
    raise Unparseable("The piece has no timestamp that can be read.")


def _error(raw: Any) -> ProviderError:
    error = mapping(raw)
    return ProviderError(
        code=_code(error.get("code")),
        title=clip(error.get("title") or error.get("message"), MAX_NAME),
        details=clip(mapping(error.get("error_data")).get("details"), 1024),
    )


def _code(raw: Any) -> int | None:
    """None for what is no code: never 0, which is one, and says that the access was taken away."""
    if isinstance(raw, str) and raw.isascii() and raw.isdecimal() and len(raw) <= MAX_CODE_DIGITS:
        raw = int(raw)
    return raw if isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw <= MAX_CODE else None


# As much as a column of ours holds. Meta's codes have six digits.
MAX_CODE: Final = 2**31 - 1
MAX_CODE_DIGITS: Final = len(str(MAX_CODE))
