"""Actualización: a workbook of a format; its key says who, its columns what is written, and nobody is created (003-17, P0-59)."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from contacts import actions
from contacts.models import Contact, ContactTeam, FieldDefinition, Lot, LotContact
from core.models import JournalEntry
from core.personal import Person
from processes import personal
from processes.actions.asking import freeze
from processes.actions.formats import make_format
from processes.actions.steering import undo_run
from processes.formats import headings_of, write_format
from processes.models import ImportFormat, Run, RunItem, Sheet
from tests.contacts.people import kind, person, phone_of
from tests.factories import Cast
from tests.processes.runs import adds_up, carried_out, results, started

Browse = Callable[[User], Client]
COLUMNS = ["last_name", "company", "field:txtOcupacion"]


@pytest.fixture(autouse=True)
def catalogue(db: None) -> None:
    actions.seed_document_types()
    FieldDefinition.objects.create(control_id="txtOcupacion", label="Ocupación")


def format_of(
    cast: Cast, *, key: str = "phone", columns: Sequence[str] = COLUMNS, name: str = "Ocupaciones"
) -> ImportFormat:
    return make_format("update-contacts", name, key=key, columns=columns, by=cast.luis)


def filled_in(wanted: ImportFormat, rows: Sequence[Sequence[Any]], *, by: User, change: Any = None) -> bytes:
    """The workbook as it is downloaded, with rows that somebody typed below its headings."""
    into = io.BytesIO()
    write_format(into, wanted, by=by)
    book = openpyxl.load_workbook(io.BytesIO(into.getvalue()))
    for row in rows:
        book.active.append(list(row))
    if change is not None:
        change(book)
    after = io.BytesIO()
    book.save(after)
    return after.getvalue()


def asked(client: Client, wanted: ImportFormat, content: bytes, name: str = "ocupaciones.xlsx") -> Any:
    return client.post(
        reverse("process", args=["update-contacts"]),
        {"submission": str(uuid.uuid4()), "format": wanted.pk, "file": SimpleUploadedFile(name, content)},
    )


def previewed(cast: Cast, browse: Browse, wanted: ImportFormat, rows: Sequence[Sequence[Any]]) -> Run:
    answer = asked(browse(cast.luis), wanted, filled_in(wanted, rows, by=cast.luis))
    assert answer.status_code == 302, answer.context["form"].errors
    run = Run.objects.latest("pk")
    assert freeze(run.pk)
    run.refresh_from_db()
    return run


def people(cast: Cast) -> tuple[Contact, Contact, Contact]:
    ana = person(cast.team, first_name="Ana", last_name="Vieja", custom={"txtOcupacion": "Docente"}, is_vip=True)
    phone_of(ana, "595981111111")
    beto = person(cast.team, first_name="Beto", custom={"otro": "queda"})
    phone_of(beto, "595982222222", kind="phone")
    theirs = person(cast.other_team, first_name="Ajena")
    phone_of(theirs, "595983333333")
    return ana, beto, theirs


@pytest.mark.shows("003-17", "B-01")
def test_only_the_chosen_fields_are_written_and_nobody_is_created(cast: Cast, browse: Browse) -> None:
    ana, beto, theirs = people(cast)
    before = Contact.objects.count()
    wanted = format_of(cast)
    run = previewed(
        cast,
        browse,
        wanted,
        [
            ("0981 111 111", "Nueva", "Acme", ""),
            ("0982 222 222", "", "", "Chofer"),
            ("0983 333 333", "Robada", "", ""),
            ("0984 444 444", "Nadie", "", ""),
            ("0981-111-111", "Otra", "", ""),
            ("", "Sin clave", "", ""),
            ("12", "Mala", "", ""),
        ],
    )
    expected = {2: "", 3: "", 4: "other_team", 5: "unmatched", 6: "repeated", 7: "keyless", 8: "bad_way"}
    assert {number: reason for number, (_result, reason) in results(run).items()} == expected
    carried_out(started(run, by=cast.luis))
    adds_up(run)
    assert (run.applied, Contact.objects.count()) == (2, before)
    ana.refresh_from_db()
    beto.refresh_from_db()
    theirs.refresh_from_db()
    # An empty cell changes nothing, nor does what the format does not name.
    assert (ana.first_name, ana.last_name, ana.is_vip, ana.custom) == (
        "Ana",
        "Nueva",
        True,
        {"txtOcupacion": "Docente"},
    )
    assert (ana.company.name, ana.company_sort_name, ana.sort_name) == ("Acme", "acme", "ana nueva")
    assert ana.search_text.split("\n")[:2] == ["ana nueva", "acme"]
    assert (beto.last_name, beto.custom) == ("", {"otro": "queda", "txtOcupacion": "Chofer"})
    assert theirs.last_name == ""
    # The ledger says whose it was; what was written is sealed.
    kept = RunItem.objects.get(run=run, target=2)
    assert kept.before is not None
    assert kept.before["contact"] == ana.pk
    assert "Vieja" not in str(kept.before)
    answer = browse(cast.luis).get(reverse("run-left-out", args=[run.pk]))
    rows = list(openpyxl.load_workbook(io.BytesIO(b"".join(answer))).active.iter_rows(values_only=True))
    assert [row[0] for row in rows[1:]] == ["0983 333 333", "0984 444 444", "0981-111-111", None, "12"]


@pytest.mark.shows("003-17", "R43")
def test_the_same_workbook_again_changes_nothing(cast: Cast, browse: Browse) -> None:
    people(cast)
    wanted, rows = format_of(cast), [("0981 111 111", "Nueva", "Acme", "")]
    carried_out(started(previewed(cast, browse, wanted, rows), by=cast.luis))
    again = carried_out(started(previewed(cast, browse, wanted, rows), by=cast.luis))
    assert (again.applied, again.reasons) == (0, {"same": 1})


@pytest.mark.shows("003-17", "B-02")
def test_an_update_is_taken_back_where_nothing_changed_since(cast: Cast, browse: Browse) -> None:
    ana, beto, _theirs = people(cast)
    before = {each["id"]: each for each in Contact.objects.order_by("pk").values()}
    run = previewed(
        cast, browse, format_of(cast), [("0981 111 111", "Nueva", "Acme", ""), ("0982 222 222", "X", "", "Chofer")]
    )
    carried_out(started(run, by=cast.luis))
    actions.edit_contact(beto.pk, by=cast.luis, last_name="Escrito a mano")
    undo_run(run.pk, by=cast.luis)
    carried_out(run)
    adds_up(run)
    assert (run.state, run.undone, run.kept) == ("undone", 1, 1)
    beto.refresh_from_db()
    assert beto.last_name == "Escrito a mano"
    after = Contact.objects.filter(pk=ana.pk).values().get()
    was = before[ana.pk]
    for row in (after, was):
        del row["updated_at"]
        row["search_text"] = row["search_text"].rstrip("\n")
    assert after == was


@pytest.mark.shows("003-17", "S62")
def test_of_somebody_who_was_erased_an_update_keeps_nothing_and_takes_nothing_back(cast: Cast, browse: Browse) -> None:
    ana, _beto, _theirs = people(cast)
    run = previewed(cast, browse, format_of(cast), [("0981 111 111", "Nueva", "", ""), ("0982 222 222", "X", "", "")])
    carried_out(started(run, by=cast.luis))
    personal.erase(Person(contact_ids=(ana.pk,), marks=("595981111111", "981111111")), by=None)
    assert RunItem.objects.get(run=run, target=2).before is None
    undo_run(run.pk, by=cast.luis)
    carried_out(run)
    adds_up(run)
    assert (run.undone, run.kept) == (1, 1)
    ana.refresh_from_db()
    assert ana.last_name == "Nueva"


@pytest.mark.shows("003-17", "003-16")
def test_a_workbook_of_another_format_or_with_another_key_is_refused_before_any_row(cast: Cast, browse: Browse) -> None:
    people(cast)
    wanted = format_of(cast)
    other = format_of(cast, key="document:py-ci", name="Por cédula")
    rows = [("0981 111 111", "Nueva", "Acme", "")]
    client = browse(cast.luis)

    def renamed(book: Any) -> None:
        book.active["B1"] = "Nombre"

    def swapped(book: Any) -> None:
        book.active["A1"], book.active["B1"] = headings_of(wanted)[1], headings_of(wanted)[0]

    def more(book: Any) -> None:
        book.active["E1"] = "Además"

    def unmarked(book: Any) -> None:
        del book["_ventanilla"]

    for change, words in (
        (renamed, "encabezados"),
        (swapped, "encabezados"),
        (more, "encabezados"),
        (unmarked, "ningún formato"),
    ):
        answer = asked(client, wanted, filled_in(wanted, rows, by=cast.luis, change=change))
        assert answer.status_code == 400
        assert words in " ".join(answer.context["form"].errors["file"])
    answer = asked(client, wanted, filled_in(other, rows, by=cast.luis))
    assert "Por cédula" in " ".join(answer.context["form"].errors["file"])
    # One that somebody made for another key under the same name of a format.
    forged = filled_in(wanted, rows, by=cast.luis)
    ImportFormat.objects.filter(pk=wanted.pk).update(key="email")
    answer = asked(client, wanted, forged)
    assert answer.status_code == 400
    assert "no son" in " ".join(answer.context["form"].errors["file"])
    assert asked(client, wanted, b"Tel,Apellido\r\n1,2", name="x.csv").status_code == 400
    assert not Run.objects.exists()
    assert not Sheet.objects.exists()
    assert not Contact.objects.filter(last_name="Nueva").exists()


@pytest.mark.shows("003-17", "P0-59", "S36")
def test_a_workbook_comes_with_the_values_of_now_and_goes_back_as_it_is(cast: Cast, browse: Browse) -> None:
    ana, beto, theirs = people(cast)
    Contact.objects.filter(pk=beto.pk).update(last_name="=1+1")
    lot = Lot.objects.create(name="Marzo", folded_name="marzo")
    lot.teams.add(cast.team)
    for each in (ana, beto, theirs):
        LotContact.objects.create(lot=lot, contact=each)
    wanted = format_of(cast, key="whatsapp")
    where = reverse("import-format-workbook", args=[wanted.uuid])
    client = browse(cast.luis)
    User.objects.filter(pk=cast.luis.pk).update(may_export=False)
    assert client.get(where, {"lot": lot.pk}).status_code == 403
    User.objects.filter(pk=cast.luis.pk).update(may_export=True)
    content = b"".join(client.get(where, {"lot": lot.pk}))
    book = openpyxl.load_workbook(io.BytesIO(content))
    rows = list(book.active.iter_rows(values_only=True))
    # Whoever has no such way, or is another team's, is not in it.
    assert [row[0] for row in rows[1:]] == ["595981111111"]
    assert rows[1][1:] == ("Vieja", None, "Docente")
    assert book["_ventanilla"].sheet_state == "veryHidden"
    assert JournalEntry.objects.get(verb="import_format_filled").details == {"base": 0, "lot": lot.pk, "contacts": 3}
    assert asked(client, wanted, content).status_code == 302
    run = Run.objects.get()
    assert freeze(run.pk)
    run = carried_out(started(run, by=cast.luis))
    assert run.reasons == {"same": 1}
    assert client.get(where, {"lot": 10**9}).status_code == 404


@pytest.mark.shows("003-17", "S07")
def test_formats_are_made_in_the_pages_by_who_may_run_processes(cast: Cast, browse: Browse) -> None:
    client = browse(cast.luis)
    said = {"name": "Cédulas", "key": "document:py-ci", "columns": ["first_name", "field:txtOcupacion"]}
    keys = [code for code, _title in client.get(reverse("import-format-new")).context["form"].fields["key"].choices]
    assert {"phone", "whatsapp", "email", "document:py-ci"} <= set(keys)
    assert client.post(reverse("import-format-new"), said | {"columns": []}).status_code == 400
    assert client.post(reverse("import-format-new"), said).status_code == 302
    made = ImportFormat.objects.get()
    assert (made.key, made.columns) == ("document:py-ci", ["first_name", "field:txtOcupacion"])
    page = client.get(reverse("import-formats")).content.decode()
    assert "Cédulas" in page
    assert kind("py-ci").name in page
    assert client.post(reverse("import-format-archive", args=[made.uuid])).status_code == 302
    assert ImportFormat.objects.get().archived_at is not None
    for name in ("import-formats", "import-format-new"):
        assert browse(cast.ana).get(reverse(name)).status_code == 403


@pytest.mark.shows("003-17")
def test_a_column_of_yes_and_no_offers_both_in_its_cells(cast: Cast, browse: Browse) -> None:
    wanted = format_of(cast, columns=["last_name", "is_vip"])
    answer = browse(cast.luis).get(reverse("import-format-workbook", args=[wanted.uuid]))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]  # a file
    (rule,) = book.active.data_validations.dataValidation
    assert (rule.type, str(rule.sqref).startswith("C2:C")) == ("list", True)


@pytest.mark.shows("003-17", "R40")
def test_a_mended_workbook_by_the_form_that_was_gone_back_to_is_another_run(cast: Cast, browse: Browse) -> None:
    people(cast)
    wanted, client, submission = format_of(cast), browse(cast.luis), str(uuid.uuid4())

    def sent(content: bytes) -> Run:
        file = SimpleUploadedFile("ocupaciones.xlsx", content)
        answer = client.post(
            reverse("process", args=["update-contacts"]),
            {"submission": submission, "format": wanted.pk, "file": file},
        )
        assert answer.status_code == 302, answer.context["form"].errors
        return Run.objects.select_related("sheet").get(pk=int(answer["Location"].strip("/").rpartition("/")[2]))

    wrong = filled_in(wanted, [("0981 111 111", "Mala", "", ""), ("0982 222 222", "Mala", "", "")], by=cast.luis)
    first = sent(wrong)
    assert sent(wrong) == first
    second = sent(filled_in(wanted, [("0981 111 111", "Buena", "", "")], by=cast.luis))
    assert second != first
    assert second.sheet is not None
    assert second.sheet.rows == 1
    assert freeze(second.pk)
    second.refresh_from_db()
    carried_out(started(second, by=cast.luis))
    assert Contact.objects.filter(last_name="Buena").count() == 1
    assert not Contact.objects.filter(last_name="Mala").exists()


@pytest.mark.shows("B-02", "S05")
def test_what_went_to_another_team_since_is_not_taken_back(cast: Cast, browse: Browse) -> None:
    ana, beto, _theirs = people(cast)
    run = previewed(cast, browse, format_of(cast), [("0981 111 111", "Nueva", "", ""), ("0982 222 222", "X", "", "")])
    carried_out(started(run, by=cast.luis))
    ContactTeam.objects.filter(contact=ana).update(team=cast.other_team)
    undo_run(run.pk, by=cast.luis)
    run = carried_out(run)
    adds_up(run)
    assert (run.undone, run.kept) == (1, 1)
    ana.refresh_from_db()
    beto.refresh_from_db()
    assert (ana.last_name, beto.last_name) == ("Nueva", "")


@pytest.mark.shows("003-17")
def test_a_workbook_comes_over_rest_too(cast: Cast, browse: Browse) -> None:
    people(cast)
    wanted = format_of(cast)
    content = filled_in(wanted, [("0981 111 111", "Nueva", "", "")], by=cast.luis)
    asking = {"kind": "update-contacts", "format": wanted.pk, "submission": str(uuid.uuid4())}
    client = browse(cast.luis)
    made = client.post("/api/v1/runs/", {**asking, "file": SimpleUploadedFile("o.xlsx", content)})
    assert made.status_code == 201, made.content
    again = client.post("/api/v1/runs/", {**asking, "file": SimpleUploadedFile("o.xlsx", content)})
    assert (again.status_code, again.json()["id"]) == (200, made.json()["id"])
    run = Run.objects.get()
    assert freeze(run.pk)
    run.refresh_from_db()
    assert (run.total, run.expected) == (1, 1)
    # Whose columns are told on pages of its own has no door here.
    answer = client.post("/api/v1/runs/", {"kind": "import-contacts", "file": SimpleUploadedFile("o.xlsx", content)})
    assert (answer.status_code, set(answer.json()["error"]["fields"])) == (400, {"kind"})
    assert Run.objects.count() == 1


@pytest.mark.shows("S62")
def test_who_is_being_erased_stands_in_no_workbook(cast: Cast) -> None:
    leaving, staying = person(cast.team, first_name="Sale"), person(cast.team, first_name="Queda", last_name="Aquí")
    phone_of(leaving, "595981111111", kind="phone")
    phone_of(staying, "595982222222", kind="phone")
    Contact.objects.filter(pk=leaving.pk).update(erasure_asked_at=timezone.now())
    into = io.BytesIO()
    write_format(into, format_of(cast), contacts=[leaving.pk, staying.pk], by=cast.luis)
    rows = list(openpyxl.load_workbook(io.BytesIO(into.getvalue())).active.iter_rows(values_only=True))
    assert [row[1] for row in rows[1:]] == ["Aquí"]
