"""Write down who did what, inside the transaction that did it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from django.db import models

from core.models import JournalEntry, JournalValue


class Actor(Protocol):
    """Whoever acts: a user, or None for the system."""

    pk: Any

    def get_username(self) -> str: ...


SYSTEM = "system"


def record(
    verb: str,
    subject: models.Model,
    *,
    by: Actor | None,
    details: dict[str, Any] | None = None,
    personal: dict[str, str] | None = None,
) -> JournalEntry:
    """Add an entry about `subject`.

    `details` may hold ids, counts and codes, never a personal value; what names a person goes to `personal`, which erasure removes.
    """
    entry = entry_of(verb, subject, by=by, details=details or {})
    entry.save(force_insert=True)
    if personal:
        JournalValue.objects.bulk_create(
            JournalValue(entry=entry, name=name, value=value) for name, value in personal.items()
        )
    return entry


def record_many(
    verb: str, subjects: Iterable[models.Model], *, by: Actor | None, details: dict[str, Any] | None = None
) -> None:
    """The same entry about each of many, in one statement."""
    JournalEntry.objects.bulk_create(entry_of(verb, each, by=by, details=details or {}) for each in subjects)


def entry_of(verb: str, subject: models.Model, *, by: Actor | None, details: dict[str, Any]) -> JournalEntry:
    return JournalEntry(
        actor_id=by.pk if by else None,
        actor_label=by.get_username() if by else SYSTEM,
        verb=verb,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        details=details,
    )


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What an edit changed, for `details`: {"before": {...}, "after": {...}} with only what differs."""
    names = [name for name in after if before.get(name) != after[name]]
    return {"before": {name: before.get(name) for name in names}, "after": {name: after[name] for name in names}}
