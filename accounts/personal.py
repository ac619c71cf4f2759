"""What accounts hold of a customer: words that somebody kept in a view of their own (core.personal.Holder).

Users are the company's own people; what is held of them is not this subject's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accounts.models import SavedView
from core.personal import Aged, Cut, HeldFile, Part, Person
from core.text import fold

MODELS = ("accounts.SavedView",)
KINDS = ()


def views_of(person: Person) -> list[SavedView]:
    """Views whose name or search names the person. There are some of each user's: all of them are looked at."""
    wanted = [*(mark.casefold() for mark in person.marks), *(fold(name) for name in person.names)]
    return [view for view in SavedView.objects.order_by("pk").iterator() if names(view, wanted)]


def names(view: SavedView, wanted: list[str]) -> bool:
    said = [fold(view.name), *(fold(str(each)) for each in flat(view.filters))]
    digits = ["".join(filter(str.isdigit, each)) for each in said]
    return any(want in each for want in wanted if want for each in (*said, *digits))


def flat(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for each in value.values():
            yield from flat(each)
    elif isinstance(value, list):
        for each in value:
            yield from flat(each)
    else:
        yield value


def find(person: Person) -> dict[str, int]:
    return {"saved_views": len(views_of(person))}


def export(person: Person) -> Iterator[Part | HeldFile]:
    yield Part(name="saved_views", rows=({"name": each.name, "filters": each.filters} for each in views_of(person)))


def erase(person: Person, *, by: Any) -> dict[str, int]:
    """The view goes: what it looked for is not there any more."""
    found = views_of(person)
    SavedView.objects.filter(pk__in=[each.pk for each in found]).delete()
    return {"saved_views": len(found)} if found else {}


def count_aged(cut: Cut) -> Aged:
    return Aged()


def remove_aged(cut: Cut, *, limit: int) -> int:
    return 0
