"""Making and editing contacts, their ways to be reached, and whose a number or a document is already."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from contacts import actions, reaching
from contacts.actions import CompanySheet
from contacts.actions.identifying import share_with_teams
from contacts.actions.points import PointInUse
from contacts.errors import CompanyKnown, DuplicateContact, IsMerged, OfAnotherTeam
from contacts.events import ContactsChanged
from contacts.models import (
    Company,
    Consent,
    Contact,
    ContactGroup,
    ContactNote,
    ContactPoint,
    ContactTag,
    DocumentType,
    FieldDefinition,
    GroupMember,
    Tag,
)
from contacts.rows import consent_rows
from contacts.sheets import AddressEntry, ContactSheet, PointEntry
from core.models import JournalEntry, JournalValue
from core.refusals import Invalid, NotAllowed, NotFound
from core.versions import Stale
from tests import factories
from tests.factories import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def types(cast: Cast) -> None:
    actions.seed_document_types()


def kind(code: str) -> DocumentType:
    return DocumentType.objects.get(code=code)


def verbs(contact: Contact) -> list[str]:
    return list(
        JournalEntry.objects.filter(subject_type="contacts.contact", subject_id=str(contact.pk))
        .order_by("id")
        .values_list("verb", flat=True)
    )


def rocio(by: User | None, **changes: Any) -> Contact:
    values: dict[str, Any] = {
        "first_name": " Rocío ",
        "last_name": "Benítez  Duarte",
        "points": [PointEntry(value="0991 651 351"), PointEntry(value="Rocio@Example.com")],
        "document_type": kind("py-ci"),
        "document_number": "4.123.456",
    }
    return actions.create_contact(by=by, **(values | changes))


@pytest.mark.shows("002-04", "002-05", "002-06", "002-07", "002-09", "002-10", "002-12")
def test_a_contact_is_made_with_everything_that_was_written(cast: Cast) -> None:
    company = actions.create_company(CompanySheet(name="Ñandutí S.A."), by=cast.ana)
    contact = rocio(
        cast.ana,
        company=company,
        is_vip=True,
        addresses=[AddressEntry(line="Avda. Mcal. López 123", district="Asunción")],
        client_id=(client_id := uuid.uuid4()),
    )
    contact.refresh_from_db()
    assert (contact.first_name, contact.last_name, contact.sort_name) == (
        "Rocío",
        "Benítez Duarte",
        "rocio benitez duarte",
    )
    assert (contact.document_number, contact.is_vip, contact.company) == ("4123456", True, company)
    assert [each.pk for each in contact.teams.all()] == [cast.team.pk]
    assert contact.search_text.split("\n") == ["rocio benitez duarte", "nanduti s.a.", "avda. mcal. lopez 123 asuncion"]
    points = list(contact.points.order_by("id").values_list("kind", "normalised", "is_primary"))
    assert points == [("phone", "+595991651351", True), ("email", "rocio@example.com", True)]
    assert verbs(contact) == ["contact_created", "contact_point_added", "contact_point_added"]
    # Nothing personal stands in the journal's own columns.
    assert "Roc" not in str(list(JournalEntry.objects.values_list("details", flat=True)))
    assert JournalValue.objects.filter(value="Rocío Benítez Duarte").exists()
    # Sent twice, it is one contact; and nobody else gets it by its id.
    assert rocio(cast.ana, client_id=client_id) == contact
    with pytest.raises(Invalid):
        rocio(cast.eva, client_id=client_id)
    assert Contact.objects.count() == 1


@pytest.mark.shows("002-12")
def test_everything_wrong_is_told_at_once_and_nothing_is_kept(cast: Cast) -> None:
    FieldDefinition.objects.create(control_id="txtOcupacion", label="Ocupación", is_required=True)
    before = (Contact.objects.count(), JournalEntry.objects.count())
    with pytest.raises(Invalid) as refusal:
        rocio(
            cast.ana,
            first_name="",
            last_name="",
            points=[PointEntry(value="no es nada"), PointEntry(value="x@", kind="email")],
            document_type=kind("py-ruc"),
            document_number="80028061-1",
            teams=[cast.other_team],
            custom={"txtNada": "x"},
        )
    assert set(refusal.value.fields) == {"first_name", "points", "document_number", "teams", "txtOcupacion", "txtNada"}
    assert len(refusal.value.fields["points"]) == 2
    assert (Contact.objects.count(), JournalEntry.objects.count()) == before


@pytest.mark.shows("002-12", "B-08")
@pytest.mark.parametrize("written", ["+595 991 651 351", "0991651351", "00595-991-651351", "wa.me/595991651351"])
def test_a_number_that_somebody_has_leads_to_them_in_any_written_form_and_kind(cast: Cast, written: str) -> None:
    owner = rocio(cast.ana)
    with pytest.raises(DuplicateContact) as refusal:
        rocio(cast.luis, document_number="", points=[PointEntry(value=written)])
    assert refusal.value.extra["contact"] == {"id": owner.pk, "name": "Rocío Benítez Duarte"}
    assert set(refusal.value.fields) == {"points"}
    with pytest.raises(DuplicateContact) as refusal:
        rocio(cast.luis, points=[])
    assert set(refusal.value.fields) == {"document_number"}
    assert Contact.objects.count() == 1


@pytest.mark.shows("002-01", "002-12", "S05")
def test_a_number_of_another_team_is_said_without_a_name_and_journaled(cast: Cast) -> None:
    owner = rocio(cast.ana)
    mine = actions.create_contact(by=cast.eva, first_name="Otra")
    tries: list[Callable[[], object]] = [
        lambda: rocio(cast.eva, document_number=""),
        lambda: rocio(cast.eva, points=[]),
        lambda: actions.add_point(mine.pk, by=cast.eva, value="0991651351", kind="whatsapp"),
        lambda: actions.edit_contact(mine.pk, by=cast.eva, points=[PointEntry(value="0991651351")]),
        lambda: actions.edit_contact(
            mine.pk, by=cast.eva, document_type=kind("py-ci"), document_number="4123456", first_name="Nadie"
        ),
    ]
    for number, attempt in enumerate(tries, start=1):
        with pytest.raises(OfAnotherTeam) as refusal:
            attempt()
        assert "Roc" not in str(refusal.value.fields) + refusal.value.message
        assert refusal.value.extra == {}
        asked = JournalEntry.objects.filter(verb="contact_of_another_team_asked", subject_id=str(owner.pk))
        assert (asked.count(), asked.latest("id").actor_id) == (number, cast.eva.pk)
    mine.refresh_from_db()
    assert (mine.first_name, mine.points.count(), mine.document_number) == ("Otra", 0, "")


@pytest.mark.shows("002-13")
def test_an_edit_writes_what_it_names_and_nothing_else(cast: Cast, django_capture_on_commit_callbacks: Any) -> None:
    contact = rocio(cast.ana)
    phone, mail = contact.points.order_by("id")
    read = ContactSheet.of(contact).version
    with django_capture_on_commit_callbacks() as announced:
        actions.edit_contact(
            contact.pk,
            by=cast.luis,
            version=read,
            first_name="Rocío del Pilar",
            points=[
                PointEntry(id=phone.pk), PointEntry(value="0981 555 444", is_primary=True), PointEntry(value="@rocio.py"),
            ],
        )  # fmt: skip
    assert ContactsChanged(contact_ids=(contact.pk,)) in [each.args[0] for each in announced]
    contact.refresh_from_db()
    assert (contact.first_name, contact.last_name, contact.document_number) == (
        "Rocío del Pilar", "Benítez Duarte", "4123456",
    )  # fmt: skip
    assert contact.search_text.split("\n")[0] == "rocio del pilar benitez duarte"
    assert set(contact.points.values_list("kind", "normalised", "is_primary")) == {
        ("phone", "+595991651351", False), ("phone", "+595981555444", True), ("instagram", "rocio.py", True),
    }  # fmt: skip
    assert not ContactPoint.objects.filter(pk=mail.pk).exists()
    edited = JournalEntry.objects.get(verb="contact_edited")
    assert edited.details["fields"] == ["first_name"]
    assert dict(edited.values.values_list("name", "value")) == {
        "first_name_before": "Rocío", "first_name_after": "Rocío del Pilar",
    }  # fmt: skip
    # The first one's version is not what is there any more.
    with pytest.raises(Stale):
        actions.edit_contact(contact.pk, by=cast.ana, version=read, first_name="Otra")
    # The same again is no edit.
    count = JournalEntry.objects.count()
    actions.edit_contact(contact.pk, by=cast.luis, first_name="Rocío del Pilar", is_vip=False)
    assert JournalEntry.objects.count() == count


@pytest.mark.shows("002-01", "S01")
def test_another_teams_contact_is_not_there_and_nobody_without_the_right_writes(cast: Cast) -> None:
    contact = rocio(cast.ana)
    point = contact.points.first()
    address = actions.add_address(contact.pk, AddressEntry(line="Calle 1"), by=cast.ana)
    note = actions.write_note(contact.pk, "Prefiere la tarde", by=cast.ana)
    tag = Tag.objects.create(name="Moroso", folded_name="moroso")
    group = ContactGroup.objects.create(name="Todos", folded_name="todos")
    count = JournalEntry.objects.count()
    attempts: list[Callable[[User], object]] = [
        lambda by: actions.edit_contact(contact.pk, by=by, first_name="X"),
        lambda by: actions.add_point(contact.pk, by=by, value="0981555444"),
        lambda by: actions.remove_point(point.pk, by=by),
        lambda by: actions.make_primary(point.pk, by=by),
        lambda by: actions.add_address(contact.pk, AddressEntry(line="Calle 2"), by=by),
        lambda by: actions.edit_address(address.pk, AddressEntry(line="Calle 2"), by=by),
        lambda by: actions.remove_address(address.pk, by=by),
        lambda by: actions.write_note(contact.pk, "X", by=by),
        lambda by: actions.edit_note(note.pk, "X", by=by),
        lambda by: actions.delete_note(note.pk, by=by),
        lambda by: actions.set_tags(contact.pk, [tag], by=by),
        lambda by: actions.add_tag(contact.pk, tag, by=by),
        lambda by: actions.remove_tag(contact.pk, tag.pk, by=by),
        lambda by: actions.join_group(contact.pk, group.pk, by=by),
        lambda by: actions.leave_group(contact.pk, group.pk, by=by),
        lambda by: actions.record_consent(contact.pk, by=by, medium="", is_given=True, source="X"),
        lambda by: actions.forbid_contact(contact.pk, by=by),
        lambda by: actions.block_contact(contact.pk, by=by),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound):
            attempt(cast.eva)
    Group.objects.get(name="agent").permissions.remove(Permission.objects.get(codename="edit_contacts"))
    blind = User.objects.get(pk=cast.ana.pk)
    for attempt in attempts:
        with pytest.raises(NotAllowed):
            attempt(blind)
    with pytest.raises(NotAllowed):
        rocio(blind)
    contact.refresh_from_db()
    assert (contact.first_name, contact.points.count(), contact.do_not_contact) == ("Rocío", 2, False)
    assert (JournalEntry.objects.count(), ContactTag.objects.count(), Consent.objects.count()) == (count, 0, 0)


def test_a_merged_contact_is_not_written_on_any_more(cast: Cast) -> None:
    survivor, gone = rocio(cast.ana), actions.create_contact(by=cast.ana, first_name="Roci")
    Contact.objects.filter(pk=gone.pk).update(merged_into=survivor)
    with pytest.raises(IsMerged) as refusal:
        actions.edit_contact(gone.pk, by=cast.ana, first_name="X")
    assert refusal.value.extra == {"contact_id": survivor.pk}
    # What the merged one has is the survivor's: nobody is made a second time of it.
    ContactPoint.objects.filter(normalised="rocio@example.com").update(contact=gone)
    with pytest.raises(DuplicateContact) as duplicate:
        actions.create_contact(by=cast.ana, first_name="R", points=[PointEntry(value="rocio@example.com")])
    assert duplicate.value.extra["contact"]["id"] == survivor.pk


@pytest.mark.shows("002-05")
def test_points_come_and_go_and_one_of_each_kind_is_first(cast: Cast) -> None:
    contact = rocio(cast.ana)
    second = actions.add_point(contact.pk, by=cast.ana, value="0981555444")
    assert actions.add_point(contact.pk, by=cast.ana, value="+595 981 555444").pk == second.pk
    # The same line on another channel is another way to the same person.
    whatsapp = actions.add_point(contact.pk, by=cast.ana, value="0981555444", kind="whatsapp")
    assert whatsapp.pk != second.pk
    actions.make_primary(second.pk, by=cast.ana)
    actions.make_primary(second.pk, by=cast.ana)
    assert list(contact.points.filter(kind="phone", is_primary=True)) == [second]
    actions.remove_point(second.pk, by=cast.ana)
    assert contact.points.get(kind="phone").is_primary
    assert verbs(contact).count("contact_point_put_first") == 1
    with pytest.raises(Invalid):
        actions.add_point(contact.pk, by=cast.ana, value="PY.123", kind="webchat")


def test_a_point_that_conversations_went_through_stays(cast: Cast) -> None:
    conversation = factories.taken_conversation(cast)
    with pytest.raises(PointInUse):
        actions.remove_point(conversation.contact_point_id, by=cast.ana)
    with pytest.raises(PointInUse):
        actions.edit_contact(conversation.contact_id, by=cast.ana, first_name="X", points=[])
    conversation.contact.refresh_from_db()
    assert (conversation.contact.first_name, conversation.contact.points.count()) == ("", 1)


@pytest.mark.shows("B-10")
def test_a_refusal_tells_no_number_to_who_may_not_see_them(cast: Cast) -> None:
    point = factories.taken_conversation(cast).contact_point
    for group in cast.ana.groups.all():
        group.permissions.remove(factories.permission("see_numbers"))
    with pytest.raises(PointInUse) as refused:
        actions.remove_point(point.pk, by=User.objects.get(pk=cast.ana.pk))
    assert not re.search(r"[0-9]{4}", re.sub(r"[ +]", "", str(refused.value.fields)))
    with pytest.raises(PointInUse) as told:
        actions.remove_point(point.pk, by=cast.luis)
    assert point.shown in str(told.value.fields)


def test_a_company_that_was_deleted_since_it_was_chosen_is_refused_at_its_field(cast: Cast) -> None:
    company = Company.objects.create(name="Efímera", sort_name="efimera")
    chosen = Company.objects.get(pk=company.pk)
    company.delete()
    with pytest.raises(Invalid) as refused:
        actions.create_contact(by=cast.ana, first_name="Rocío", company=chosen)
    assert [*refused.value.fields] == ["company"]
    assert not Contact.objects.filter(first_name="Rocío").exists()


def test_contacts_are_shared_in_the_order_in_which_everybody_holds_them(cast: Cast) -> None:
    # Each new share holds its contact: out of order, whoever stores messages of two of them and this one would wait for each other.
    contacts = [Contact.objects.create(first_name=name) for name in ("Ada", "Bea", "Cleo")]
    with CaptureQueriesContext(connection) as asked:
        share_with_teams((each.pk, cast.team.pk) for each in reversed(contacts))
    assert "ORDER BY new.contact_id" in asked[0]["sql"]
    rows = Contact.teams.through.objects.filter(contact__in=contacts).order_by("pk")
    assert list(rows.values_list("contact_id", flat=True)) == [each.pk for each in contacts]


@pytest.mark.shows("002-05")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ana@example.com", "email"), ("0981 123 456", "phone"), ("+55 11 91234-5678", "phone"), ("wa.me/595981123456", "whatsapp"),
        ("https://instagram.com/fibra.sur/", "instagram"), ("@fibra.sur", "instagram"), ("m.me/fibrasur", "messenger"), ("Juan", ""), ("", ""),
        ("12", ""), ("x" * 500, ""),
    ],
)  # fmt: skip
def test_the_kind_of_a_point_is_told_from_what_was_typed(text: str, expected: str) -> None:
    assert reaching.detect_kind(text) == expected


def test_a_paste_is_parted_at_lines_and_signs_but_not_inside_a_number() -> None:
    pasted = "0981 123 456; ana@example.com,\n +55 11 91234-5678\tana@example.com | @x"
    assert reaching.split_pasted(pasted) == ["0981 123 456", "ana@example.com", "+55 11 91234-5678", "@x"]


@pytest.mark.shows("002-08", "002-18")
def test_a_renamed_company_is_found_on_all_its_contacts(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contacts.actions.companies.AT_ONCE", 2)
    company = actions.create_company(
        CompanySheet(name="Fibra Sur", document_type=kind("py-ruc"), document_number="80028061-0"), by=cast.ana
    )
    people = [actions.create_contact(by=cast.ana, first_name=f"P{each}", company=company) for each in range(5)]
    actions.add_address(people[0].pk, AddressEntry(line="Palma 1"), by=cast.ana)
    alone = actions.create_contact(by=cast.ana, first_name="Sola")
    # One that a channel made has one line only.
    Contact.objects.filter(pk=people[4].pk).update(search_text="p4")
    with pytest.raises(NotAllowed):
        actions.edit_company(company.pk, CompanySheet(name="Otra"), by=cast.ana)
    actions.edit_company(company.pk, CompanySheet(name="Óptica & Cía \\1"), by=cast.admin)
    for each in people:
        each.refresh_from_db()
        assert each.company_sort_name == "optica & cia \\1"
        assert each.search_text.split("\n")[:2] == [each.sort_name, "optica & cia \\1"]
    assert people[0].search_text.split("\n")[2:] == ["palma 1"]
    alone.refresh_from_db()
    assert alone.company_sort_name == ""
    actions.archive_company(company.pk, by=cast.admin)
    with pytest.raises(Invalid):
        actions.create_contact(by=cast.ana, first_name="Tarde", company=Company.objects.get(pk=company.pk))
    # Whoever has it keeps it.
    actions.edit_contact(people[1].pk, by=cast.ana, company=Company.objects.get(pk=company.pk), first_name="Pedro")


@pytest.mark.shows("002-08")
def test_a_company_of_a_known_document_leads_to_the_one_there_is(cast: Cast) -> None:
    sheet = CompanySheet(name="Fibra Sur", document_type=kind("py-ruc"), document_number="80028061-0")
    first = actions.create_company(sheet, by=cast.ana)
    with pytest.raises(CompanyKnown) as refusal:
        actions.create_company(sheet, by=cast.eva)
    assert refusal.value.extra["company"]["id"] == first.pk
    with pytest.raises(Invalid) as invalid:
        actions.create_company(
            CompanySheet(name=" ", document_type=kind("py-ci"), document_number="123456"), by=cast.ana
        )
    assert set(invalid.value.fields) == {"name", "document_type"}


@pytest.mark.shows("002-20")
def test_addresses_keep_one_main_one_and_the_words_people_are_found_by(cast: Cast) -> None:
    contact = rocio(cast.ana)
    first = actions.add_address(contact.pk, AddressEntry(line="Palma 123", district="Centro"), by=cast.ana)
    second = actions.add_address(contact.pk, AddressEntry(line="Colón 45", is_primary=True), by=cast.ana)
    assert actions.add_address(contact.pk, AddressEntry(line="Colón 45"), by=cast.ana) == second
    first.refresh_from_db()
    assert (first.is_primary, second.is_primary) == (False, True)
    actions.remove_address(second.pk, by=cast.ana)
    first.refresh_from_db()
    contact.refresh_from_db()
    assert (first.is_primary, contact.search_text.split("\n")[2:]) == (True, ["palma 123 centro"])
    with pytest.raises(Invalid) as refusal:
        actions.edit_address(first.pk, AddressEntry(line="", postal_code="9" * 21), by=cast.ana)
    assert set(refusal.value.fields) == {"line", "postal_code"}
    assert verbs(contact)[-3:] == ["address_added", "address_added", "address_removed"]


@pytest.mark.shows("001-27", "001-28")
def test_tags_and_groups_by_hand(cast: Cast) -> None:
    contact = rocio(cast.ana)
    tags = [Tag.objects.create(name=name, folded_name=name) for name in ("a", "b")]
    actions.set_tags(contact.pk, tags, by=cast.ana)
    actions.add_tag(contact.pk, tags[0], by=cast.ana)
    actions.remove_tag(contact.pk, tags[0].pk, by=cast.ana)
    assert list(contact.tags.all()) == [tags[1]]
    assert verbs(contact).count("contact_tags_changed") == 2
    theirs = ContactGroup.objects.create(name="De otros", folded_name="de otros")
    theirs.teams.add(cast.other_team)
    ours = ContactGroup.objects.create(name="Todos", folded_name="todos")
    rule = ContactGroup.objects.create(name="Regla", folded_name="regla", kind="rule", rule={"vip": "1"})
    with pytest.raises(NotFound):
        actions.join_group(contact.pk, theirs.pk, by=cast.ana)
    with pytest.raises(Invalid):
        actions.join_group(contact.pk, rule.pk, by=cast.ana)
    for _twice in range(2):
        actions.join_group(contact.pk, ours.pk, by=cast.ana)
    assert GroupMember.objects.filter(contact=contact).count() == 1
    for _twice in range(2):
        actions.leave_group(contact.pk, ours.pk, by=cast.ana)
    assert not GroupMember.objects.exists()
    assert [each for each in verbs(contact) if "group" in each] == ["contact_grouped", "contact_ungrouped"]


@pytest.mark.shows("001-30")
def test_notes_are_their_teams_and_their_authors_to_change(cast: Cast) -> None:
    contact = rocio(cast.admin, teams=[cast.team, cast.other_team])
    note = actions.write_note(contact.pk, "Prefiere la tarde", by=cast.ana)
    assert note.team == cast.team
    assert list(ContactNote.objects.visible_to(cast.luis)) == [note]
    assert list(ContactNote.objects.visible_to(cast.eva)) == []
    with pytest.raises(NotFound):
        actions.edit_note(note.pk, "X", by=cast.eva)
    with pytest.raises(NotAllowed):
        actions.edit_note(note.pk, "X", by=cast.luis)
    actions.edit_note(note.pk, "Prefiere la mañana", by=cast.ana)
    note.refresh_from_db()
    assert (note.text, note.edited_at is not None) == ("Prefiere la mañana", True)
    with pytest.raises(Invalid):
        actions.write_note(contact.pk, "  ", by=cast.ana)
    actions.delete_note(note.pk, by=cast.ana)
    assert [each for each in verbs(contact) if "note" in each] == [
        "contact_note_written", "contact_note_edited", "contact_note_deleted",
    ]  # fmt: skip
    assert "tarde" not in str(list(JournalEntry.objects.values_list("details", flat=True)))


def test_consent_is_only_ever_added_to_and_what_is_forbidden_stays_so(cast: Cast) -> None:
    contact = rocio(cast.ana)
    for is_given in (True, True, False):
        actions.record_consent(contact.pk, by=cast.ana, medium="whatsapp", is_given=is_given, source="Por teléfono")
    assert list(Consent.objects.values_list("is_given", flat=True)) == [False, True]
    contact.teams.add(cast.other_team)
    people = Contact.objects.filter(pk=contact.pk).values("pk")
    # Somebody of another team who sees the contact too learns what counts, not who of the others wrote it down.
    assert [(each["is_given"], each["by"]) for each in consent_rows(people, cast.luis)] == [(False, "Ana Gómez")]
    assert [(each["is_given"], each["by"]) for each in consent_rows(people, cast.eva)] == [(False, "")]
    with pytest.raises(Invalid) as refusal:
        actions.record_consent(contact.pk, by=cast.ana, medium="paloma", is_given=True, source=" ")
    assert set(refusal.value.fields) == {"medium", "source"}
    for _twice in range(2):
        actions.forbid_contact(contact.pk, by=cast.ana, reason="Lo pidió")
        actions.block_contact(contact.pk, by=cast.ana)
    contact.refresh_from_db()
    assert (contact.do_not_contact, contact.blocked) == (True, True)
    actions.allow_contact(contact.pk, by=cast.ana)
    actions.unblock_contact(contact.pk, by=cast.ana)
    assert verbs(contact)[-4:] == ["contact_forbidden", "contact_blocked", "contact_allowed", "contact_unblocked"]


def test_the_renaming_statement_says_what_the_action_says(cast: Cast) -> None:
    """The lines written set-wise are those that `search_text_of` writes."""
    company = actions.create_company(CompanySheet(name="Uno"), by=cast.ana)
    contact = rocio(cast.ana, company=company, addresses=[AddressEntry(line="A 1"), AddressEntry(line="B 2")])
    actions.edit_company(company.pk, CompanySheet(name="Dos"), by=cast.admin)
    with connection.cursor() as cursor:
        cursor.execute("SELECT search_text FROM contacts_contact WHERE id = %s", [contact.pk])
        (written,) = cursor.fetchone()
    actions.edit_contact(contact.pk, by=cast.ana, is_vip=True)
    contact.refresh_from_db()
    assert written == contact.search_text
