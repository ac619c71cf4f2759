"""A delivery cut into pieces that can be read, stored and replayed one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from connectors.messages import Raw, Unreadable
from connectors.whatsapp import body as raw_body
from connectors.whatsapp.content import MAX_NAME, clip, string
from connectors.whatsapp.details import mapping


class PieceKind(StrEnum):
    """What a piece is. `broken`: its shape is wrong; it is kept so that nothing is lost."""

    MESSAGE = "message"
    STATUS = "status"
    ERROR = "error"
    OTHER = "other"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One message, status, error or notice out of a delivery.

    `envelope` is a delivery of this piece alone: stored as a dead letter and split again, it gives this same piece.
    `item` and `contact` are the parts of it that matter; `reason` says what is wrong with a broken one.
    """

    kind: PieceKind
    waba_id: str
    phone_number_id: str
    topic: str
    item: Any
    contact: Raw
    envelope: Raw
    reason: str = ""


def split(body: bytes) -> list[Piece]:
    """Return the pieces of one raw delivery, in order. A malformed one comes out `broken` beside its sound siblings.

    Raises Unreadable if the body is not JSON or not shaped like a delivery at all.

    Source: CHANNELS.md, Webhooks and the three traps; TRUST.md R04.
    """
    delivery = raw_body.load(body)
    if not isinstance(delivery, dict):
        raise Unreadable("The delivery is not a JSON object.")
    entries = delivery.get("entry")
    if not isinstance(entries, list):
        raise Unreadable("The delivery has no list of entries.")
    shell = {key: value for key, value in delivery.items() if key != "entry"}
    return [piece for entry in entries for piece in _of_entry(entry, shell)]


def _of_entry(entry: Any, shell: Raw) -> Iterator[Piece]:
    if not isinstance(entry, dict) or not isinstance(entry.get("changes"), list):
        yield _broken({**shell, "entry": [entry]}, "An entry has no list of changes.")
        return
    waba_id = clip(entry.get("id"), MAX_NAME)
    rest = {key: value for key, value in entry.items() if key != "changes"}
    for change in entry["changes"]:
        envelope = {**shell, "entry": [{**rest, "changes": [change]}]}
        if not isinstance(change, dict) or not isinstance(change.get("value"), dict):
            yield _broken(envelope, "A change has no value.", waba_id=waba_id)
            continue
        yield from _of_change(change, waba_id, envelope, (shell, rest))


def _of_change(change: Raw, waba_id: str, envelope: Raw, around: tuple[Raw, Raw]) -> Iterator[Piece]:
    value: Raw = change["value"]
    phone_number_id = clip(mapping(value.get("metadata")).get("phone_number_id"), MAX_NAME)
    topic = string(change.get("field"))
    batches = _batches(value, topic)
    if not batches:
        yield Piece(
            kind=PieceKind.OTHER,
            waba_id=waba_id,
            phone_number_id=phone_number_id,
            topic=topic,
            item=value,
            contact={},
            envelope=envelope,
        )
        return
    shell, rest = around
    field = {key: item for key, item in change.items() if key != "value"}
    common = {key: item for key, item in value.items() if key not in _BATCH_KEYS}
    is_alone = sum(len(items) for _, _, items in batches) == 1
    for kind, key, items in batches:
        for item in items:
            is_sound = isinstance(item, dict)
            contact = _contact_of(item, value.get("contacts"), is_alone=is_alone) if is_sound else None
            inner = {**common, **({"contacts": [contact]} if contact else {}), key: [item]}
            yield Piece(
                kind=kind if is_sound else PieceKind.BROKEN,
                waba_id=waba_id,
                phone_number_id=phone_number_id,
                topic=topic,
                item=item,
                contact=contact or {},
                envelope={**shell, "entry": [{**rest, "changes": [{**field, "value": inner}]}]},
                reason="" if is_sound else f"One of the {key} is not an object.",
            )


_BATCHES: Final = (("messages", PieceKind.MESSAGE), ("statuses", PieceKind.STATUS), ("errors", PieceKind.ERROR))
_BATCH_KEYS: Final = frozenset({"messages", "statuses", "errors", "contacts"})
_PERSON_KEYS: Final = ("from", "from_user_id", "recipient_id", "recipient_user_id")


def _batches(value: Raw, topic: str) -> list[tuple[PieceKind, str, list[Any]]]:
    # Calls, too, bring `statuses`; only under `messages` are they what they seem.
    if topic not in ("messages", ""):
        return []
    found = [(kind, key, value[key]) for key, kind in _BATCHES if value.get(key)]
    return [(kind, key, items if isinstance(items, list) else [items]) for kind, key, items in found]


def _contact_of(item: Raw, contacts: Any, *, is_alone: bool) -> Raw | None:
    """The one entry of `contacts` that is about this item. A wrong name is worse than none, so it is matched by id."""
    known = [contact for contact in contacts if isinstance(contact, dict)] if isinstance(contacts, list) else []
    ids = {item[key] for key in _PERSON_KEYS if isinstance(item.get(key), str)}
    for contact in known:
        own = {contact[key] for key in ("wa_id", "user_id") if isinstance(contact.get(key), str)}
        if own & ids:
            return contact
    # The only contact is the sender of the only message, and of messages that name nobody else.
    return known[0] if len(known) == 1 and (is_alone or not ids) else None


def _broken(envelope: Raw, reason: str, *, waba_id: str = "") -> Piece:
    return Piece(
        kind=PieceKind.BROKEN,
        waba_id=waba_id,
        phone_number_id="",
        topic="",
        item=None,
        contact={},
        envelope=envelope,
        reason=reason,
    )
