"""The contact's side section and its parts, as pages: who may see them, what they show, what changes in place."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from contacts.actions import CompanySheet, add_point, create_company, edit_contact, forbid_contact, set_tags, write_note
from contacts.actions.field_definitions import FieldSheet, create_field
from contacts.actions.noting import forget_deleted_notes
from contacts.actions.seeding import seed_document_types
from contacts.models import (
    Address,
    Consent,
    Contact,
    ContactGroup,
    ContactNote,
    ContactPoint,
    DocumentType,
    GroupMember,
    Tag,
)
from contacts.models.belongings import RESTORABLE_FOR
from core.models import JournalEntry
from inbox.actions.calling import register_call
from inbox.actions.closing import close_conversation
from inbox.actions.copies import show_belongings_anew
from inbox.models import Call, Conversation
from tests import factories
from tests.factories import Cast

pytestmark = pytest.mark.django_db
FRAGMENT = {"HTTP_X_FRAGMENT": "1"}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def rocio(cast: Cast) -> Contact:
    conversation = factories.taken_conversation(cast, sender=factories.identity())
    contact: Contact = conversation.contact
    add_point(contact.pk, value="+595 21 584 310", kind="phone", by=cast.admin)
    add_point(contact.pk, value="rocio@laesquina.com.py", kind="email", by=cast.admin)
    return contact


@pytest.fixture
def masked(cast: Cast) -> User:
    """An agent of the team who sees no numbers, and the whole team's conversations."""
    mara = factories.agent_of(cast, "mara")
    role = mara.groups.get()
    role.permissions.remove(factories.permission("see_numbers"))
    cast.ana.user_permissions.add(factories.permission("see_numbers"))
    mara.user_permissions.add(factories.permission("view_team_conversations"))
    user: User = User.objects.get(pk=mara.pk)
    return user


def every_address(contact: Contact, call: Call | None = None) -> list[str]:
    conversation = Conversation.objects.get(contact=contact)
    base = f"/contacts/{contact.pk}/"
    parts = ("section", "labels", "consent", "addresses", "notes", "openings", "interactions", "files")
    found = [f"{base}{each}/" for each in parts]
    found.append(f"{base}interactions/conversations/{conversation.pk}/")
    if call is not None:
        found += [f"{base}interactions/calls/{call.uuid}/", f"{base}calls/{call.uuid}/outcome/"]
    return found


@pytest.mark.shows("002-14", "S02", "S04")
def test_for_another_team_nothing_of_it_exists_and_nothing_happens(cast: Cast, rocio: Contact) -> None:
    phone = ContactPoint.objects.get(contact=rocio, kind="phone")
    call, _ = register_call(rocio.pk, by=cast.ana, client_id=uuid.uuid4(), contact_point_id=phone.pk)
    tag = Tag.objects.create(name="Promo", folded_name="promo-x")
    ana, eva = signed_in(cast.ana), signed_in(cast.eva)
    before = JournalEntry.objects.count()
    for path in every_address(rocio, call):
        assert ana.get(path, **FRAGMENT).status_code == 200, path
        assert eva.get(path, **FRAGMENT).status_code == 404, path
        assert Client().get(path, **FRAGMENT).status_code == 302, path
    posts: list[tuple[str, dict[str, Any]]] = [
        ("labels", {"do": "add-tag", "tag": tag.pk}),
        ("consent", {"do": "forbid"}),
        ("addresses", {"do": "add", "line": "Calle 1"}),
        ("notes", {"do": "write", "text": "Hola"}),
        ("calls", {"client_id": uuid.uuid4(), "point": phone.pk}),
        (f"calls/{call.uuid}/outcome", {"typification": factories.leaf().pk}),
    ]
    for path, body in posts:
        assert eva.post(f"/contacts/{rocio.pk}/{path}/", body, **FRAGMENT).status_code == 404, path
    assert JournalEntry.objects.count() == before
    assert not Address.objects.exists()
    assert not ContactNote.objects.exists()
    assert (Call.objects.get().ended_at, Contact.objects.get(pk=rocio.pk).do_not_contact) == (None, False)


