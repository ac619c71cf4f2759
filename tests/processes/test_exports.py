"""Exports: what stands in the file is what who asked sees, once each, and only they may have it (S05, S07, S36, S53, S62, B-10)."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from contacts.exporting import Shape, contact_heads
from contacts.models import BaseMember, Contact, DocumentType, FieldDefinition
from contacts.personal import whole_person
from core.models import JournalEntry
from core.refusals import NotFound
from inbox.models import Conversation
from privacy.actions.erasing import ask_for_erasure, carry_out_erasure
from processes.actions.advancing import advance
from processes.actions.filing import fetched_file, forget_files
from processes.actions.purging import purge_run, runs_to_purge
from processes.actions.steering import resume_run, start_run
from processes.exporting import ConversationExportForm
from processes.file_personal import erase, find
from processes.models import Run, RunFile, RunItem, RunPiece
from tests.contacts.members import base_of, their_base
from tests.contacts.people import person, phone_of, tag
from tests.factories import Cast, conversation
from tests.processes.exports import asked_export, exported, exporter, file_of, rows_of
from tests.processes.runs import adds_up, carried_out

Browse = Callable[[User], Client]
KINDS = ("export-contacts", "export-members", "export-conversations")


def some_contacts(cast: Cast) -> list[Contact]:
    rocio = person(cast.team, first_name="Rocío", last_name='=HYPERLINK("http://x")', is_vip=True)
    phone_of(rocio, "595981123456", kind="phone")
    mario = person(cast.team, first_name=" +Mario", last_name="@Duarte")
    return [rocio, mario]


# ── Contacts


@pytest.mark.shows("S36", "S05", "002-01")
@pytest.mark.parametrize("format", ["xlsx", "csv"])
def test_the_file_holds_what_who_asked_sees_as_text(cast: Cast, format: str) -> None:
    luis = exporter(cast.luis)
    _rocio, _mario = some_contacts(cast)
    person(cast.other_team, first_name="Ajena")
    run = exported("export-contacts", by=luis, format=format)
    rows = rows_of(run)
    assert (run.state, run.applied, len(rows)) == ("done", 2, 2)
    with_titles = set(contact_heads(Shape.now()))
    assert set(rows[0]) == with_titles
    assert [(row["Nombres"], row["Apellidos"]) for row in rows] == [
        ("Rocío", "=HYPERLINK(\"http://x\")"), (" +Mario", "@Duarte"),
    ]  # fmt: skip
    assert rows[0]["Teléfono"] == "+595981123456"
    assert not RunPiece.objects.filter(run=run).exists()
    adds_up(run)


@pytest.mark.shows("B-10")
def test_who_sees_no_numbers_gets_none(cast: Cast) -> None:
    ana = exporter(cast.ana)
    identity_card, _made = DocumentType.objects.get_or_create(code="CI-X", defaults={"name": "Cédula de prueba"})
    mail = person(cast.team, first_name="Nora", document_type=identity_card, document_number="4567890")
    phone_of(mail, "595981123456", kind="phone")
    phone_of(mail, "595981123999")
    if ana.has_perm("accounts.see_numbers"):
        ana = without(ana, "see_numbers")
    run = exported("export-contacts", by=ana)
    (row,) = rows_of(run)
    assert "123456" not in row["Teléfono"].replace(" ", "")
    assert row["Teléfono"].endswith("456")
    assert row["Cédula de prueba"].endswith("890")
    assert "4567890" not in " ".join(row.values())
    assert not file_of(run).has_numbers


def without(user: User, codename: str) -> User:
    for role in user.groups.all():
        role.permissions.remove(*role.permissions.filter(codename=codename))
    return User.objects.get(pk=user.pk)


def test_the_list_s_filter_is_the_file_s(cast: Cast) -> None:
    luis = exporter(cast.luis)
    some_contacts(cast)
    run = exported("export-contacts", by=luis, asked={"vip": ["1"]})
    assert [row["Nombres"] for row in rows_of(run)] == ["Rocío"]
    assert run.total == 1


def test_own_fields_tags_and_companies_stand_by_their_visible_names(cast: Cast) -> None:
    luis = exporter(cast.luis)
    FieldDefinition.objects.create(control_id="txtZona", label="Zona")
    nora = person(cast.team, first_name="Nora", custom={"txtZona": "-Norte"})
    nora.tags.add(tag("Cobranza"), through_defaults={"by": None})
    run = asked_export("export-contacts", by=luis)
    # A field that comes meanwhile does not move the columns.
    FieldDefinition.objects.create(control_id="txtOtra", label="Otra")
    start_run(run.pk, by=luis)
    run = carried_out(run)
    (row,) = rows_of(run)
    assert (row["Zona"], row["Etiquetas"]) == ("-Norte", "Cobranza")
    assert "Otra" not in row


@pytest.mark.shows("S05")
def test_who_leaves_ones_teams_meanwhile_stays_out_and_is_counted(cast: Cast) -> None:
    luis = exporter(cast.luis)
    people = [person(cast.team, first_name=f"Persona {n}") for n in range(6)]
    run = asked_export("export-contacts", by=luis)
    people[1].teams.set([cast.other_team])
    Contact.objects.filter(pk=people[2].pk).update(erased_at=timezone.now())
    person(cast.team, first_name="Tarde")
    start_run(run.pk, by=luis)
    run = carried_out(run)
    assert (run.applied, run.skipped, run.reasons) == (4, 2, {"gone": 2})
    assert len(rows_of(run)) == file_of(run).rows == run.applied
    adds_up(run)


def test_whoever_may_not_export_any_more_gets_no_file(cast: Cast) -> None:
    luis = exporter(cast.luis)
    some_contacts(cast)
    run = asked_export("export-contacts", by=luis)
    start_run(run.pk, by=luis)
    User.objects.filter(pk=luis.pk).update(may_export=False)
    run = carried_out(run)
    assert (run.state, run.applied, run.reasons) == ("done", 0, {"not_permitted": 2})
    assert not RunFile.objects.filter(run=run).exists()


# ── Records and conversations


@pytest.mark.shows("S05")
def test_records_of_a_base_stand_with_their_contacts(cast: Cast) -> None:
    luis = exporter(cast.luis)
    base = base_of(cast, 3)
    theirs = their_base(cast)
    run = exported("export-members", by=luis, base=base.pk)
    rows = rows_of(run)
    members = BaseMember.objects.filter(base=base).order_by("pk").select_related("contact")
    assert [row["Nombres"] for row in rows] == [each.contact.first_name for each in members]
    assert {row["Intentos"] for row in rows} == {"0"}
    assert exported("export-members", by=exporter(cast.admin), base=theirs.pk).applied == 2
    assert asked_export("export-members", by=luis, base=theirs.pk).total == 0


@pytest.mark.shows("S05")
def test_conversations_are_one_row_each(cast: Cast) -> None:
    luis = exporter(cast.luis)
    made = [conversation(cast) for _n in range(3)]
    run = exported("export-conversations", by=luis)
    rows = rows_of(run)
    assert [row["ConversationId"] for row in rows] == [each.public_id for each in made]
    assert {row["Campaña"] for row in rows} == {"Altas"}
    assert asked_export("export-conversations", by=exporter(cast.eva)).total == 0
    assert asked_export("export-conversations", by=luis, asked={"tray": ["attended"]}).total == 0
    assert Conversation.objects.count() == 3


def test_the_desk_s_filter_is_taken_over_and_may_be_changed(cast: Cast) -> None:
    luis = exporter(cast.luis)
    form = ConversationExportForm(by=luis, initial={"asked": "tray=pending&search=rocio&order=-name"})
    assert form["tray"].value() == "pending"
    assert form.narrowed == ["«rocio»"]
    sent = {"format": "csv", "asked": "tray=pending&search=rocio", "tray": "attended"}
    form = ConversationExportForm(sent, by=luis)
    assert form.is_valid()
    assert form.parameters()["asked"] == {"search": ["rocio"], "tray": ["attended"]}
    form = ConversationExportForm({"format": "csv", "asked": "campaign=1&campaign=2", "tray": ""}, by=luis)
    assert form.is_valid()
    assert form.parameters()["asked"] == {"campaign": ["1", "2"]}
    assert not ConversationExportForm({"format": "csv", "asked": "nonsense=1"}, by=luis).is_valid()


# ── Who may, and what they may have


@pytest.mark.shows("S07")
@pytest.mark.parametrize("kind", KINDS)
def test_without_the_right_it_is_refused_and_written_down(cast: Cast, browse: Browse, kind: str) -> None:
    assert not cast.luis.may_export
    client = browse(cast.luis)
    path = reverse("process", args=[kind])
    assert client.get(path).status_code == 403
    assert client.post(path, {"submission": str(uuid.uuid4()), "format": "xlsx"}).status_code == 403
    assert JournalEntry.objects.filter(verb="entry_refused", actor_label="luis", details__path=path).count() == 2
    assert not Run.objects.exists()
    page = client.get(reverse("processes")).content.decode()
    assert path not in page
    assert "No puedes exportar" in page


def test_an_agent_who_may_export_sees_exports_and_nothing_else(cast: Cast, browse: Browse) -> None:
    ana = exporter(cast.ana)
    some_contacts(cast)
    client = browse(ana)
    page = client.get(reverse("processes")).content.decode()
    assert reverse("process", args=["export-contacts"]) in page
    assert reverse("process", args=["recycling"]) not in page
    assert client.get(reverse("process", args=["recycling"])).status_code == 403
    assert reverse("process", args=["export-contacts"]) in client.get(reverse("contacts")).content.decode()


def test_the_way_from_the_list_to_the_file(cast: Cast, browse: Browse) -> None:
    luis = exporter(cast.luis)
    rocio, _mario = some_contacts(cast)
    client = browse(luis)
    page = client.get(reverse("contacts"), {"vip": "1"}).content.decode()
    assert f"{reverse('process', args=['export-contacts'])}?asked=vip%3D1" in page
    path = reverse("process", args=["export-contacts"])
    form = client.get(path, {"asked": "vip=1"})
    assert 'value="vip=1"' in form.content.decode()
    answer = client.post(path, {"submission": str(uuid.uuid4()), "format": "csv", "asked": "vip=1"})
    run = Run.objects.get()
    assert answer["Location"] == reverse("run", args=[run.pk])
    assert run.parameters["asked"] == {"vip": ["1"]}
    run = exported("export-contacts", by=luis, asked={"vip": ["1"]}, format="csv")
    made = file_of(run)
    way = reverse("run-file", args=[made.pk])
    assert way in client.get(reverse("run", args=[run.pk])).content.decode()
    assert way in client.get(reverse("runs")).content.decode()
    got = client.get(way)
    body = b"".join(got)
    assert rocio.first_name.encode() in body
    assert "attachment" in got["Content-Disposition"]
    assert made.name in got["Content-Disposition"]
    assert JournalEntry.objects.filter(verb="run_file_fetched", actor_label="luis").count() == 1
    again = client.get(path, {"again": run.pk})
    assert 'value="vip=1"' in again.content.decode()


@pytest.mark.shows("S05", "S11")
def test_a_file_is_had_by_who_asked_and_who_administers(cast: Cast, browse: Browse) -> None:
    luis = exporter(cast.luis)
    some_contacts(cast)
    base = base_of(cast, 2)
    run = exported("export-members", by=luis, base=base.pk)
    way = reverse("run-file", args=[file_of(run).pk])
    before = JournalEntry.objects.filter(verb="run_file_fetched").count()
    # A colleague sees the run, for it is over a base of their team; not its file.
    ana = exporter(cast.ana)
    assert browse(ana).get(reverse("run", args=[run.pk])).status_code == 200
    assert way not in browse(ana).get(reverse("run", args=[run.pk])).content.decode()
    for user, status in ((ana, 404), (exporter(cast.eva), 404), (cast.admin, 404)):
        assert browse(user).get(way).status_code == status
    assert JournalEntry.objects.filter(verb="run_file_fetched").count() == before
    assert browse(exporter(cast.admin)).get(way).status_code == 200
    assert browse(luis).get(reverse("run-file", args=[uuid.uuid4()])).status_code == 404
    User.objects.filter(pk=luis.pk).update(may_export=False)
    assert browse(cast.luis).get(way).status_code == 404


def test_whole_numbers_are_not_had_by_who_may_not_see_them_any_more(cast: Cast) -> None:
    luis = exporter(cast.luis)
    some_contacts(cast)
    run = exported("export-contacts", by=luis)
    assert file_of(run).has_numbers
    with pytest.raises(NotFound):
        fetched_file(file_of(run).pk, by=without(luis, "see_numbers"))


@pytest.mark.shows("S53")
def test_too_many_exports_in_an_hour_wait(cast: Cast, browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processes.exporting.MOST_AN_HOUR", 2)
    luis = exporter(cast.luis)
    client = browse(luis)
    for expected in (302, 302, 429):
        answer = client.post(
            reverse("process", args=["export-contacts"]), {"submission": str(uuid.uuid4()), "format": "csv"}
        )
        assert answer.status_code == expected
    assert int(answer["Retry-After"]) > 0
    assert Run.objects.count() == 2
    Run.objects.update(requested_at=timezone.now() - datetime.timedelta(hours=2))
    assert client.post(
        reverse("process", args=["export-contacts"]), {"submission": str(uuid.uuid4()), "format": "csv"}
    ).status_code == 302  # fmt: skip


def test_an_empty_result_says_so(cast: Cast, browse: Browse) -> None:
    luis = exporter(cast.luis)
    run = asked_export("export-contacts", by=luis)
    assert run.total == 0
    page = browse(luis).get(reverse("run", args=[run.pk])).content.decode()
    assert "Ningún registro cumple" in page or "no hay nada que hacer" in page


@pytest.mark.shows("S47")
def test_the_journal_has_counts_and_nobody_s_name(cast: Cast) -> None:
    luis = exporter(cast.luis)
    some_contacts(cast)
    run = exported("export-contacts", by=luis, asked={"search": ["rocio"]})
    entries = JournalEntry.objects.filter(subject_type="processes.run", subject_id=str(run.pk))
    assert set(entries.values_list("verb", flat=True)) == {
        "run_asked", "run_previewed", "run_started", "run_file_made", "run_finished",
    }  # fmt: skip
    assert entries.get(verb="run_file_made").details["rows"] == 1
    assert "roc" not in str(list(entries.values_list("details", flat=True))).lower()


# ── How long


@pytest.mark.shows("S62")
def test_after_a_day_the_file_and_the_ledger_are_gone(cast: Cast, browse: Browse) -> None:
    luis = exporter(cast.luis)
    some_contacts(cast)
    run = exported("export-contacts", by=luis, asked={"search": ["rocio"]})
    made = file_of(run)
    assert forget_files() == 0
    assert default_storage.exists(made.path)
    RunFile.objects.update(expires_at=timezone.now() - datetime.timedelta(seconds=1))
    assert browse(luis).get(reverse("run-file", args=[made.pk])).status_code == 404
    assert forget_files() == 1
    assert not default_storage.exists(made.path)
    assert run.pk not in runs_to_purge()
    Run.objects.filter(pk=run.pk).update(finished_at=timezone.now() - datetime.timedelta(hours=25))
    assert run.pk in runs_to_purge()
    purge_run(run.pk)
    run.refresh_from_db()
    assert "asked" not in run.parameters
    assert run.purged_at is not None
    assert not RunItem.objects.filter(run=run).exists()
    page = browse(luis).get(reverse("run", args=[run.pk]))
    assert page.status_code == 200
    assert "rocio" not in page.content.decode().lower()


@pytest.mark.shows("S62")
def test_who_is_erased_takes_the_files_they_stand_in_with_them(cast: Cast) -> None:
    luis = exporter(cast.luis)
    rocio, _mario = some_contacts(cast)
    with_her = exported("export-contacts", by=luis)
    path = file_of(with_her).path
    without_her = exported("export-contacts", by=luis, asked={"search": ["mario"]})
    waiting = asked_export("export-contacts", by=luis)
    start_run(waiting.pk, by=luis)
    whom = whole_person(rocio.pk)
    assert find(whom) == {"run_files": 1}
    assert erase(whom, by=cast.admin) == {"run_files": 1}
    assert not default_storage.exists(path)
    assert file_of(without_her).is_fetchable
    waiting.refresh_from_db()
    assert (waiting.state, waiting.failure) == ("cancelled", "erased")
    assert erase(whom, by=cast.admin) == {"run_files": 0}
    adds_up(waiting)


@pytest.mark.shows("S62")
@pytest.mark.django_db(transaction=True)
def test_an_erasure_takes_the_file_and_whoever_waits_for_one_is_in_none(committed_cast: Cast) -> None:
    cast = committed_cast
    luis = exporter(cast.luis)
    rocio, mario = some_contacts(cast)
    path = file_of(exported("export-contacts", by=luis)).path
    erasure = ask_for_erasure(rocio.pk, by=cast.admin, confirmation=str(rocio.pk))
    meanwhile = exported("export-contacts", by=luis)
    assert meanwhile.reasons == {"gone": 1}
    assert [row["Nombres"] for row in rows_of(meanwhile)] == [mario.first_name]
    assert carry_out_erasure(erasure.pk)
    assert not default_storage.exists(path)
    # It may name them by what is not there: who stood in its ledger takes it along.
    assert not file_of(meanwhile).is_fetchable


def test_a_file_that_cannot_be_kept_pauses_its_run_and_is_made_later(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    luis = exporter(cast.luis)
    some_contacts(cast)
    run = asked_export("export-contacts", by=luis)
    start_run(run.pk, by=luis)

    def full(*_said: Any) -> str:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("processes.actions.filing.default_storage.save", full)
        run = carried_out(run)
    assert (run.state, run.failure, run.applied) == ("paused", "process", 2)
    resume_run(run.pk, by=luis)
    run = carried_out(run)
    assert run.state == "done"
    assert len(rows_of(run)) == 2


@pytest.mark.shows("S05")
def test_numbers_written_before_the_right_was_taken_away_are_not_had_after(cast: Cast) -> None:
    luis = exporter(cast.luis)
    some_contacts(cast)
    run = asked_export("export-contacts", by=luis)
    Run.objects.filter(pk=run.pk).update(chunk_size=1)
    start_run(run.pk, by=luis)
    advance(run.pk, seconds=0)
    run.refresh_from_db()
    assert (run.applied, run.total) == (1, 2)
    poorer = without(luis, "see_numbers")
    run = carried_out(run)
    assert run.state == "done"
    assert "+595981123456" in str(rows_of(run))
    assert file_of(run).has_numbers
    with pytest.raises(NotFound):
        fetched_file(file_of(run).pk, by=poorer)
