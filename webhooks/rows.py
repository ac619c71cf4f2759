"""Dead letters and notices as administrators read them: in pages, newest first, never more than a screen bears."""

from __future__ import annotations

from dataclasses import dataclass

import orjson
from django.db.models import QuerySet

from webhooks.models import DeadLetter

PAGE = 50
# As much as a browser shows and edits at ease; a longer one is shown cut, and replayed or discarded whole.
SHOWN_BYTES = 200_000


@dataclass(frozen=True)
class Shown:
    """A letter's body as people read it. `is_whole` is False where it was cut: what is cut is not edited."""

    text: str
    is_json: bool
    is_whole: bool


def letters_page(state: str, *, before: int | None) -> tuple[list[DeadLetter], int | None]:
    """Return a page, newest first, without bodies, and the id that the next one begins below (None at the end)."""
    letters: QuerySet[DeadLetter] = DeadLetter.objects.defer("body", "first_body").order_by("-id")
    if state in DeadLetter.State.values:
        letters = letters.filter(state=state)
    if before is not None:
        letters = letters.filter(pk__lt=before)
    page = list(letters[: PAGE + 1])
    return page[:PAGE], page[PAGE - 1].pk if len(page) > PAGE else None


def shown_body(letter: DeadLetter) -> Shown:
    """Indented where it is JSON, else as far as it is text. Never more than a screen bears (S38)."""
    body = bytes(letter.body)
    try:
        text, is_json = orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode(), True
    except (orjson.JSONDecodeError, TypeError, RecursionError):
        text, is_json = body.decode("utf-8", "replace").replace("\x00", "�"), False
    return Shown(text=text[:SHOWN_BYTES], is_json=is_json, is_whole=len(text) <= SHOWN_BYTES)