@pytest.mark.shows("B-10", "002-15", "002-16", "002-21", "002-22")
def test_who_may_see_no_numbers_reads_none_anywhere(cast: Cast, rocio: Contact, masked: User) -> None:
    phone = ContactPoint.objects.get(contact=rocio, kind="phone")
    call, _ = register_call(rocio.pk, by=cast.ana, client_id=uuid.uuid4(), contact_point_id=phone.pk)
    mara, ana = signed_in(masked), signed_in(cast.ana)
    whole = re.compile(r"991[\s ]?651|584[\s ]?310|rocio@laesquina")
    for path in every_address(rocio, call):
        answer = mara.get(path, **FRAGMENT)
        if "/outcome/" in path:
            assert answer.status_code == 404, "only who made it says how it went"
            continue
        assert answer.status_code == 200, path
        assert not whole.search(answer.content.decode()), path
    assert whole.search(ana.get(f"/contacts/{rocio.pk}/openings/", **FRAGMENT).content.decode())
    openings = mara.get(f"/contacts/{rocio.pk}/openings/", **FRAGMENT).content.decode()
    assert "Para llamar, tu rol debe ver los números completos" in openings


@pytest.mark.shows("002-15", "002-18", "002-19")
def test_the_summary_says_who_they_are_where_they_work_and_leads_to_the_form(cast: Cast, rocio: Contact) -> None:
    seed_document_types()
    field = create_field(FieldSheet(label="Ocupación"), by=cast.admin)
    ruc, identity_card = (DocumentType.objects.get(code=code) for code in ("py-ruc", "py-ci"))
    company = create_company(
        CompanySheet(
            name="Panadería La Esquina", document_type=ruc, document_number="80077310-1", industry="Alimentos"
        ),
        by=cast.admin,
    )
    edit_contact(
        rocio.pk,
        by=cast.ana,
        company=company,
        document_type=identity_card,
        document_number="4218903",
        is_vip=True,
        custom={field.control_id: "Panadera"},
    )
    ana = signed_in(cast.ana)
    page = " ".join(ana.get(f"/contacts/{rocio.pk}/section/").content.decode().split())
    assert "Panadería La Esquina · CI 4.218.903" in page
    assert "Contacto VIP" in page
    summary = page[page.index('id="contact-panel-summary"') : page.index('id="contact-panel-addresses"')]
    for term, value in (
        ("Ocupación", "Panadera"),
        ("Nombre", "Panadería La Esquina"),
        ("Rubro", "Alimentos"),
        ("Equipos", "Ventas"),
    ):
        assert f"<dt>{term}</dt><dd>{value}</dd>" in summary
    assert '<dd class="number">80077310-1</dd>' in summary
    assert f'href="/contacts/{rocio.pk}/edit/"' in page
    assert "Ocupación" in ana.get(f"/contacts/{rocio.pk}/edit/").content.decode()


@pytest.mark.shows("002-16")
def test_points_stand_in_exactly_five_groups_and_others_only_where_there_are_any(cast: Cast, rocio: Contact) -> None:
    def groups() -> list[str]:
        page = signed_in(cast.ana).get(f"/contacts/{rocio.pk}/openings/", **FRAGMENT).content.decode()
        return re.findall(r'data-channel-group="(\w+)"', page)

    five = ["whatsapp", "email", "phone", "messenger", "instagram"]
    assert groups() == five
    ContactPoint.objects.create(contact=rocio, kind="apple", scope="b", value="urn:1", normalised="urn:1")
    assert groups() == [*five, "apple"]


@pytest.mark.shows("002-17", "B-07")
def test_each_point_starts_what_it_may_and_says_why_not_otherwise(cast: Cast, rocio: Contact) -> None:
    ana = signed_in(cast.ana)

    def page() -> str:
        return " ".join(ana.get(f"/contacts/{rocio.pk}/openings/", **FRAGMENT).content.decode().split())

    conversation = Conversation.objects.get()
    # In Ana's hands, the window open: she writes in it.
    assert f"c={conversation.pk}" in page()
    assert "Ventana abierta 23 h" in page()
    assert "No hay ninguna cuenta de Correo electrónico conectada." in page()
    Conversation.objects.update(window_expires_at=conversation.created_at)
    assert "La ventana cerró hace" in page()
    assert "Plantilla" in page()
    Conversation.objects.update(assignee=cast.luis)
    # Ana does not see it any more, only that a colleague has it.
    assert f"c={conversation.pk}" not in page()
    assert "ya atiende este número" in page()
    Conversation.objects.update(assignee=cast.ana, needs_first_reply=False)
    close_conversation(conversation.pk, by=cast.ana, typification_id=factories.leaf().pk)
    point = ContactPoint.objects.get(contact=rocio, kind="whatsapp")
    assert f"new={point.pk}" in page()
    forbid_contact(rocio.pk, by=cast.ana)
    refused = page()
    assert f"new={point.pk}" not in refused
    assert refused.count("Este contacto pidió que no lo contacten.") >= 2


