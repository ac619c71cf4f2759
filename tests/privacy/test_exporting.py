"""S61: the export of one contact holds everything there is of them; an oracle seeds every place and looks for each seal."""

from __future__ import annotations

import datetime
import io
import zipfile

import orjson
import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts.models import User
from core.models import JournalEntry
from core.refusals import NotAllowed, NotFound
from privacy.actions.exporting import TRIED_FOR, ask_for_export, fetchable_export, forget_exports, make_export
from privacy.models import PersonExport
from privacy.tasks import sweep_requests
from tests import factories
from tests.contacts.people import person
from tests.factories import Cast
from tests.privacy.seeding import BSUID, DOCUMENT, MAIL, OTHER_PHONE, PHONE, seed_person


def archive_of(export: PersonExport) -> zipfile.ZipFile:
    export.refresh_from_db()
    with default_storage.open(export.path) as file:
        return zipfile.ZipFile(io.BytesIO(file.read()))


@pytest.mark.shows("S61")
def test_everything_that_was_seeded_is_in_the_export(cast: Cast) -> None:
    seeded = seed_person(cast)
    export = ask_for_export(seeded.contact.pk, by=cast.admin)
    assert make_export(export.pk)
    archive = archive_of(export)
    everything = "\n".join(archive.read(name).decode(errors="replace") + name for name in archive.namelist())
    missing = [place for place, seal in seeded.seals.items() if seal not in everything]
    assert missing == []
    assert len(seeded.seals) >= 37
    for value in (PHONE, MAIL, BSUID, DOCUMENT):
        assert value in everything
    assert OTHER_PHONE not in everything, "of a delivery for two people, only this one's piece"
    index = orjson.loads(archive.read("index.json"))
    assert index["contacts"] == sorted([seeded.contact.pk, seeded.merged.pk])
    assert index["counts"]["stored_files"] == 2
    assert archive.testzip() is None
    for name in archive.namelist():
        if name.endswith(".json"):
            orjson.loads(archive.read(name))


@pytest.mark.shows("S61")
def test_one_that_never_comes_is_tried_for_a_day_and_then_said_to_have_failed(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = ask_for_export(person(cast.team, first_name="Rocío").pk, by=cast.admin)

    def fail(*_arguments: object) -> None:
        raise OSError("the disk is away")

    monkeypatch.setattr("privacy.actions.exporting.write_archive", fail)
    assert sweep_requests() == 1
    export.refresh_from_db()
    assert export.state == "running"
    PersonExport.objects.update(asked_at=timezone.now() - TRIED_FOR - datetime.timedelta(minutes=1))
    sweep_requests()
    export.refresh_from_db()
    assert (export.state, export.path) == ("failed", "")
    assert JournalEntry.objects.filter(verb="person_export_failed").count() == 1
    assert sweep_requests() == 0
    monkeypatch.undo()
    again = ask_for_export(export.contact_id, by=cast.admin)
    assert again.pk != export.pk
    assert make_export(again.pk)


@pytest.mark.shows("S61")
def test_only_who_asked_fetches_it_for_three_days_and_that_is_written_down(cast: Cast) -> None:
    contact = person(cast.team, first_name="Rocío")
    export = ask_for_export(contact.pk, by=cast.admin)
    make_export(export.pk)
    other = User.objects.get(pk=cast.luis.pk)
    other.user_permissions.add(factories.permission("manage_privacy"))
    with pytest.raises(NotFound):
        fetchable_export(export.pk, by=User.objects.get(pk=other.pk))
    with pytest.raises(NotAllowed):
        fetchable_export(export.pk, by=cast.ana)
    assert not JournalEntry.objects.filter(verb="person_export_fetched").exists()
    assert fetchable_export(export.pk, by=cast.admin).path
    assert JournalEntry.objects.filter(verb="person_export_fetched", actor_id=cast.admin.pk).count() == 1
    with time_machine.travel(timezone.now() + datetime.timedelta(days=3, minutes=1), tick=False):
        with pytest.raises(NotFound):
            fetchable_export(export.pk, by=cast.admin)
        export.refresh_from_db()
        path = export.path
        assert forget_exports() == 1
    assert not default_storage.exists(path)


@pytest.mark.shows("S61", "S09")
def test_nobody_exports_whom_they_do_not_see(cast: Cast) -> None:
    foreign = person(cast.other_team, first_name="Otra")
    luis = User.objects.get(pk=cast.luis.pk)
    with pytest.raises(NotAllowed):
        ask_for_export(foreign.pk, by=luis)
    luis.user_permissions.add(factories.permission("manage_privacy"))
    with pytest.raises(NotFound):
        ask_for_export(foreign.pk, by=User.objects.get(pk=luis.pk))
    assert not PersonExport.objects.exists()
    assert not JournalEntry.objects.filter(verb__startswith="person_export").exists()


@pytest.mark.shows("S61")
def test_made_twice_it_is_one_file(cast: Cast) -> None:
    export = ask_for_export(person(cast.team, first_name="Rocío").pk, by=cast.admin)
    assert make_export(export.pk)
    assert not make_export(export.pk)
    assert JournalEntry.objects.filter(verb="person_export_made").count() == 1


def test_what_a_killed_worker_left_is_not_kept_beside(cast: Cast) -> None:
    export = ask_for_export(person(cast.team, first_name="Rocío").pk, by=cast.admin)
    default_storage.save(f"exports/{export.pk.hex}.zip", ContentFile(b"half of it"))
    assert make_export(export.pk)
    _folders, names = default_storage.listdir("exports")
    assert [name for name in names if name.startswith(export.pk.hex)] == [f"{export.pk.hex}.zip"]
    assert archive_of(export).testzip() is None
