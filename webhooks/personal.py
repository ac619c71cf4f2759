"""What webhooks hold of one person: raw deliveries, dead letters and notices whose bodies name them (core.personal.Holder).

A delivery may speak of hundreds of people at once: only the pieces that name this one are taken out, the others stay as they came.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import orjson
from django.db import connection, transaction
from django.db.models import Q

from core.personal import CHUNK, Aged, Cut, HeldFile, Part, Person, StillArriving, holding, holding_any, is_said
from webhooks.models import DeadLetter, Delivery, ProviderNotice

MODELS = ("webhooks.Delivery", "webhooks.DeadLetter", "webhooks.ProviderNotice")
KINDS = ("deliveries",)
NOTHING = b"{}"


def delivery_keys(person: Person) -> list[tuple[int, Any]]:
    """The deliveries that name the person and were read."""
    return keys_naming(
        "SELECT id, received_at FROM webhooks_delivery WHERE processed_at IS NOT NULL AND ({named}) ORDER BY id",
        person,
        ["body"],
    )


def is_arriving(person: Person) -> bool:
    """Whether a delivery that names the person waits to be read, or is being read now."""
    waiting = "SELECT id FROM webhooks_delivery WHERE processed_at IS NULL AND ({named}) LIMIT 1"
    return bool(keys_naming(waiting, person, ["body"]))


def letter_keys(person: Person) -> list[int]:
    return [
        pk
        for (pk,) in keys_naming(
            "SELECT id FROM webhooks_deadletter WHERE {named} ORDER BY id", person, ["body", "first_body"]
        )
    ]


def keys_naming(statement: str, person: Person, columns: list[str]) -> list[Any]:
    marks = [mark.encode() for mark in person.marks]
    if not marks:
        return []
    # `position` of bytes in bytes: the raw body is never decoded by the database, whatever somebody sent us.
    named = " OR ".join(f"position(%s::bytea in {column}) > 0" for column in columns for _mark in marks)
    with connection.cursor() as cursor:
        cursor.execute(statement.format(named=named), marks * len(columns))
        return list(cursor.fetchall())


def notices_of(person: Person) -> Any:
    named = Q(pk__in=[])
    for mark in person.marks:
        named |= holding("payload", mark)
    return ProviderNotice.objects.filter(named | holding_any(["summary"], person.marks))


def find(person: Person) -> dict[str, int]:
    return {
        "deliveries": len(delivery_keys(person)),
        "dead_letters": len(letter_keys(person)),
        "notices": notices_of(person).count(),
    }


def export(person: Person) -> Iterator[Part | HeldFile]:
    """The pieces that name the person, and nobody else's."""
    told = (delivered(person, key) for key in delivery_keys(person))
    yield Part(name="deliveries", rows=(each for each in told if each["pieces"]))
    letters = DeadLetter.objects.filter(pk__in=letter_keys(person)).order_by("pk")
    yield Part(
        name="dead_letters",
        rows=(
            {
                "created_at": each.created_at,
                "pieces": pieces_naming(bytes(each.body), person.marks),
                "pieces_as_they_came": pieces_naming(bytes(each.first_body or NOTHING), person.marks),
            }
            for each in letters.iterator(CHUNK)
        ),
    )
    yield Part(
        name="notices", rows=notices_of(person).order_by("pk").values("topic", "summary", "payload", "received_at")
    )


def delivered(person: Person, key: tuple[int, Any]) -> dict[str, Any]:
    pk, received_at = key
    body = Delivery.objects.values_list("body", flat=True).get(pk=pk, received_at=received_at)
    return {"received_at": received_at, "pieces": pieces_naming(bytes(body), person.marks)}


def erase(person: Person, *, by: Any) -> dict[str, int]:
    """Take the pieces that name the person out of every body.

    Raises:
        StillArriving: a delivery that names them is not read yet; nothing was changed.
    """
    if is_arriving(person):
        raise StillArriving
    counts = {"deliveries": 0, "dead_letters": 0, "notices": 0}
    for pk, received_at in delivery_keys(person):
        # By the whole key: by the id alone every month's partition would be looked at.
        row = Delivery.objects.filter(pk=pk, received_at=received_at)
        body = row.values_list("body", flat=True).first()
        if body is not None and is_named(bytes(body), person.marks):
            counts["deliveries"] += row.update(body=without(bytes(body), person.marks))
    for pk in letter_keys(person):
        counts["dead_letters"] += erase_letter(pk, person)
    for notice in notices_of(person).iterator(CHUNK):
        notice.payload, notice.summary = scrubbed(notice.payload, person.marks) or {}, ""
        notice.save(update_fields=["payload", "summary"])
        counts["notices"] += 1
    return {name: count for name, count in counts.items() if count}


