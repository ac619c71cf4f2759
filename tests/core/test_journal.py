"""Who did what: written with what was done, kept after it, and without a personal value of its own."""

from __future__ import annotations

import contextlib

from django.db import transaction

from accounts.models import Team
from core import journal
from core.models import JournalEntry, JournalValue
from tests.factories import Cast


def test_an_entry_names_who_did_what_to_which(cast: Cast) -> None:
    entry = journal.record("team_renamed", cast.team, by=cast.luis, details={"members": 2})
    entry.refresh_from_db()
    assert (entry.actor_id, entry.actor_label, entry.verb) == (cast.luis.pk, "luis", "team_renamed")
    assert (entry.subject_type, entry.subject_id, entry.details) == ("accounts.team", str(cast.team.pk), {"members": 2})
    assert entry.at is not None


def test_what_nobody_did_the_system_did(cast: Cast) -> None:
    entry = journal.record("team_renamed", cast.team, by=None)
    assert (entry.actor_id, entry.actor_label) == (None, "system")


def test_what_was_not_done_is_not_written(cast: Cast) -> None:
    before = JournalEntry.objects.count()
    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        journal.record("team_renamed", cast.team, by=cast.luis)
        raise ZeroDivisionError
    assert JournalEntry.objects.count() == before


def test_personal_values_stand_apart_and_go_without_the_entry(cast: Cast) -> None:
    entry = journal.record(
        "contact_erased", cast.team, by=cast.luis, personal={"name": "Rocío", "phone": "595991651351"}
    )
    assert "Rocío" not in str(JournalEntry.objects.values().get(pk=entry.pk))
    assert dict(entry.values.values_list("name", "value")) == {"name": "Rocío", "phone": "595991651351"}
    JournalValue.objects.all().delete()
    assert JournalEntry.objects.filter(pk=entry.pk).exists()


def test_the_entry_outlives_its_subject(cast: Cast) -> None:
    team = Team.objects.create(name="Efímero")
    entry = journal.record("team_made", team, by=cast.luis)
    team.delete()
    entry.refresh_from_db()
    assert entry.subject_type == "accounts.team"
