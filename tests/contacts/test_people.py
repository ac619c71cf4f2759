"""Making and editing contacts, and whose a number or a document is already."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from contacts import actions
from contacts.actions import CompanySheet
from contacts.actions.identifying import share_with_teams
from contacts.errors import DuplicateContact, IsMerged, OfAnotherTeam
from contacts.events import ContactsChanged
from contacts.models import Consent, Contact, ContactGroup, ContactPoint, ContactTag, FieldDefinition, Tag
from contacts.sheets import AddressEntry, ContactSheet, PointEntry
from core.models import JournalEntry, JournalValue
from core.refusals import Invalid, NotAllowed, NotFound
from core.versions import Stale
from tests.contacts.people import kind, rocio, verbs
from tests.factories import Cast

pytestmark = pytest.mark.usefixtures("document_types")


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


def test_contacts_are_shared_in_the_order_in_which_everybody_holds_them(cast: Cast) -> None:
    # Each new share holds its contact: out of order, whoever stores messages of two of them and this one would wait for each other.
    contacts = [Contact.objects.create(first_name=name) for name in ("Ada", "Bea", "Cleo")]
    with CaptureQueriesContext(connection) as asked:
        share_with_teams((each.pk, cast.team.pk) for each in reversed(contacts))
    assert "ORDER BY new.contact_id" in asked[0]["sql"]
    rows = Contact.teams.through.objects.filter(contact__in=contacts).order_by("pk")
    assert list(rows.values_list("contact_id", flat=True)) == [each.pk for each in contacts]
