"""Dead letters and notices as administrators read them: in pages, newest first, never more than a screen bears."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from webhooks.models import DeadLetter

SIBLINGS = 100
# As much as a browser shows and edits at ease; a longer one is shown cut, and replayed or discarded whole.
SHOWN_BYTES = 200_000


@dataclass(frozen=True)
class Shown:
    """A letter's body as people read it. `is_whole` is False where it was cut: what is cut is not edited."""

    text: str
    is_json: bool
    is_whole: bool


def of_same_delivery(letter: DeadLetter) -> list[DeadLetter]:
    """The other letters of the delivery it came with, as many as a page bears, in their order."""
    if letter.delivery_id is None:
        return []
    others = DeadLetter.objects.filter(delivery_id=letter.delivery_id).exclude(pk=letter.pk)
    return list(others.defer("body", "first_body").order_by("pk")[:SIBLINGS])


def first_shown(letter: DeadLetter) -> Shown | None:
    """What the provider sent, where somebody mended it since."""
    return None if letter.first_body is None else shown(bytes(letter.first_body))


def shown_body(letter: DeadLetter) -> Shown:
    """Indented where it is JSON, else as far as it is text. Never more than a screen bears (S38)."""
    return shown(bytes(letter.body))


def shown(body: bytes) -> Shown:
    try:
        text, is_json = orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode(), True
    except (orjson.JSONDecodeError, TypeError, RecursionError):
        text, is_json = body.decode("utf-8", "replace").replace("\x00", "�"), False
    return Shown(text=text[:SHOWN_BYTES], is_json=is_json, is_whole=len(text) <= SHOWN_BYTES)
