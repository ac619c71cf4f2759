"""What could not be read: seen, fixed, replayed or discarded by a person, each step written down."""

from __future__ import annotations

from dataclasses import dataclass

import orjson
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from connectors.messages import Unparseable, Unreadable
from connectors.whatsapp import parse
from core.journal import record
from core.refusals import Invalid, NotFound, Refusal
from webhooks.models import DeadLetter, Delivery

PAGE = 50
# As much as a browser shows and edits at ease; a longer one is shown cut, and replayed or discarded whole.
SHOWN_BYTES = 200_000
EDITED_BYTES = 1_000_000


class AlreadySettled(Refusal):
    """Somebody replayed, discarded or rewrote it meanwhile."""

    code = "already_settled"


@dataclass(frozen=True)
class Shown:
    """A letter's body as people read it. `is_whole` is False where it was cut: what is cut is not edited."""

    text: str
    is_json: bool
    is_whole: bool


def letters_page(state: str, *, before: int | None) -> tuple[list[DeadLetter], int | None]:
    """Return a page, newest first, without bodies, and the id that the next one begins below (None at the end)."""
    letters: QuerySet[DeadLetter] = DeadLetter.objects.defer("body").order_by("-id")
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


@transaction.atomic
def rewrite_letter(letter_id: int, *, by: User, body: str, version: int) -> DeadLetter:
    """Replace what a waiting letter holds by what somebody mended.

    Raises:
        NotFound: there is none. AlreadySettled: it waits no more, or another wrote it meanwhile.
        Invalid: it is not JSON, or still cannot be read; its field says why.
    """
    letter = held(letter_id, version=version)
    mended = checked(body)
    letter.body, letter.version = mended, letter.version + 1
    letter.save(update_fields=["body", "version"])
    record("dead_letter_rewritten", letter, by=by, details={"size": len(mended), "version": letter.version})
    return letter


@transaction.atomic
def replay_letter(letter_id: int, *, by: User) -> Delivery | None:
    """Put a letter back in front of the readers, as a delivery of its own; None where that was done already (a double click).

    Raises:
        NotFound: there is none. AlreadySettled: it was discarded.
    """
    letter = DeadLetter.objects.select_for_update().filter(pk=letter_id).first()
    if letter is None:
        raise NotFound
    if letter.state == DeadLetter.State.REPLAYED:
        return None
    if letter.state != DeadLetter.State.DEAD:
        raise AlreadySettled(_("It was discarded meanwhile."))
    delivery = Delivery.objects.create(app_key=letter.app_key, body=bytes(letter.body))
    settle(letter, DeadLetter.State.REPLAYED)
    record("dead_letter_replayed", letter, by=by, details={"delivery_id": delivery.pk})
    return delivery


@transaction.atomic
def discard_letter(letter_id: int, *, by: User) -> bool:
    """Set a letter aside for good; False where that was done already. It is kept, and can still be looked at.

    Raises:
        NotFound: there is none. AlreadySettled: it was replayed.
    """
    letter = DeadLetter.objects.select_for_update().filter(pk=letter_id).first()
    if letter is None:
        raise NotFound
    if letter.state == DeadLetter.State.DISCARDED:
        return False
    if letter.state != DeadLetter.State.DEAD:
        raise AlreadySettled(_("It was replayed meanwhile."))
    settle(letter, DeadLetter.State.DISCARDED)
    record("dead_letter_discarded", letter, by=by)
    return True


def held(letter_id: int, *, version: int) -> DeadLetter:
    letter = DeadLetter.objects.select_for_update().filter(pk=letter_id).first()
    if letter is None:
        raise NotFound
    if letter.state != DeadLetter.State.DEAD:
        raise AlreadySettled(_("It waits no more: somebody replayed or discarded it meanwhile."))
    if letter.version != version:
        raise AlreadySettled(_("Somebody else changed it meanwhile. Your text is below; reload to see theirs."))
    return letter


def checked(body: str) -> bytes:
    """The bytes to keep, after asking our own reader whether every piece of them can be read now."""
    if len(body) > EDITED_BYTES:
        raise Invalid(fields={"body": [_("It is too long.")]})
    try:
        mended = orjson.dumps(orjson.loads(body))
    except (orjson.JSONDecodeError, TypeError, UnicodeEncodeError) as error:
        line, column = getattr(error, "lineno", 0), getattr(error, "colno", 0)
        raise Invalid(
            fields={
                "body": [_("This is not JSON: line %(line)s, column %(column)s.") % {"line": line, "column": column}]
            }
        ) from None
    try:
        pieces = parse.split(mended)
        for piece in pieces:
            parse.read(piece)
    except (Unreadable, Unparseable) as error:
        raise Invalid(fields={"body": [_("It can still not be read: %(why)s") % {"why": str(error)}]}) from None
    if not pieces:
        raise Invalid(fields={"body": [_("It holds no message, status or notice.")]})
    return mended


def settle(letter: DeadLetter, state: str) -> None:
    letter.state, letter.settled_at, letter.version = state, timezone.now(), letter.version + 1
    letter.save(update_fields=["state", "settled_at", "version"])
