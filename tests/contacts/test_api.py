"""Contacts as JSON: the list, one of them, making and editing, and what belongs to them; as tests/security asks of every door."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from contacts import actions
from contacts.models import Company, Contact, ContactGroup, ContactTag, DocumentType, FieldDefinition, Tag
from contacts.sheets import PointEntry
from core.models import JournalEntry
from tests.contacts.query_budgets import BUDGETS
from tests.factories import Cast

pytestmark = pytest.mark.django_db


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    client.get("/api/v1/me/")
    return client


def send(client: Client, method: str, address: str, body: Any = None) -> Any:
    content = "" if body is None else json.dumps(body)
    return getattr(client, method)(f"/api/v1/{address}", content, content_type="application/json")


@pytest.fixture
def ana(cast: Cast) -> Client:
    actions.seed_document_types()
    return client_of(cast.ana)


WHOLE = {
    "first_name": "Rocío",
    "last_name": "Benítez",
    "points": [{"value": "0991 651 351", "kind": "whatsapp"}, {"value": "rocio@example.com"}],
    "document_number": "4.123.456",
    "is_vip": True,
    "custom": {"numHijos": 2},
    "addresses": [{"line": "Palma 123", "district": "Centro", "latitude": "-25.2819", "longitude": "-57.635"}],
}


@pytest.mark.shows("002-04", "002-11", "002-12", "S08")
def test_a_contact_is_made_read_and_edited_and_what_is_forged_is_ignored(cast: Cast, ana: Client) -> None:
    FieldDefinition.objects.create(control_id="numHijos", label="Hijos", kind="number", is_required=True)
    company = send(ana, "post", "companies/", {"name": "Fibra Sur"}).json()
    forged = {
        "id": 5, "blocked": True, "do_not_contact": True, "created_at": "2001-01-01T00:00:00Z", "merged_into": 1, "erased_at": "2001-01-01T00:00:00Z",
        "last_interaction_at": "2001-01-01T00:00:00Z", "search_text": "x", "sort_name": "x", "profile_name": "x", "tags": [1], "groups": [1],
    }  # fmt: skip
    body = WHOLE | {"document_type": DocumentType.objects.get(code="py-ci").pk, "company": company["id"]} | forged
    answer = send(ana, "post", "contacts/", body | {"client_id": "5b6c2f0e-6f0c-4b5e-9f57-0c1b7b6f0001"})
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["name"], made["initials"], made["is_vip"], made["company"]["name"]) == (
        "Rocío Benítez",
        "RB",
        True,
        "Fibra Sur",
    )
    assert (made["document"], made["document_code"], made["custom"]) == ("4.123.456", "py-ci", {"numHijos": 2})
    assert made["kinds"] == ["whatsapp", "email"]
    assert (made["blocked"], made["do_not_contact"], made["profile_name"], made["tags"]) == (False, False, "", [])
    assert made["addresses"][0]["latitude"] == -25.2819
    again = send(ana, "post", "contacts/", body | {"client_id": "5b6c2f0e-6f0c-4b5e-9f57-0c1b7b6f0001"})
    assert again.json()["id"] == made["id"]
    address = f"contacts/{made['id']}/"
    assert ana.get(f"/api/v1/{address}").json() == made
    edited = send(ana, "patch", address, {"last_name": "Duarte", "version": made["version"]} | forged)
    assert (edited.status_code, edited.json()["name"]) == (200, "Rocío Duarte")
    # What was not named stayed; an old version overwrites nothing.
    assert edited.json()["points"] == made["points"]
    stale = send(ana, "patch", address, {"last_name": "X", "version": made["version"]})
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "stale")
    wrong = send(
        ana, "patch", address, {"custom": {"numHijos": ""}, "document_number": "1", "points": [{"value": "zz"}]}
    )
    assert (wrong.status_code, set(wrong.json()["error"]["fields"])) == (400, {"numHijos", "document_number", "points"})


@pytest.mark.shows("002-12", "002-01", "S05")
def test_a_known_number_leads_to_its_contact_or_says_only_that_it_is_another_teams(cast: Cast, ana: Client) -> None:
    owner = send(ana, "post", "contacts/", {"first_name": "Rocío", "points": [{"value": "0991651351"}]}).json()
    double = send(
        client_of(cast.luis), "post", "contacts/", {"first_name": "R", "points": [{"value": "+595991651351"}]}
    )
    assert (double.status_code, double.json()["error"]["code"]) == (409, "duplicate_contact")
    assert double.json()["error"]["contact"] == {"id": owner["id"], "name": "Rocío"}
    hidden = send(client_of(cast.eva), "post", "contacts/", {"first_name": "R", "points": [{"value": "0991651351"}]})
    assert (hidden.status_code, hidden.json()["error"]["code"]) == (403, "of_another_team")
    assert "Roc" not in hidden.content.decode()
    assert str(owner["id"]) not in json.dumps(hidden.json()["error"])
    assert JournalEntry.objects.get(verb="contact_of_another_team_asked").actor_id == cast.eva.pk
    assert Contact.objects.count() == 1


@pytest.mark.shows("002-03", "002-23", "S05", "B-10")
def test_the_list_pages_by_key_in_every_order_and_masks_numbers(cast: Cast, ana: Client) -> None:
    for number in range(7):
        actions.create_contact(
            by=cast.ana,
            first_name=f"P{number % 3}",
            points=[PointEntry(value=f"098155500{number}")],
            company=actions.create_company(actions.CompanySheet(name=f"E{number % 2}"), by=cast.ana),
        )
    for order in ("name", "-name", "company", "-company", "created", "-created"):
        whole = ana.get(f"/api/v1/contacts/?order={order}").json()
        assert (len(whole["results"]), whole["next"]) == (7, None)
        paged, cursor = list[Any](), ""
        while True:
            page = ana.get(f"/api/v1/contacts/?order={order}&limit=2&cursor={cursor}").json()
            paged += page["results"]
            cursor = page["next"]
            if cursor is None:
                break
        assert paged == whole["results"], order
    assert client_of(cast.eva).get("/api/v1/contacts/").json()["results"] == []
    Group.objects.get(name="agent").permissions.remove(Permission.objects.get(codename="see_numbers"))
    blind = client_of(cast.ana)
    for address in ("contacts/", f"contacts/{Contact.objects.first().pk}/", "contacts/?search=0981555001"):
        masked = blind.get(f"/api/v1/{address}").content.decode()
        assert "555 00" not in masked
        assert "55500" not in masked
        assert "•••" in masked
    assert blind.get("/api/v1/contacts/?search=981555").json()["results"] == []


@pytest.mark.shows("002-20", "001-27", "001-28", "001-30")
def test_what_belongs_to_a_contact_is_written_under_its_own_address(cast: Cast, ana: Client) -> None:
    contact = send(ana, "post", "contacts/", {"first_name": "Rocío"}).json()
    other = send(ana, "post", "contacts/", {"first_name": "Otra"}).json()
    one = f"contacts/{contact['id']}/"
    first = send(ana, "post", f"{one}points/", {"value": "0981555444"}).json()["points"][0]
    second = send(ana, "post", f"{one}points/", {"value": "0981555445", "is_primary": True}).json()["points"]
    assert [each["is_primary"] for each in second] == [True, False]
    assert (
        send(ana, "put", f"{one}points/{first['id']}/", {"is_primary": True}).json()["points"][0]["id"] == first["id"]
    )
    place = send(ana, "post", f"{one}addresses/", {"line": "Palma 1"}).json()
    assert send(ana, "put", f"{one}addresses/{place['id']}/", {"line": "Palma 2"}).json()["line"] == "Palma 2"
    note = send(ana, "post", f"{one}notes/", {"text": "Prefiere la tarde"}).json()
    assert (note["author"], note["team"]) == ("Ana Gómez", "Ventas")
    assert ana.get(f"/api/v1/{one}notes/").json()["results"] == [note]
    tag, group = Tag.objects.create(name="A", folded_name="a"), ContactGroup.objects.create(name="G", folded_name="g")
    assert send(ana, "put", f"{one}tags/", {"tags": [tag.pk]}).json()["tags"] == [
        {"id": tag.pk, "name": "A", "hue": "gray"}
    ]
    assert send(ana, "put", f"{one}tags/", {"tags": [tag.pk, 987654321]}).status_code == 400
    assert send(ana, "put", f"{one}groups/{group.pk}/").status_code == 204
    consent = send(ana, "post", f"{one}consents/", {"medium": "", "is_given": False, "source": "Por teléfono"}).json()
    assert [(each["medium"], each["is_given"]) for each in consent["results"]] == [("", False)]
    marked = send(ana, "put", f"{one}restrictions/", {"do_not_contact": True, "reason": "Lo pidió"}).json()
    assert marked == {"id": contact["id"], "do_not_contact": True, "blocked": False}
    # An id under another contact reaches nothing (S02).
    crossed = f"contacts/{other['id']}/"
    for method, address, body in (
        ("put", f"{crossed}points/{first['id']}/", {"is_primary": True}), ("delete", f"{crossed}points/{first['id']}/", None),
        ("put", f"{crossed}addresses/{place['id']}/", {"line": "X"}), ("delete", f"{crossed}addresses/{place['id']}/", None),
        ("put", f"{crossed}notes/{note['id']}/", {"text": "X"}), ("delete", f"{crossed}notes/{note['id']}/", None),
    ):  # fmt: skip
        assert (address, send(ana, method, address, body).status_code) == (address, 404)
    for address in (f"{one}points/{first['id']}/", f"{one}addresses/{place['id']}/", f"{one}notes/{note['id']}/"):
        assert send(ana, "delete", address).status_code == 204
    assert send(ana, "delete", f"{one}groups/{group.pk}/").status_code == 204
    left = ana.get(f"/api/v1/{one}").json()
    assert (len(left["points"]), left["addresses"], left["groups"]) == (1, [], [])
    assert ContactTag.objects.count() == 1


@pytest.mark.shows("002-06", "002-08", "002-11")
def test_what_contacts_are_described_with_is_there_to_choose_from(cast: Cast, ana: Client) -> None:
    FieldDefinition.objects.create(control_id="selPlan", label="Plan", kind="choice", options=["A", "B"])
    for name in ("Fibra Sur", "Óptica Sur", "Norte"):
        send(ana, "post", "companies/", {"name": name})
    found = ana.get("/api/v1/companies/?search=sur optica").json()["results"]
    assert [each["name"] for each in found] == ["Óptica Sur"]
    first = ana.get("/api/v1/companies/?limit=2").json()
    rest = ana.get(f"/api/v1/companies/?cursor={first['next']}").json()["results"]
    assert [each["name"] for each in first["results"] + rest] == ["Fibra Sur", "Norte", "Óptica Sur"]
    assert ana.get("/api/v1/companies/?document_number=1").status_code == 400
    admin = client_of(cast.admin)
    kept = send(admin, "put", f"companies/{found[0]['id']}/", {"name": "Óptica Norte", "version": found[0]["version"]})
    assert (kept.status_code, kept.json()["name"]) == (200, "Óptica Norte")
    assert (
        send(admin, "put", f"companies/{found[0]['id']}/", {"name": "X", "version": found[0]["version"]}).status_code
        == 409
    )
    assert send(admin, "delete", f"companies/{found[0]['id']}/").status_code == 204
    assert Company.objects.live().count() == 2
    assert {each["code"] for each in ana.get("/api/v1/document-types/").json()["results"]} >= {"py-ci", "br-cpf"}
    assert ana.get("/api/v1/contact-fields/").json()["results"][0]["options"] == ["A", "B"]
    theirs = ContactGroup.objects.create(name="De otros", folded_name="de otros")
    theirs.teams.add(cast.other_team)
    assert ana.get("/api/v1/contact-groups/").json()["results"] == []


def test_the_questions_stay_within_their_budgets_however_many_contacts_there_are(
    cast: Cast, ana: Client, django_assert_max_num_queries: Callable[[int], AbstractContextManager[Any]]
) -> None:
    company = actions.create_company(actions.CompanySheet(name="Fibra Sur"), by=cast.ana)
    for more in (3, 9):
        for number in range(more):
            contact = actions.create_contact(
                by=cast.ana,
                first_name=f"P{more}{number}",
                company=company,
                points=[PointEntry(value=f"09815{more}500{number}"), PointEntry(value=f"p{more}{number}@x.com")],
            )
            actions.write_note(contact.pk, "Hola", by=cast.ana)
        questions = {
            "list": ["contacts/", "contacts/?search=fibra", "contacts/?search=0981555000&vip=0&order=-created"],
            "next page": [f"contacts/?limit=1&cursor={contact.pk}"],
            "detail": [f"contacts/{contact.pk}/"],
            "notes": [f"contacts/{contact.pk}/notes/"],
            "companies": ["companies/?search=fi"],
        }
        for name, addresses in questions.items():
            for address in addresses:
                with django_assert_max_num_queries(BUDGETS[name]):
                    answer = ana.get(f"/api/v1/{address}")
                assert (address, answer.status_code) == (address, 200)
