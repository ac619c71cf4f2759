"""What is held of one person, wherever it is: the words in which the roof asks each app to find, hand out, erase and age it.

Each app's `personal.py` is a Holder; the roof lists them (settings.HOLDERS), so that apps of one floor meet there without knowing each
other. The rock's own: the journal's values, which are about people and outlive nobody's erasure (DOMAIN.md decision 10).
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.module_loading import import_string

from core.models import JournalEntry, JournalValue

CHUNK = 500
# A mark shorter than this says nothing: «1234» is found in half of what there is.
SHORTEST_MARK = 5


class StillArriving(Exception):
    """Something that names the person is on its way in: what is erased now would not be all. Try again in a moment."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody, by the rows that stand for them and by what nobody else is called: numbers in every form, ids, e-mail, documents.

    `names` are what they are called; two people may share one, so nothing is looked for by name alone where others' words stand.
    """

    contact_ids: tuple[int, ...]
    marks: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    # The points of those contacts, by key.
    point_ids: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Part:
    """A table's worth of what is held, for the export: rows that become JSON, one by one."""

    name: str
    rows: Iterable[Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class HeldFile:
    """A file that is held: where its bytes are, and what it is called in the export."""

    name: str
    path: str


@dataclass(frozen=True, kw_only=True)
class Cut:
    """What retention is about: a kind of thing, older than a moment, of one campaign or of all (None)."""

    kind: str
    before: datetime.datetime
    campaign_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Aged:
    """How much a cut concerns: what may go, and what the law holds back."""

    count: int = 0
    held: int = 0

    def __add__(self, other: Aged) -> Aged:
        return Aged(count=self.count + other.count, held=self.held + other.held)


@dataclass
class Erased:
    """How many rows of each table were emptied or removed."""

    counts: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, count: int) -> None:
        if count:
            self.counts[name] = self.counts.get(name, 0) + count


class Holder(Protocol):
    """An app's personal.py."""

    @property
    def MODELS(self) -> tuple[str, ...]:  # a module's constant
        """The models with something personal in them; every other model with words in it is listed at the roof as holding none."""
        ...

    @property
    def KINDS(self) -> tuple[str, ...]:
        """Kinds of things that retention may be about here."""
        ...

    def find(self, person: Person) -> dict[str, int]: ...

    def export(self, person: Person) -> Iterator[Part | HeldFile]: ...

    def erase(self, person: Person, *, by: Any) -> dict[str, int]: ...

    def count_aged(self, cut: Cut) -> Aged: ...

    def remove_aged(self, cut: Cut, *, limit: int) -> int: ...


@lru_cache(maxsize=1)
def holders() -> tuple[Holder, ...]:
    """From the top floor down: what points to something is emptied before it."""
    listed: tuple[Holder, ...] = import_string(settings.HOLDERS)
    return listed


# ── For the apps' own personal.py


def holding_any(names: Sequence[str], marks: Iterable[str]) -> Q:
    """A condition: any of the text columns holds any of the marks."""
    found = Q(pk__in=[])
    for mark in marks:
        for name in names:
            found |= holding(name, mark)
    return found


def holding(name: str, mark: str) -> Q:
    """A condition: the column holds the mark. One of digits is no part of a longer number: that is somebody else's, or a moment."""
    if is_number(mark):
        return Q(**{f"{name}__regex": f"(^|[^0-9]){mark}($|[^0-9])"})
    return Q(**{f"{name}__icontains": mark})


def is_said(mark: str, text: str) -> bool:
    """The same of a text in hand."""
    if is_number(mark):
        return re.search(f"(?<![0-9]){mark}(?![0-9])", text) is not None
    return mark in text


def is_number(mark: str) -> bool:
    return mark.isascii() and mark.isdigit()


def forget_values(subject_type: str, subject_ids: Iterable[object]) -> int:
    """Remove what the journal's entries about these say of a person; the entries stay. In chunks, so that nobody waits."""
    ids = [str(each) for each in subject_ids]
    removed = 0
    for start in range(0, len(ids), CHUNK):
        entries = JournalEntry.objects.filter(
            subject_type=subject_type, subject_id__in=ids[start : start + CHUNK]
        ).values("pk")
        removed += JournalValue.objects.filter(entry__in=entries).delete()[0]
    return removed


def values_about(subject_type: str, subject_ids: Iterable[object]) -> Iterator[Mapping[str, Any]]:
    """What the journal's entries about these say of a person, for the export; in chunks."""
    ids = [str(each) for each in subject_ids]
    for start in range(0, len(ids), CHUNK):
        values = JournalValue.objects.filter(
            entry__subject_type=subject_type, entry__subject_id__in=ids[start : start + CHUNK]
        )
        yield from values.order_by("pk").values("entry__at", "entry__verb", "name", "value")


# ── The rock's own

MODELS = ("core.JournalValue",)
KINDS = ("journal_values",)


def values_of(person: Person) -> QuerySet[JournalValue]:
    """Of entries about the contact or a point of it, and wherever the person is marked."""
    about = JournalEntry.objects.filter(
        Q(subject_type="contacts.contact", subject_id__in=[str(pk) for pk in person.contact_ids])
        | Q(subject_type="contacts.contactpoint", subject_id__in=[str(pk) for pk in person.point_ids])
    )
    whole_names = Q(pk__in=[]) if not person.names else Q(value__in=person.names)
    return JournalValue.objects.filter(
        Q(entry__in=about.values("pk")) | holding_any(["value"], person.marks) | whole_names
    )


def find(person: Person) -> dict[str, int]:
    return {"journal_values": values_of(person).count()}


def export(person: Person) -> Iterator[Part | HeldFile]:
    rows = values_of(person).order_by("pk").values("entry__at", "entry__verb", "entry__subject_type", "name", "value")
    yield Part(name="journal", rows=rows.iterator(CHUNK))


def erase(person: Person, *, by: Any) -> dict[str, int]:
    return {"journal_values": values_of(person).delete()[0]}


def aged_values(cut: Cut) -> QuerySet[JournalValue]:
    if cut.kind not in KINDS or cut.campaign_id is not None:
        return JournalValue.objects.none()
    return JournalValue.objects.filter(entry__at__lt=cut.before)


def count_aged(cut: Cut) -> Aged:
    return Aged(count=aged_values(cut).count())


def remove_aged(cut: Cut, *, limit: int) -> int:
    chunk = aged_values(cut).order_by("pk").values("pk")[:limit]
    return JournalValue.objects.filter(pk__in=list(chunk.values_list("pk", flat=True))).delete()[0]