@pytest.mark.shows("002-20")
def test_an_address_is_added_in_place_and_a_wrong_one_keeps_what_was_typed(cast: Cast, rocio: Contact) -> None:
    ana, path = signed_in(cast.ana), f"/contacts/{rocio.pk}/addresses/"
    refused = ana.post(path, {"do": "add", "line": "", "district": "Centro"}, **FRAGMENT)
    assert refused.status_code == 400
    assert 'value="Centro"' in refused.content.decode()
    assert not Address.objects.exists()
    added = ana.post(path, {"do": "add", "line": "Palma 123", "district": "Centro"}, **FRAGMENT)
    assert added.status_code == 200
    assert 'data-count="1"' in added.content.decode()
    assert "Palma 123" in added.content.decode()
    # Without script it leads back to the contact's addresses.
    plain = ana.post(path, {"do": "add", "line": "Estrella 5"})
    assert (plain.status_code, plain["Location"]) == (302, f"/contacts/{rocio.pk}/?tab=addresses")
    other = Address.objects.create(contact=factories.conversation(cast).contact, line="De otro")
    assert ana.post(path, {"do": "remove", "address": other.pk}, **FRAGMENT).status_code == 404
    assert Address.objects.filter(pk=other.pk).exists()


@pytest.mark.shows("001-27", "001-28")
def test_tags_and_groups_are_put_on_and_taken_off_but_not_those_a_rule_keeps(cast: Cast, rocio: Contact) -> None:
    ana, path = signed_in(cast.ana), f"/contacts/{rocio.pk}/labels/"
    tag = Tag.objects.create(name="Promo 300", folded_name="promo 300", hue="ochre")
    group = ContactGroup.objects.create(name="Zona Central", folded_name="zona central x")
    ruled = ContactGroup.objects.create(name="Morosos", folded_name="morosos x", kind="rule")
    foreign = ContactGroup.objects.create(name="Ajeno", folded_name="ajeno x")
    foreign.teams.add(cast.other_team)
    GroupMember.objects.create(contact=rocio, group=ruled, is_by_rule=True)
    assert "Promo 300" in ana.post(path, {"do": "add-tag", "tag": tag.pk}, **FRAGMENT).content.decode()
    assert "Zona Central" in ana.post(path, {"do": "join-group", "group": group.pk}, **FRAGMENT).content.decode()
    assert set(rocio.tags.values_list("name", flat=True)) == {"Promo 300"}
    assert ana.post(path, {"do": "join-group", "group": foreign.pk}, **FRAGMENT).status_code == 404
    assert "Ajeno" not in ana.get(path, **FRAGMENT).content.decode()
    refused = ana.post(path, {"do": "leave-group", "group": ruled.pk}, **FRAGMENT)
    assert refused.status_code == 400
    assert GroupMember.objects.filter(group=ruled).exists()
    ana.post(path, {"do": "remove-tag", "tag": tag.pk}, **FRAGMENT)
    assert not rocio.tags.exists()


@pytest.mark.shows("001-30")
def test_notes_are_of_a_team_with_author_and_time_and_only_their_author_deletes_them(
    cast: Cast, rocio: Contact
) -> None:
    rocio.teams.add(cast.other_team)
    write_note(rocio.pk, "Solo de Soporte", by=cast.eva)
    ana, luis, path = signed_in(cast.ana), signed_in(cast.luis), f"/contacts/{rocio.pk}/notes/"
    shown = ana.post(path, {"do": "write", "text": "Prefiere la tarde"}, **FRAGMENT).content.decode()
    assert "Prefiere la tarde" in shown
    assert "Ana Gómez" in shown
    assert "Solo de Soporte" not in shown
    assert 'data-count="1"' in shown
    note = ContactNote.objects.get(text="Prefiere la tarde")
    assert luis.post(path, {"do": "delete", "note": note.pk}, **FRAGMENT).status_code == 400
    assert ana.post(path, {"do": "write", "text": " "}, **FRAGMENT).status_code == 400
    assert ana.post(path, {"do": "delete", "note": note.pk}, **FRAGMENT).status_code == 200
    assert not ContactNote.objects.visible_to(cast.ana).exists()
    assert "Prefiere la tarde" not in luis.get(path, **FRAGMENT).content.decode()


