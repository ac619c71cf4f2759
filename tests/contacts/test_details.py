"""What is kept about a contact: addresses, tags and groups, notes, consent and restrictions."""

from __future__ import annotations

import pytest

from contacts import actions
from contacts.actions.merging import merge_contacts
from contacts.actions.parting import part_contacts
from contacts.models import Address, Consent, Contact, ContactGroup, ContactNote, GroupMember, Tag
from contacts.rows import consent_rows
from contacts.sheets import AddressEntry
from core.models import JournalEntry
from core.refusals import Invalid, NotAllowed, NotFound
from tests.contacts.people import rocio, verbs
from tests.factories import Cast

pytestmark = pytest.mark.usefixtures("document_types")


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


@pytest.mark.shows("002-20", "B-08")
def test_what_a_joined_contact_has_is_changed_through_who_stands_for_it_and_parted_with_it(cast: Cast) -> None:
    contact = rocio(cast.ana)
    other = actions.create_contact(by=cast.ana, first_name="Rosa", addresses=[AddressEntry(line="Palma 123")])
    own = actions.add_address(contact.pk, AddressEntry(line="Colón 45"), by=cast.ana)
    note = actions.write_note(other.pk, "Prefiere la tarde", by=cast.ana)
    address = Address.objects.get(contact=other)
    joined = merge_contacts(contact.pk, merged_id=other.pk, by=cast.luis)
    actions.edit_note(note.pk, "Prefiere la mañana", by=cast.ana)
    with pytest.raises(NotAllowed):
        actions.edit_note(note.pk, "X", by=cast.luis)
    with pytest.raises(NotFound):
        actions.delete_note(note.pk, by=cast.eva)
    actions.edit_address(address.pk, AddressEntry(line="Cerro Corá 77"), by=cast.ana)
    with pytest.raises(NotFound):
        actions.edit_address(address.pk, AddressEntry(line="X"), by=cast.eva)
    second = Address.objects.create(contact=other, line="De paso 9")
    actions.remove_address(second.pk, by=cast.ana)
    contact.refresh_from_db()
    assert {"colon 45", "cerro cora 77"} <= set(contact.search_text.split("\n"))
    assert "palma 123" not in contact.search_text
    for each, line in ((own, "Colón 45"), (address, "Cerro Corá 77")):
        each.refresh_from_db()
        assert (each.line, each.is_primary) == (line, True), "each is still its own contact's main one"
    assert ContactNote.objects.get().contact == other
    assert verbs(other)[-3:] == ["contact_note_edited", "address_edited", "address_removed"]
    part_contacts(joined.pk, by=cast.luis)
    for each in (contact, other):
        each.refresh_from_db()
    assert "cerro cora 77" not in contact.search_text
    assert "colon 45" in contact.search_text
    assert other.search_text.split("\n")[2:] == ["cerro cora 77"]
    actions.delete_note(note.pk, by=cast.ana)


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
