"""The contact's form over its pages: what it makes, what it refuses and where, and that nothing typed is lost (002-04 … 002-13)."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from contacts.actions import create_contact
from contacts.actions.field_definitions import FieldSheet, archive_field, create_field
from contacts.actions.seeding import seed_document_types
from contacts.models import Address, Company, Contact, DocumentType, FieldDefinition
from contacts.sheets import PointEntry
from core.models import JournalEntry
from tests.accounts.conftest import browse, with_rights  # noqa: F401  # fixtures of the back office
from tests.factories import Cast

Kind = FieldDefinition.Kind


@pytest.fixture(autouse=True)
def documents_of_the_region(db: None) -> None:
    seed_document_types()


@pytest.fixture
def ana(cast: Cast, browse: Any) -> Client:  # noqa: F811  # a fixture
    client: Client = browse(cast.ana)
    return client


def typed(cast: Cast, **changes: Any) -> dict[str, Any]:
    """What a browser sends of an otherwise empty form."""
    return {
        "client_id": str(uuid.uuid4()),
        "first_name": "Rocío",
        "last_name": "Benítez",
        "teams": [cast.team.pk],
    } | changes


def document_type(code: str) -> DocumentType:
    return DocumentType.objects.get(code=code)


def made(cast: Cast, *, by: User | None = None, **values: Any) -> Contact:
    return create_contact(by=by or cast.ana, **({"first_name": "Rocío", "last_name": "Benítez"} | values))


def point(value: str, kind: str = "") -> PointEntry:
    return PointEntry(value=value, kind=kind)


def text_of(client: Client, url: str) -> str:
    return client.get(url).content.decode()


@pytest.mark.shows("002-04", "002-05", "002-06", "002-07", "002-08", "002-09", "002-10", "002-11")
def test_the_form_makes_a_contact_of_everything_that_was_typed(cast: Cast, ana: Client) -> None:
    field = create_field(FieldSheet(label="Ocupación", is_required=True), by=cast.admin)
    wanted = typed(
        cast,
        points="* WhatsApp: 0981 555 444, rocio@example.com\nTeléfono: (021) 555 123",
        document_type=document_type("py-ruc").pk,
        document_number="80028061-0",
        company_name="Cooperativa Ñandutí",
        company_new="on",
        company_industry="Ahorro",
        is_vip="on",
        with_address="on",
        address_line="Palma 123",
        address_district="Asunción",
        custom_txtOcupacion="Arquitecta",
    )
    answer = ana.post(reverse("contact-new"), wanted)
    contact = Contact.objects.get()
    assert answer["Location"] == reverse("contact", args=[contact.pk])
    assert (contact.first_name, contact.last_name, contact.is_vip) == ("Rocío", "Benítez", True)
    kinds = dict(contact.points.values_list("kind", "normalised"))
    assert kinds == {"whatsapp": "+595981555444", "email": "rocio@example.com", "phone": "+59521555123"}
    assert contact.document_type == document_type("py-ruc")
    assert contact.company is not None
    assert (contact.company.name, contact.company.industry) == ("Cooperativa Ñandutí", "Ahorro")
    assert Address.objects.get(contact=contact).line == "Palma 123"
    assert contact.custom == {field.control_id: "Arquitecta"}
    assert list(contact.teams.all()) == [cast.team]


@pytest.mark.shows("002-04")
def test_the_same_form_sent_twice_is_one_contact(cast: Cast, ana: Client) -> None:
    sent = typed(cast, points="0981 555 444", company_name="Uno SA", company_new="on")
    first = ana.post(reverse("contact-new"), sent)
    again = ana.post(reverse("contact-new"), sent)
    assert first["Location"] == again["Location"]
    assert (Contact.objects.count(), Company.objects.count()) == (1, 1)


@pytest.mark.shows("002-12")
def test_whatever_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(cast: Cast, ana: Client) -> None:
    create_field(FieldSheet(label="Edad", kind=Kind.NUMBER, minimum=18), by=cast.admin)
    sent = typed(
        cast,
        first_name="",
        last_name="",
        points="rocio@\n0981 555 444",
        document_type=document_type("py-ruc").pk,
        document_number="80028061-9",
        company_name="Nadie SA",
        custom_numEdad="doce",
        with_address="on",
        address_district="Lambaré",
    )
    answer = ana.post(reverse("contact-new"), sent)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert not Contact.objects.exists()
    # First what the form itself sees; the rest follows once it may be asked.
    for name in ("points", "address_line"):
        assert f'id="id_{name}_error"' in page
    for kept in ("rocio@", "0981 555 444", "80028061-9", "Nadie SA", "doce", "Lambaré"):
        assert kept in page
    sent |= {"points": "0981 555 444", "address_line": "Palma 1", "company_name": ""}
    page = ana.post(reverse("contact-new"), sent).content.decode()
    for name in ("first_name", "document_number", "custom_numEdad"):
        assert f'id="id_{name}_error"' in page
    assert not Contact.objects.exists()


@pytest.mark.shows("002-07")
@pytest.mark.parametrize(
    ("code", "right", "wrong"),
    [("py-ruc", "80028061-0", "80028061-1"), ("ar-cuit", "20-05536168-2", "20-05536168-3"), ("cl-rut", "76.086.428-5", "76.086.428-6"),
     ("br-cpf", "390.533.447-05", "390.533.447-06"), ("passport", "AB123456", "A-1")],
)  # fmt: skip
def test_a_number_must_be_one_of_its_kind_of_document(
    cast: Cast, ana: Client, code: str, right: str, wrong: str
) -> None:
    kind = document_type(code).pk
    refused = ana.post(reverse("contact-new"), typed(cast, document_type=kind, document_number=wrong))
    assert refused.status_code == 400
    assert not Contact.objects.exists()
    assert ana.post(reverse("contact-new"), typed(cast, document_type=kind, document_number=right)).status_code == 302
    said = ask(ana, "contact-check-document", document_type=kind, document_number=wrong)
    assert said["error"]


@pytest.mark.shows("002-08")
def test_a_company_is_found_by_its_name_or_document_and_never_made_unasked(cast: Cast, ana: Client) -> None:
    company = Company.objects.create(name="Cooperativa Ñandutí", sort_name="cooperativa nanduti")
    assert ana.post(reverse("contact-new"), typed(cast, company_name="cooperativa nanduti")).status_code == 302
    assert Contact.objects.get().company == company
    refused = ana.post(reverse("contact-new"), typed(cast, company_name="Ñandutí Textil"))
    assert 'id="id_company_name_error"' in refused.content.decode()
    assert Company.objects.count() == 1
    found = ana.get(reverse("company-search"), {"search": "nandu"}).json()["results"]
    assert [each["id"] for each in found] == [company.pk]


@pytest.mark.shows("002-12")
def test_somebody_of_ones_team_who_has_it_already_is_named_with_a_link(cast: Cast, ana: Client) -> None:
    known = made(cast, points=[point("0981 555 444")])
    answer = ana.post(reverse("contact-new"), typed(cast, first_name="Otra", points="WhatsApp: +595 981 555444"))
    assert answer.status_code == 400
    assert reverse("contact", args=[known.pk]) in answer.content.decode()
    assert Contact.objects.count() == 1
    said = ask(ana, "contact-check-points", points=[{"kind": "", "value": "595981555444"}])["results"][0]
    assert (said["url"], said["name"]) == (reverse("contact", args=[known.pk]), "Rocío Benítez")
    # Their own number is no duplicate of theirs.
    own = ask(ana, "contact-check-points", points=[{"kind": "phone", "value": "0981555444"}], contact=known.pk)[
        "results"
    ][0]
    assert (own["error"], own["warning"]) == ("", "")


@pytest.mark.shows("002-12", "S05")
def test_another_teams_contact_is_told_without_a_name_and_journaled(cast: Cast, browse: Any) -> None:  # noqa: F811  # a fixture
    made(cast, first_name="Mirta", last_name="Sosa", points=[point("0981 555 444")])
    eva = browse(cast.eva)
    answer = eva.post(
        reverse("contact-new"),
        typed(cast, first_name="Otra", last_name="", teams=[cast.other_team.pk], points="0981555444"),
    )
    page = answer.content.decode()
    assert "otro equipo" in page
    assert "solicita" in page.lower() or "pide" in page.lower()
    assert "Mirta" not in page
    said = ask(eva, "contact-check-points", points=[{"kind": "", "value": "0981 555 444"}])["results"][0]
    assert said["warning"]
    assert (said["name"], said["url"]) == ("", "")
    assert JournalEntry.objects.filter(verb="contact_of_another_team_asked", actor_id=cast.eva.pk).count() == 2
    assert Contact.objects.count() == 1


@pytest.mark.shows("002-12")
def test_a_document_that_somebody_has_is_refused_at_its_field(cast: Cast, ana: Client) -> None:
    kind = document_type("py-ci")
    made(cast, document_type=kind, document_number="4.123.456")
    answer = ana.post(
        reverse("contact-new"), typed(cast, first_name="Otra", document_type=kind.pk, document_number="4123456")
    )
    assert answer.status_code == 400
    assert 'id="id_document_number_error"' in answer.content.decode()
    assert Contact.objects.count() == 1
    assert (
        ask(ana, "contact-check-document", document_type=kind.pk, document_number="4123456")["name"] == "Rocío Benítez"
    )


@pytest.mark.shows("002-13")
def test_editing_shows_every_field_of_ones_own_too_and_keeps_what_is_not_touched(cast: Cast, ana: Client) -> None:
    job = create_field(FieldSheet(label="Ocupación"), by=cast.admin)
    old = create_field(FieldSheet(label="Viejo"), by=cast.admin)
    contact = made(
        cast,
        points=[point("0981 555 444", "whatsapp")],
        custom={job.control_id: "Arquitecta", old.control_id: "se queda"},
    )
    archive_field(old.pk, by=cast.admin)
    url = reverse("contact-edit", args=[contact.pk])
    page = text_of(ana, url)
    for name in (
        "first_name",
        "last_name",
        "points",
        "document_type",
        "document_number",
        "company_name",
        "is_vip",
        "teams",
        "with_address",
        "custom_txtOcupacion",
    ):
        assert f'name="{name}"' in page
    assert "Arquitecta" in page
    sent = fields_of(page) | {"first_name": "Rocío Inés", "teams": [cast.team.pk]}
    assert ana.post(url, sent).status_code == 302
    contact.refresh_from_db()
    assert (contact.first_name, contact.custom) == (
        "Rocío Inés",
        {job.control_id: "Arquitecta", old.control_id: "se queda"},
    )
    assert contact.points.get().normalised == "+595981555444"


@pytest.mark.shows("002-13")
def test_of_two_who_edit_at_once_the_second_is_told_and_loses_nothing(cast: Cast, ana: Client, browse: Any) -> None:  # noqa: F811  # a fixture
    contact = made(cast)
    url = reverse("contact-edit", args=[contact.pk])
    luis = browse(cast.luis)
    of_ana, of_luis = fields_of(text_of(ana, url)), fields_of(text_of(luis, url))
    assert ana.post(url, of_ana | {"first_name": "Rosa", "teams": [cast.team.pk]}).status_code == 302
    answer = luis.post(url, of_luis | {"first_name": "Rita", "teams": [cast.team.pk]})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert ("Rosa" in page, 'value="Rita"' in page) == (True, True)
    contact.refresh_from_db()
    assert contact.first_name == "Rosa"
    assert luis.post(url, fields_of(page) | {"teams": [cast.team.pk]}).status_code == 302
    contact.refresh_from_db()
    assert contact.first_name == "Rita"


@pytest.mark.shows("002-10", "002-13")
def test_an_address_that_changed_meanwhile_is_not_written_over_unseen(cast: Cast, ana: Client) -> None:
    contact = made(cast)
    url = reverse("contact-edit", args=[contact.pk])
    before = fields_of(text_of(ana, url))
    first = before | {"with_address": "on", "address_line": "Palma 123", "teams": [cast.team.pk]}
    assert ana.post(url, first).status_code == 302
    second = before | {"with_address": "on", "address_line": "Oliva 9", "teams": [cast.team.pk]}
    assert ana.post(url, second).status_code == 400
    assert [each.line for each in Address.objects.filter(contact=contact)] == ["Palma 123"]


@pytest.mark.shows("002-05", "B-10")
def test_who_may_not_see_numbers_edits_without_seeing_or_losing_them(cast: Cast, browse: Any, with_rights: Any) -> None:  # noqa: F811  # fixtures
    kind = document_type("py-ci")
    contact = made(
        cast,
        points=[point("0984 777 123"), point("0985 777 123", "phone")],
        document_type=kind,
        document_number="3987654",
    )
    blind = without_numbers(cast.ana)
    client = browse(blind)
    url = reverse("contact-edit", args=[contact.pk])
    page = text_of(client, url)
    assert "3.987.654" not in page
    assert "777 123" not in page
    assert "777123" not in page
    sent = fields_of(page) | {"first_name": "Rita", "teams": [cast.team.pk]}
    sent["points"] += "\n0983 111 222"
    assert client.post(url, sent).status_code == 302
    contact.refresh_from_db()
    assert (contact.first_name, contact.document_number) == ("Rita", "3987654")
    assert sorted(contact.points.values_list("normalised", flat=True)) == [
        "+595983111222",
        "+595984777123",
        "+595985777123",
    ]


@pytest.mark.shows("002-01", "S05")
def test_another_teams_contact_is_as_unknown_as_none(cast: Cast, browse: Any) -> None:  # noqa: F811  # a fixture
    contact = made(cast)
    eva = browse(cast.eva)
    url = reverse("contact-edit", args=[contact.pk])
    assert eva.get(url).status_code == 404
    assert eva.post(url, typed(cast, first_name="Robada")).status_code == 404
    contact.refresh_from_db()
    assert contact.first_name == "Rocío"


@pytest.mark.shows("002-01")
def test_ones_own_teams_stand_to_choose_and_others_stay(cast: Cast, ana: Client, browse: Any) -> None:  # noqa: F811  # a fixture
    contact = made(cast)
    contact.teams.add(cast.other_team)
    url = reverse("contact-edit", args=[contact.pk])
    page = text_of(ana, url)
    assert "Soporte" not in page
    assert ana.post(url, fields_of(page) | {"first_name": "Rita", "teams": [cast.team.pk]}).status_code == 302
    assert set(contact.teams.all()) == {cast.team, cast.other_team}
    assert ana.post(reverse("contact-new"), typed(cast, teams=[cast.other_team.pk])).status_code == 400
    assert "Soporte" in text_of(browse(cast.admin), reverse("contact-new"))


def test_what_is_asked_meanwhile_answers_nothing_to_nonsense(cast: Cast, ana: Client) -> None:
    for name in ("contact-check-points", "contact-check-document"):
        for body in ("", "[]", "nonsense", '{"points": 3}', '{"points": ["x"]}', '{"document_type": "x"}'):
            assert ana.post(reverse(name), body, content_type="application/json").status_code == 400
    for words in ("", "a", "\0\0", "%%", "ñ" * 300):
        assert ana.get(reverse("company-search"), {"search": words}).status_code == 200


def ask(client: Client, name: str, **said: Any) -> Any:
    answer = client.post(reverse(name), json.dumps(said), content_type="application/json")
    assert answer.status_code == 200
    return answer.json()


def without_numbers(user: User) -> User:
    for role in user.groups.all():
        role.permissions.remove(*role.permissions.filter(codename="see_numbers"))
    return User.objects.get(pk=user.pk)


def fields_of(page: str) -> dict[str, Any]:
    """What a browser without script would send of a page as it stands: texts, what is ticked, what is chosen."""
    sent: dict[str, Any] = {}
    form = page[page.index('class="office-form"') : page.index("</form>", page.index('class="office-form"'))]
    for tag in re.findall(r"<input[^>]*>", form):
        name, kind = attribute(tag, "name"), attribute(tag, "type")
        if name and (kind not in ("checkbox", "radio") or "checked" in tag):
            sent[name] = attribute(tag, "value") or ("on" if kind == "checkbox" else "")
    for name, body in re.findall(r'<textarea[^>]*?name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.S):
        sent[name] = unescaped(body).lstrip("\n")
    for name, body in re.findall(r'<select[^>]*?name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.findall(r'<option value="([^"]*)"[^>]*selected', body)
        sent[name] = chosen[0] if len(chosen) == 1 else chosen
    return sent


def attribute(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return unescaped(found[1]) if found else ""


def unescaped(text: str) -> str:
    return (
        text.replace("&quot;", '"')
        .replace("&#x27;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
    )


@pytest.mark.shows("S02", "S05")
def test_an_id_that_another_teams_form_was_sent_with_leads_nowhere(cast: Cast, ana: Client) -> None:
    sending = uuid.uuid4()
    foreign = made(cast, by=cast.eva, first_name="Ajena", client_id=sending)
    answer = ana.post(reverse("contact-new"), typed(cast, client_id=str(sending)))
    assert answer.status_code == 400
    assert str(foreign.pk) not in answer.headers.get("Location", "")
    assert not Contact.objects.filter(first_name="Rocío").exists()