@pytest.mark.shows("001-30")
def test_a_deleted_note_is_brought_back_by_its_author_for_ten_minutes(cast: Cast, rocio: Contact) -> None:
    rocio.teams.add(cast.other_team)
    note = write_note(rocio.pk, "Prefiere la tarde", by=cast.ana)
    ana, luis, eva = signed_in(cast.ana), signed_in(cast.luis), signed_in(cast.eva)
    path, address = f"/contacts/{rocio.pk}/notes/", f"/api/v1/contacts/{rocio.pk}/notes/{note.pk}/"
    other = factories.taken_conversation(cast, sender=factories.identity("595981000001", name="Nadia")).contact
    # Under another contact's address it is none.
    assert ana.post(f"/contacts/{other.pk}/notes/", {"do": "delete", "note": note.pk}, **FRAGMENT).status_code == 404
    gone = ana.post(path, {"do": "delete", "note": note.pk}, **FRAGMENT).content.decode()
    assert "Prefiere la tarde" not in gone
    assert 'value="restore"' in gone
    # Only to whoever deleted it.
    assert 'value="restore"' not in luis.get(path, **FRAGMENT).content.decode()
    for somebody, status in ((luis, 403), (eva, 404)):
        assert somebody.put(f"{address}restoration/").status_code == status
    assert luis.post(path, {"do": "restore", "note": note.pk}, **FRAGMENT).status_code == 400
    # Without script the page it leads back to has the way back too.
    assert 'value="restore"' in ana.get(f"/contacts/{rocio.pk}/?tab=notes").content.decode()
    back = ana.post(path, {"do": "restore", "note": note.pk}, **FRAGMENT).content.decode()
    assert "Prefiere la tarde" in back
    assert 'value="restore"' not in back
    assert ContactNote.objects.get(pk=note.pk).created_at == note.created_at
    # Over REST the same; twice is once.
    assert ana.delete(address).status_code == 204
    assert ana.put(address, {"text": "Otra", "team": None}, content_type="application/json").status_code == 404
    for _ in range(2):
        assert ana.put(f"{address}restoration/").json()["text"] == "Prefiere la tarde"
    assert JournalEntry.objects.filter(verb="contact_note_restored", subject_id=str(rocio.pk)).count() == 2
    # Too late: it is gone for good.
    ana.delete(address)
    ContactNote.objects.filter(pk=note.pk).update(deleted_at=timezone.now() - RESTORABLE_FOR)
    assert 'value="restore"' not in ana.get(path, **FRAGMENT).content.decode()
    assert ana.put(f"{address}restoration/").status_code == 404
    assert (forget_deleted_notes(), ContactNote.objects.filter(pk=note.pk).exists()) == (1, False)


def test_what_is_half_typed_is_kept_for_whoever_typed_it(cast: Cast, rocio: Contact) -> None:
    for path in ("notes", "addresses", "consent"):
        pages = {
            user: signed_in(user).get(f"/contacts/{rocio.pk}/{path}/", **FRAGMENT).text
            for user in (cast.ana, cast.luis)
        }
        for user, page in pages.items():
            (key,) = re.findall(r'data-behaviour="kept" data-key="([^"]+)"', page)
            assert key.split()[1:] == [str(user.pk), str(rocio.pk)]


