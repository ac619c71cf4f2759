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
    entry = JournalEntry.objects.create(
        actor_id=by.pk if by else None,
        actor_label=by.get_username() if by else SYSTEM,
        verb=verb,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        details=details or {},
    )
    if personal:
        JournalValue.objects.bulk_create(
            JournalValue(entry=entry, name=name, value=value) for name, value in personal.items()
        )
    return entry


def record_many(
    verb: str, kind: type[models.Model], ids: Iterable[int], *, by: Actor | None, details: dict[str, Any] | None = None
) -> None:
    """Add the same entry about each of these rows of a kind, in one statement; `details` as for `record`."""
    JournalEntry.objects.bulk_create(
        (
            JournalEntry(
                actor_id=by.pk if by else None,
                actor_label=by.get_username() if by else SYSTEM,
                verb=verb,
                subject_type=kind._meta.label_lower,
                subject_id=str(pk),
                details=details or {},
            )
            for pk in ids
        ),
        batch_size=1000,
    )


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What an edit changed, for `details`: {"before": {...}, "after": {...}} with only what differs."""
    names = [name for name in after if before.get(name) != after[name]]
    return {"before": {name: before.get(name) for name in names}, "after": {name: after[name] for name in names}}
