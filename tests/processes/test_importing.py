"""Contacts of a file into a new lot: read like the contact's form, known ones joined, nobody doubled (P0-55, P0-57, B-01, R42, S37, S62)."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from contacts import actions
from contacts.columns import PersonReader, guess, targets
from contacts.models import Company, Contact, ContactPoint, FieldDefinition, Lot, LotContact
from contacts.sheets import PointEntry
from core.models import JournalEntry
from core.personal import Person
from processes import personal
from processes.actions import sheets
from processes.actions.advancing import advance
from processes.actions.asking import freeze
from processes.actions.purging import purge_run, runs_to_purge
from processes.models import ColumnMapping, Run, RunItem, Sheet, SheetBlock
from processes.sheets import first_rows
from tests.contacts.people import kind, person, phone_of, rocio
from tests.factories import Cast
from tests.processes.runs import adds_up, carried_out, results, started
from tests.processes.sheets import HEAD, asked_of, brought, csv_of, upload

Browse = Callable[[User], Client]


@pytest.fixture(autouse=True)
def documents(db: None) -> None:
    actions.seed_document_types()


ROWS = [
    ("Rocío", "Benítez", "0991 651 351", "Rocio@Example.com", "4.123.456", "Acme S.A."),
    ("Hugo", "Ferreira", "0981123456", "", "", "acme s.a."),
    ("Nadia", "", "", "nadia@example.com", "", ""),
]


@pytest.mark.shows("P0-55", "B-01")
def test_the_rows_of_a_file_become_contacts_of_a_new_lot(cast: Cast) -> None:
    run = asked_of(brought(csv_of(ROWS), by=cast.luis), cast, by=cast.luis)
    assert (run.total, run.expected, run.kinds) == (3, 3, {"new": 3})
    assert not Lot.objects.exists()
    carried_out(started(run, by=cast.luis))
    adds_up(run)
    assert (run.state, run.applied) == ("done", 3)
    lot = Lot.objects.get()
    assert (lot.name, lot.source_file, lot.imported_by) == ("Clientes de marzo", "clientes.csv", cast.luis)
    assert lot.totals == {"read": 3, "refused": 0, "created": 3, "known": 0, "contacts": 3}
    rows = LotContact.objects.filter(lot=lot).order_by("row_number").values_list("row_number", "contact__first_name")
    assert list(rows) == [(2, "Rocío"), (3, "Hugo"), (4, "Nadia")]
    # Written once, whatever its case.
    assert Company.objects.count() == 1


@pytest.mark.shows("P0-55")
def test_a_contact_of_a_file_is_the_very_one_that_the_form_makes(cast: Cast) -> None:
    """One and the same person by both doors, compared column by column."""
    FieldDefinition.objects.create(control_id="fecIngreso", label="Ingreso", kind="date")
    own = {"fecIngreso": "2024-01-31"}
    company = actions.create_company(actions.CompanySheet(name="Acme S.A."), by=cast.luis)
    made = rocio(cast.luis, company=company, custom=own, teams=[cast.team], is_vip=True)
    by_form = everything_of(made)
    ContactPoint.objects.filter(contact=made).delete()
    Contact.teams.through.objects.filter(contact=made).delete()
    Contact.objects.filter(pk=made.pk).delete()
    head = (*HEAD, "Ingreso", "VIP")
    content = csv_of([(*ROWS[0][:1], "Benítez  Duarte", *ROWS[0][2:], "31/01/2024", "Sí")], head=head)
    run = carried_out(started(asked_of(brought(content, by=cast.luis), cast, by=cast.luis), by=cast.luis))
    assert run.applied == 1
    by_file = everything_of(Contact.objects.get(first_name="Rocío"))
    assert by_file == by_form


def everything_of(contact: Contact) -> dict[str, object]:
    row = Contact.objects.filter(pk=contact.pk).values().get()
    for name in ("id", "created_at", "updated_at"):
        del row[name]
    # With and without an empty line it finds the same.
    row["search_text"] = [line for line in row["search_text"].split("\n") if line]
    points = ContactPoint.objects.filter(contact=contact).order_by("kind")
    teams = Contact.teams.through.objects.filter(contact=contact)
    return row | {
        "points": list(points.values("kind", "scope", "value", "normalised", "digits", "variants", "is_primary")),
        "teams": list(teams.order_by("team_id").values("team_id", "sort_name", "company_sort_name", "interacted_at")),
    }


@pytest.mark.shows("P0-55", "R43", "S64")
def test_whoever_is_known_joins_the_lot_as_they_are_and_others_are_left_out_with_a_reason(cast: Cast) -> None:
    by_phone = person(cast.team, first_name="Ana")
    # As WhatsApp writes the same line.
    phone_of(by_phone, "595981111111", kind="whatsapp")
    by_document = person(cast.team, first_name="Beto", document_type=kind("py-ci"), document_number="1234567")
    theirs = person(cast.other_team, first_name="Ajena")
    phone_of(theirs, "595982222222")
    silent = person(cast.team, first_name="Callado", do_not_contact=True)
    phone_of(silent, "595983333333")
    gone = person(cast.team, first_name="Unida", merged_into=by_phone)
    phone_of(gone, "595984444444")
    content = csv_of(
        [
            ("X", "", "0981 111 111", "", "", ""),
            ("X", "", "", "", "1.234.567", ""),
            ("X", "", "+595 982 222222", "", "", ""),
            ("X", "", "0983 333 333", "", "", ""),
            ("X", "", "0981 111 111", "", "1.234.567", ""),
            ("Unida", "", "0984 444 444", "", "", ""),
            ("Nueva", "", "0985 555 555", "", "", ""),
            ("Otra vez", "", "0985-555-555", "otra@example.com", "", ""),
            ("Mala", "", "123", "", "", ""),
            ("", "", "0986 666 666", "", "", ""),
            ("Nadie", "", "", "", "", ""),
            ("Cédula", "", "", "", "12", ""),
        ]
    )
    before = Contact.objects.count()
    run = asked_of(brought(content, by=cast.luis), cast, by=cast.luis)
    expected = {
        2: "", 3: "", 4: "other_team", 5: "do_not_contact", 6: "ambiguous", 7: "repeated", 8: "", 9: "repeated", 10: "bad_way",
        11: "no_name", 12: "no_key", 13: "bad_document",
    }  # fmt: skip
    assert {number: reason for number, (_result, reason) in results(run).items()} == expected
    assert run.kinds == {"known": 2, "new": 1}
    carried_out(started(run, by=cast.luis))
    adds_up(run)
    # What was counted is what was done.
    assert {number: reason for number, (_result, reason) in results(run).items()} == expected
    assert Contact.objects.count() == before + 1
    assert set(LotContact.objects.values_list("contact", flat=True)) == {
        by_phone.pk,
        by_document.pk,
        Contact.objects.get(first_name="Nueva").pk,
    }
    by_phone.refresh_from_db()
    assert by_phone.first_name == "Ana"


@pytest.mark.shows("R43")
def test_the_same_file_again_makes_nobody_new(cast: Cast) -> None:
    sheet = brought(csv_of(ROWS), by=cast.luis)
    carried_out(started(asked_of(sheet, cast, by=cast.luis), by=cast.luis))
    before = set(Contact.objects.values_list("pk", flat=True))
    again = asked_of(brought(csv_of(ROWS), by=cast.luis), cast, by=cast.luis)
    assert again.kinds == {"known": 3}
    carried_out(started(again, by=cast.luis))
    assert set(Contact.objects.values_list("pk", flat=True)) == before
    assert LotContact.objects.count() == 6
    assert Lot.objects.latest("pk").totals["known"] == 3


@pytest.mark.shows("P0-57", "S36")
def test_the_rows_left_out_come_back_as_they_were_with_the_reason_and_can_be_tried_again(
    cast: Cast, browse: Browse
) -> None:
    theirs = person(cast.other_team, first_name="Ajena")
    phone_of(theirs, "595982222222")
    content = csv_of([*ROWS, ("=1+1", "", "0982 222 222", "", "", ""), ("Mala", "", "12", "", "", "")])
    run = carried_out(started(asked_of(brought(content, by=cast.luis), cast, by=cast.luis), by=cast.luis))
    assert (run.applied, run.reasons) == (3, {"other_team": 1, "bad_way": 1})
    client = browse(cast.luis)
    answer = client.get(reverse("run-left-out", args=[run.pk]))
    rows = list(openpyxl.load_workbook(io.BytesIO(b"".join(answer))).active.iter_rows(values_only=True))
    assert rows[0][:6] == HEAD
    assert rows[1][:3] == ("=1+1", None, "0982 222 222")
    assert rows[1][-2] == "5"
    assert rows[2][:3] == ("Mala", None, "12")
    assert "Teléfono: «12»" in rows[2][-1]
    assert "Ajena" not in str(rows)
    # Access was given meanwhile.
    theirs.teams.add(cast.team)
    answer = client.post(reverse("run-retry", args=[run.pk]))
    again = Run.objects.latest("pk")
    assert answer["Location"] == reverse("run", args=[again.pk])
    assert client.post(reverse("run-retry", args=[run.pk]))["Location"] == answer["Location"]
    assert freeze(again.pk)
    again.refresh_from_db()
    assert (again.total, again.expected) == (2, 1)
    carried_out(started(again, by=cast.luis))
    assert Lot.objects.count() == 1
    assert LotContact.objects.filter(contact=theirs).count() == 1
    assert RunItem.objects.filter(run=again, result="applied").values_list("target", flat=True).get() == 5


@pytest.mark.shows("P0-55")
def test_the_way_from_the_file_to_the_run_in_the_pages(cast: Cast, browse: Browse) -> None:
    client = browse(cast.luis)
    content = csv_of([*ROWS, ("Mala", "", "12", "", "", "")], separator=";")
    answer = upload(client, content, name="marzo.csv")
    assert answer.status_code == 302, answer.context["form"].errors
    page = client.get(answer["Location"])
    fields = {name: field.value() for name, field in fields_of(page)}
    assert fields["name"] == "marzo"
    assert [fields[f"column-{place}"] for place in range(6)] == [
        "first_name", "last_name", "phone", "email", "document:py-ci", "company",
    ]  # fmt: skip
    assert page.context["flawed"] == 1
    assert "«12»" in page.content.decode()
    said = {"submission": str(uuid.uuid4()), "name": "Marzo", "teams": [str(cast.team.pk)]}
    columns = {f"column-{place}": fields[f"column-{place}"] for place in range(6)}
    # Two columns that are one thing, and none by which anybody is known.
    wrong = client.post(
        answer["Location"], said | columns | {"column-1": "first_name", "column-2": "", "column-3": "", "column-4": ""}
    )
    assert (wrong.status_code, Run.objects.count()) == (400, 0)
    assert len(wrong.context["form"].non_field_errors()) == 2
    looked = client.post(answer["Location"], said | columns | {"column-2": "", "look": "1"})
    assert (looked.status_code, Run.objects.count(), looked.context["flawed"]) == (200, 0, 2)
    done = client.post(answer["Location"], said | columns | {"column-5": ""})
    run = Run.objects.get()
    assert done["Location"] == reverse("run", args=[run.pk])
    # The same again is the same run.
    client.post(answer["Location"], said | columns | {"column-5": ""})
    assert Run.objects.count() == 1
    # A file with the same headings is asked about no more.
    page = client.get(upload(client, content)["Location"])
    assert dict(fields_of(page))["column-5"].value() == ""
    assert ColumnMapping.objects.count() == 1


def fields_of(page: object) -> list[tuple[str, object]]:
    form = page.context["form"]  # type: ignore[attr-defined]  # a response of the test client
    return [(name, form[name]) for name in form.fields]


@pytest.mark.shows("P0-55", "S07", "S05")
def test_another_persons_file_and_those_without_the_right_are_refused(cast: Cast, browse: Browse) -> None:
    sheet = brought(csv_of(ROWS), by=cast.luis)
    run = asked_of(sheet, cast, by=cast.luis)
    where = reverse("import-columns", args=[sheet.uuid])
    assert browse(cast.ana).get(where).status_code == 403
    assert browse(cast.ana).get(reverse("import-contacts")).status_code == 403
    assert browse(cast.eva).get(reverse("run-left-out", args=[run.pk])).status_code in (403, 404)
    other = User.objects.create(username="otra", email="otra@example.com")
    other.groups.set(cast.luis.groups.all())
    assert browse(other).get(where).status_code == 404
    assert browse(other).get(reverse("run-left-out", args=[run.pk])).status_code == 404
    assert Sheet.objects.count() == 1


@pytest.mark.shows("P0-55")
@pytest.mark.parametrize(
    ("headings", "codes"),
    [
        (["NOMBRE", "Apellidos", "Nro. Celular", "E-mail", "C.I."], ["first_name", "last_name", "phone", "email", ""]),
        (["Nome", "Sobrenome", "Telefone", "E-mail", "CPF"], ["first_name", "last_name", "phone", "email", "document:br-cpf"]),
        (["First name", "Last name", "Mobile phone", "Email address"], ["first_name", "last_name", "phone", "email"]),
        (["nombre_completo", "telefono1", "telefono_2", "WhatsApp", "Razón Social"], ["first_name", "phone", "phone", "whatsapp", "company"]),
        (["Cliente", "Cédula de identidad", "Saldo", ""], ["first_name", "document:py-ci", "", ""]),
    ],
)  # fmt: skip
def test_columns_are_guessed_from_their_headings(cast: Cast, headings: list[str], codes: list[str]) -> None:
    assert guess(headings, targets()) == codes


@pytest.mark.shows("R42")
@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("'0981123456", "+595981123456"), ("595981123456.0", "+595981123456"), ("\u00a00981\u200b 123 456\u202c", "+595981123456"),
        ("981123456", "+595981123456"), ("5.95981E+11", None), ("#N/A", None), ("teléfono", None),
    ],
)  # fmt: skip
def test_a_number_is_read_however_a_spreadsheet_hurt_it_or_refused(cast: Cast, cell: str, said: str | None) -> None:
    row = PersonReader(["first_name", "phone"]).read(["Rocío", cell])
    assert [each.value for each in row.readings] == ([said] if said else [])
    assert bool(row.wrong) == (said is None)


@pytest.mark.shows("S62")
def test_what_stands_in_a_file_is_sealed_erased_with_the_person_and_gone_after_a_day(cast: Cast) -> None:
    sheet = brought(csv_of(ROWS), by=cast.luis)
    run = carried_out(started(asked_of(sheet, cast, by=cast.luis), by=cast.luis))
    for content in SheetBlock.objects.values_list("content", flat=True):
        assert b"Roc" not in bytes(content)
        assert b"651" not in bytes(content)
    someone = Person(
        contact_ids=(1,), marks=("595991651351", "991651351", "rocio@example.com"), names=("Rocío Benítez",)
    )
    assert personal.find(someone) == {"imported_rows": 1}
    assert personal.erase(someone, by=None) == {"imported_rows": 1}
    assert personal.find(someone) == {"imported_rows": 0}
    assert [cells[0] for _number, cells in first_rows(sheet, 9)] == ["", "Hugo", "Nadia"]
    Run.objects.filter(pk=run.pk).update(finished_at=timezone.now() - timezone.timedelta(hours=25))
    assert runs_to_purge() == [run.pk]
    purge_run(run.pk)
    assert not Sheet.objects.exists()
    assert not SheetBlock.objects.exists()
    run.refresh_from_db()
    assert (run.sheet, run.applied) == (None, 3)


@pytest.mark.shows("S62")
def test_a_file_that_nobody_imported_is_forgotten_after_a_day(cast: Cast) -> None:
    kept, old = brought(csv_of(ROWS), by=cast.luis), brought(csv_of(ROWS), by=cast.luis)
    Sheet.objects.filter(pk=old.pk).update(brought_at=timezone.now() - timezone.timedelta(hours=25))
    assert sheets.forget_sheets() == 1
    assert Sheet.objects.get() == kept


@pytest.mark.shows("R35", "R43")
def test_a_worker_that_dies_in_the_middle_doubles_nobody(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(f"Persona {n}", "", f"09815{n:05d}", "", "", "") for n in range(60)]
    run = started(asked_of(brought(csv_of(rows), by=cast.luis), cast, by=cast.luis), by=cast.luis)
    Run.objects.filter(pk=run.pk).update(chunk_size=10)
    advance(run.pk, seconds=0)
    assert 0 < Contact.objects.count() < 60
    carried_out(run)
    adds_up(run)
    assert (run.applied, Contact.objects.count(), LotContact.objects.count()) == (60, 60, 60)


@pytest.mark.shows("P0-55")
def test_a_person_who_came_between_the_preview_and_the_run_is_not_doubled(cast: Cast) -> None:
    run = asked_of(brought(csv_of(ROWS), by=cast.luis), cast, by=cast.luis)
    actions.create_contact(by=cast.luis, first_name="Hugo", points=[PointEntry(value="0981 123 456")])
    carried_out(started(run, by=cast.luis))
    adds_up(run)
    assert (run.applied, Contact.objects.count()) == (3, 3)
    assert Lot.objects.get().totals["known"] == 1
    assert not JournalEntry.objects.filter(verb="contact_created", details__has_key="name").exists()