@transaction.atomic
def erase_letter(pk: int, person: Person) -> int:
    letter = DeadLetter.objects.select_for_update().filter(pk=pk).first()
    if letter is None:
        return 0
    letter.body = without(bytes(letter.body), person.marks)
    letter.first_body = None if letter.first_body is None else without(bytes(letter.first_body), person.marks)
    letter.version += 1
    letter.save(update_fields=["body", "first_body", "version"])
    return 1


# ── Bodies


def without(body: bytes, marks: tuple[str, ...]) -> bytes:
    """The body without the pieces that name somebody. One that cannot be read goes whole: nobody can say whose it is."""
    try:
        read = orjson.loads(body)
    except orjson.JSONDecodeError:
        return NOTHING
    left = scrubbed(read, marks)
    written = orjson.dumps(left) if left else NOTHING
    # Whatever stood where no reader of ours looks (a key, a number): then all of it.
    return NOTHING if is_named(written, marks) else written


def is_named(body: bytes, marks: tuple[str, ...]) -> bool:
    """Whether a body, as it stands, names somebody: what the database finds by digits alone may be part of a longer number."""
    text = body.decode("utf-8", "replace")
    return any(is_said(mark, text) for mark in marks)


def scrubbed(value: Any, marks: tuple[str, ...]) -> Any:
    """A value without what names somebody: of a list, the pieces that do; of an object, the values; None where nothing is left."""
    if isinstance(value, list):
        return [
            scrubbed(each, marks) if holds_lists(each) else each
            for each in value
            if holds_lists(each) or not names(each, marks)
        ]
    if isinstance(value, dict):
        return {key: left for key, each in value.items() if (left := scrubbed(each, marks)) is not None}
    return None if names(value, marks) else value


def holds_lists(value: Any) -> bool:
    """An envelope (entry, change): its own lists are looked into. A piece with lists inside (a contact card) is a piece."""
    return isinstance(value, dict) and ("changes" in value or "value" in value)


def names(value: Any, marks: tuple[str, ...]) -> bool:
    if isinstance(value, dict):
        return any(names(each, marks) for each in (*value.keys(), *value.values()))
    if isinstance(value, list):
        return any(names(each, marks) for each in value)
    text = str(value)
    return any(is_said(mark, text) for mark in marks)


def pieces_naming(body: bytes, marks: tuple[str, ...]) -> list[Any]:
    """The pieces of a body that name somebody; the whole of one that cannot be read."""
    try:
        read = orjson.loads(body)
    except orjson.JSONDecodeError:
        return [{"base64": base64.b64encode(body).decode()}]
    return list(naming(read, marks))


def naming(value: Any, marks: tuple[str, ...]) -> Iterator[Any]:
    if isinstance(value, list):
        for each in value:
            if holds_lists(each):
                yield from naming(each, marks)
            elif names(each, marks):
                yield each
    elif isinstance(value, dict):
        for key, each in value.items():
            if isinstance(each, dict | list):
                yield from naming(each, marks)
            elif names(each, marks):
                yield {key: each}


# ── Retention


def aged_deliveries(cut: Cut) -> Any:
    if cut.kind not in KINDS or cut.campaign_id is not None:
        return Delivery.objects.none()
    return Delivery.objects.filter(received_at__lt=cut.before, processed_at__isnull=False)


def count_aged(cut: Cut) -> Aged:
    return Aged(count=aged_deliveries(cut).count())


def remove_aged(cut: Cut, *, limit: int) -> int:
    keys = list(aged_deliveries(cut).order_by("received_at", "pk").values_list("pk", "received_at")[:limit])
    if not keys:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM webhooks_delivery AS delivery USING unnest(%s::bigint[], %s::timestamptz[]) AS old(id, received_at)"
            " WHERE delivery.id = old.id AND delivery.received_at = old.received_at",
            [[pk for pk, _at in keys], [at for _pk, at in keys]],
        )
        return int(cursor.rowcount)