@pytest.mark.shows("002-15")
def test_consent_and_do_not_contact_are_recorded_with_who_and_how(cast: Cast, rocio: Contact) -> None:
    ana, path = signed_in(cast.ana), f"/contacts/{rocio.pk}/consent/"
    body = {"do": "record", "medium": "whatsapp", "answer": "yes", "source": "Por teléfono"}
    assert "Por teléfono" in ana.post(path, body, **FRAGMENT).content.decode()
    assert Consent.objects.get().by == cast.ana
    assert ana.post(path, {"do": "forbid"}, **FRAGMENT).status_code == 200
    assert Contact.objects.get(pk=rocio.pk).do_not_contact
    assert JournalEntry.objects.filter(verb="contact_forbidden", subject_id=str(rocio.pk)).count() == 1
    assert ana.post(path, {"do": "allow"}, **FRAGMENT).status_code == 200
    assert not Contact.objects.get(pk=rocio.pk).do_not_contact


@pytest.mark.shows("002-21", "002-22", "S05")
def test_the_history_shows_only_what_one_may_see_and_each_with_its_detail(cast: Cast, rocio: Contact) -> None:
    conversation = Conversation.objects.get()
    path = f"/contacts/{rocio.pk}/interactions/"
    detail = f"{path}conversations/{conversation.pk}/"
    rocio.teams.add(cast.other_team)
    eva, ana = signed_in(cast.eva), signed_in(cast.ana)
    assert "Todavía no hay gestiones" in eva.get(path, **FRAGMENT).content.decode()
    assert eva.get(detail, **FRAGMENT).status_code == 404
    shown = ana.get(detail, **FRAGMENT).content.decode()
    assert "Hola" in shown
    assert conversation.public_id in shown
    # Of this contact, not of another whose id stands in the address.
    other = factories.taken_conversation(cast).contact
    assert ana.get(f"/contacts/{other.pk}/interactions/conversations/{conversation.pk}/").status_code == 404
    # Whoever comes by the link gets a whole page.
    assert "<html" in ana.get(detail).content.decode()
    assert ana.get(path, {"before": "AAAA"}, **FRAGMENT).status_code == 404


@pytest.mark.shows("002-19")
def test_who_may_not_edit_is_told_so_and_changes_nothing(cast: Cast, rocio: Contact) -> None:
    role = cast.ana.groups.get()
    role.permissions.remove(factories.permission("edit_contacts"))
    ana = signed_in(User.objects.get(pk=cast.ana.pk))
    page = ana.get(f"/contacts/{rocio.pk}/section/").content.decode()
    assert "Tu rol no permite" in page
    assert 'aria-disabled="true"' in page
    answer = ana.post(f"/contacts/{rocio.pk}/addresses/", {"do": "add", "line": "Palma 1"}, **FRAGMENT)
    assert answer.status_code == 400
    assert not Address.objects.exists()


@pytest.mark.shows("001-13", "S05")
def test_a_row_shows_its_contacts_tags_and_groups_and_a_change_makes_it_newer(cast: Cast, rocio: Contact) -> None:
    tag = Tag.objects.create(name="Promo 300", folded_name="promo 300", hue="ochre")
    ana = signed_in(cast.ana)
    (row,) = ana.get("/api/v1/conversations/", {"tray": "pending"}).json()["results"]
    assert row["tags"] == []
    set_tags(rocio.pk, [tag], by=cast.ana)
    # What the event of it asks for (config/wiring.py).
    show_belongings_anew([rocio.pk])
    (after,) = ana.get("/api/v1/conversations/", {"tray": "pending", "tag": tag.pk}).json()["results"]
    assert after["tags"] == [{"id": tag.pk, "name": "Promo 300", "hue": "ochre"}]
    assert ana.get("/api/v1/conversations/", {"tray": "pending", "group": 99}).json()["results"] == []
    assert after["version"] > row["version"]


def test_an_id_beyond_the_thousandth_is_posted_back_as_it_is(cast: Cast, rocio: Contact) -> None:
    note = ContactNote.objects.create(
        pk=1_234_567, contact=rocio, team=cast.team, author=cast.ana, text="Prefiere la tarde"
    )
    ana, address = signed_in(cast.ana), f"/contacts/{rocio.pk}/notes/"
    said = ana.get(address, **FRAGMENT).content.decode()
    posted = re.search(r'name="note" value="([^"]+)"', said)
    assert posted is not None
    assert posted[1] == "1234567"
    assert ana.post(address, {"do": "delete", "note": posted[1]}, **FRAGMENT).status_code == 200
    assert not ContactNote.objects.visible_to(cast.ana).filter(pk=note.pk).exists()
