"""S62: after an erasure nothing names the person, anywhere; the law may refuse it, and who writes later is somebody new."""

from __future__ import annotations

from typing import IO

import orjson
import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

import privacy.tasks
from accounts.models import User
from contacts.actions.groups import GroupSheet, create_group, refresh_group
from contacts.actions.members import take_next_member
from contacts.actions.merging import merge_contacts
from contacts.actions.parting import part_contacts
from contacts.actions.slices import count_everything_touched, counts_of
from contacts.errors import BeingErased, IsMerged, UnderLegalHold
from contacts.models import Contact, ContactGroup, ContactPoint, DocumentType, GroupMember
from contacts.personal import whole_person
from core.models import JournalEntry, JournalValue
from core.personal import Part, Person, holders
from core.refusals import Invalid, NotAllowed, NotFound
from inbox.actions.receiving import receive_messages
from inbox.models import Conversation, Message, ParkedStatus
from privacy.actions import exporting
from privacy.actions.asking import asked_contact
from privacy.actions.erasing import AlreadyErased, ask_for_erasure, carry_out_erasure
from privacy.actions.exporting import ask_for_export, make_export
from privacy.actions.holding import lift_hold, place_hold
from privacy.models import Erasure, PersonExport
from privacy.views.people import ERASED
from tests import factories
from tests.concurrency import all_well, together
from tests.contacts.members import base_of, broken
from tests.contacts.people import person
from tests.factories import Cast, inbound
from tests.invariants import check_invariants
from tests.privacy.seeding import BSUID, IDENTIFYING, OTHER_PHONE, PHONE, places_naming, seed_person, told, webhook
from tests.witness import refused
from webhooks.models import Delivery

# What stays is a word of the company's own (a tag, a base, the name of a lot), and says nothing of anybody.
OF_THE_COMPANY = ("company", "tag", "group", "base", "lot")


def erase(cast: Cast, contact: Contact) -> Erasure:
    erasure = ask_for_erasure(contact.pk, by=cast.admin, confirmation=str(contact.pk))
    assert carry_out_erasure(erasure.pk)
    erasure.refresh_from_db()
    return erasure


@pytest.mark.shows("S62")
def test_nothing_names_the_person_anywhere_after_an_erasure(cast: Cast) -> None:
    seeded = seed_person(cast)
    made = ask_for_export(seeded.contact.pk, by=cast.admin)
    make_export(made.pk)
    seals = tuple(seal for place, seal in seeded.seals.items() if place not in OF_THE_COMPANY)
    assert len(seals) >= 30
    before = places_naming((*IDENTIFYING, *seals))
    assert len(before) >= 15, "the seals are where they were put"
    erasure = erase(cast, seeded.contact)
    assert places_naming((*IDENTIFYING, *seals)) == {}
    made.refresh_from_db()
    assert made.path == ""
    _folders, names = default_storage.listdir("exports")
    assert f"{made.pk.hex}.zip" not in names
    for path in seeded.files:
        assert not default_storage.exists(path)
    assert erasure.state == "done"
    # The page says what went in words, not by the names of our tables.
    assert set(erasure.counts) <= set(ERASED)
    assert not Message.objects.filter(conversation=seeded.conversation).exists()
    check_invariants()


@pytest.mark.shows("S62")
def test_others_keep_what_is_theirs(cast: Cast) -> None:
    seeded = seed_person(cast)
    text = Message.objects.get(conversation=seeded.bystander).text
    erase(cast, seeded.contact)
    assert Message.objects.get(conversation=seeded.bystander).text == text
    assert ContactPoint.objects.get(contact=seeded.bystander.contact).value == OTHER_PHONE
    bodies = [bytes(each.body) for each in Delivery.objects.all()]
    kept = [orjson.loads(body) for body in bodies if b"quedase" in body]
    (value,) = [each["entry"][0]["changes"][0]["value"] for each in kept]
    assert [each["from"] for each in value["messages"]] == [OTHER_PHONE]
    assert value["metadata"]["phone_number_id"] == factories.PHONE_NUMBER_ID


@pytest.mark.shows("S62")
def test_the_conversation_stays_with_its_outcome_and_the_journal_with_a_number(cast: Cast) -> None:
    seeded = seed_person(cast)
    entries = JournalEntry.objects.count()
    erase(cast, seeded.contact)
    conversation = Conversation.objects.get(pk=seeded.conversation.pk)
    assert (conversation.status, conversation.contact_id, conversation.contact_name) == (
        "closed",
        seeded.contact.pk,
        "",
    )
    assert JournalEntry.objects.count() >= entries, "entries stay; what they say of a person does not"
    entry = JournalEntry.objects.get(verb="person_erased")
    assert (entry.subject_id, entry.actor_label) == (str(seeded.contact.pk), "admin")


@pytest.mark.shows("S62")
def test_a_legal_hold_refuses_with_its_reason_and_nothing_is_touched(cast: Cast) -> None:
    seeded = seed_person(cast)
    # On the one that was merged: it is the same person.
    hold = place_hold(seeded.merged.pk, by=cast.admin, reason="Juzgado 4, expediente 12")
    before = places_naming(IDENTIFYING)
    with pytest.raises(UnderLegalHold, match="expediente 12"):
        ask_for_erasure(seeded.contact.pk, by=cast.admin, confirmation=str(seeded.contact.pk))
    assert not Erasure.objects.exists()
    assert places_naming(IDENTIFYING) == before
    lift_hold(hold.pk, by=cast.admin)
    erase(cast, seeded.contact)


@pytest.mark.shows("S62")
def test_a_hold_placed_while_an_erasure_waits_refuses_it(cast: Cast) -> None:
    seeded = seed_person(cast)
    erasure = ask_for_erasure(seeded.contact.pk, by=cast.admin, confirmation=str(seeded.contact.pk))
    place_hold(seeded.contact.pk, by=cast.admin, reason="Juzgado 4")
    assert not carry_out_erasure(erasure.pk)
    erasure.refresh_from_db()
    assert erasure.state == "refused"
    assert Message.objects.filter(conversation=seeded.conversation).exists()
    assert JournalEntry.objects.filter(verb="person_erasure_refused").count() == 1


@pytest.mark.shows("S62", "B-08")
def test_nobody_is_joined_or_parted_while_an_erasure_waits(cast: Cast) -> None:
    contact, twin, other = (person(cast.team, first_name=name) for name in ("Rocío", "Rocío", "Rosa"))
    joined = merge_contacts(contact.pk, merged_id=twin.pk, by=cast.admin)
    erasure = ask_for_erasure(contact.pk, by=cast.admin, confirmation=str(contact.pk))
    for survivor, merged in ((contact, other), (other, contact)):
        with refused(BeingErased):
            merge_contacts(survivor.pk, merged_id=merged.pk, by=cast.admin)
    with refused(BeingErased):
        part_contacts(joined.pk, by=cast.admin)
    assert carry_out_erasure(erasure.pk)
    erased = Contact.objects.filter(erased_at__isnull=False)
    assert set(erased.values_list("pk", "erasure_asked_at")) == {(contact.pk, None), (twin.pk, None)}
    other.refresh_from_db()
    assert (other.first_name, other.erased_at) == ("Rosa", None)


@pytest.mark.shows("S62", "B-08")
def test_whoever_is_not_erased_after_all_may_be_joined_again(cast: Cast) -> None:
    contact, other = person(cast.team, first_name="Rocío"), person(cast.team, first_name="Rosa")
    erasure = ask_for_erasure(contact.pk, by=cast.admin, confirmation=str(contact.pk))
    hold = place_hold(contact.pk, by=cast.admin, reason="Juzgado 4")
    assert not carry_out_erasure(erasure.pk)
    merge_contacts(other.pk, merged_id=contact.pk, by=cast.admin)
    # The law holds both by now: they are one person.
    with pytest.raises(UnderLegalHold):
        ask_for_erasure(other.pk, by=cast.admin, confirmation=str(other.pk))
    lift_hold(hold.pk, by=cast.admin)
    assert set(erase(cast, other).counts) >= {"contacts"}


@pytest.mark.shows("S62")
def test_a_rule_that_searched_for_the_person_alone_names_them_no_more(cast: Cast) -> None:
    contact = person(cast.team, first_name="Rocío Elena", last_name="Benítez")
    person(cast.team, first_name="Ramón", last_name="Benítez")
    searches = ("rocio benitez", "benitez", "asuncion")
    groups_by_rule = []
    for search in searches:
        sheet = GroupSheet(name=search, kind="rule", rule={"search": [search], "vip": ["0"]})
        groups_by_rule.append(create_group(sheet, by=cast.admin))
        refresh_group(groups_by_rule[-1].pk)
    assert GroupMember.objects.filter(contact=contact).count() == 2
    counts = erase(cast, contact).counts
    hers, shared, of_nobody = (ContactGroup.objects.get(pk=each.pk) for each in groups_by_rule)
    assert hers.rule == {"search": [f"erased-{contact.pk}"], "vip": ["0"]}
    assert hers.refreshed_at is None
    assert [shared.rule["search"], of_nobody.rule["search"]] == [["benitez"], ["asuncion"]]
    assert counts["rules"] == 1
    refresh_group(hers.pk)
    assert not GroupMember.objects.filter(group=hers).exists()
    assert not JournalValue.objects.filter(value="rocio benitez").exists()
    assert JournalValue.objects.filter(value="benitez").exists()


@pytest.mark.shows("S61", "S62")
def test_a_document_that_is_part_of_a_longer_number_names_nobody(cast: Cast) -> None:
    kind = DocumentType.objects.create(code="ci-corta", name="CI")
    contact = person(cast.team, first_name="Rocío", document_type=kind, document_number="1763801")
    theirs = told(OTHER_PHONE, "de otra") | {"timestamp": "1763801234"}
    mine = told(OTHER_PHONE, "mi cédula es 1763801.")
    Delivery.objects.create(body=orjson.dumps(webhook([theirs, mine])), processed_at=timezone.now())
    Delivery.objects.create(body=orjson.dumps(webhook([theirs])), processed_at=timezone.now())
    ParkedStatus.objects.create(
        channel_account=cast.account, provider_id="wamid.x", status="read", payload={"at": "1763801234"}
    )
    parts = [each for holder in holders() for each in holder.export(whole_person(contact.pk)) if isinstance(each, Part)]
    (delivered,) = next(list(each.rows) for each in parts if each.name == "deliveries")
    assert [each["text"]["body"] for each in delivered["pieces"]] == ["mi cédula es 1763801."]
    erase(cast, contact)
    bodies = [bytes(each).decode() for each in Delivery.objects.order_by("pk").values_list("body", flat=True)]
    assert ["de otra" in each for each in bodies] == [True, True]
    assert not any("mi cédula" in each for each in bodies)
    assert ParkedStatus.objects.count() == 1


@pytest.mark.shows("S62")
def test_bases_count_without_who_was_erased(cast: Cast) -> None:
    base = base_of(cast, 2)
    count_everything_touched()
    member = take_next_member(base.pk, by=cast.ana)
    assert member is not None
    count_everything_touched()
    erase(cast, member.contact)
    assert broken() == {}
    count_everything_touched()
    assert counts_of([base.pk]) == {base.pk: {"unprocessed": 1, "detached": 1}}


@pytest.mark.shows("S62")
def test_an_export_that_ends_after_the_erasure_is_not_kept(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    contact = person(cast.team, first_name="Rocío")
    export = ask_for_export(contact.pk, by=cast.admin)
    write_archive = exporting.write_archive

    def erased_meanwhile(file: IO[bytes], whose: Person) -> dict[str, int]:
        counts = write_archive(file, whose)
        erase(cast, contact)
        return counts

    monkeypatch.setattr(exporting, "write_archive", erased_meanwhile)
    assert not make_export(export.pk)
    export.refresh_from_db()
    assert (export.state, export.path) == ("refused", "")
    assert not default_storage.exists(f"exports/{export.pk.hex}.zip")
    assert not JournalEntry.objects.filter(verb="person_export_made").exists()


def test_a_request_that_fails_keeps_nobody_elses_from_their_turn(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    contact = person(cast.team, first_name="Rocío")
    ask_for_export(contact.pk, by=cast.admin)
    erasure = ask_for_erasure(contact.pk, by=cast.admin, confirmation=str(contact.pk))

    def broken_storage(_export_id: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(privacy.tasks, "make_export", broken_storage)
    assert privacy.tasks.sweep_requests() == 2
    erasure.refresh_from_db()
    assert erasure.state == "done"
    assert "no space left" in caplog.text


@pytest.mark.shows("S62", "S09")
def test_only_who_may_and_sees_them_erases_and_only_with_the_number_typed(cast: Cast) -> None:
    contact, foreign = person(cast.team, first_name="Rocío"), person(cast.other_team, first_name="Otra")
    luis = User.objects.get(pk=cast.luis.pk)
    with pytest.raises(NotAllowed):
        ask_for_erasure(contact.pk, by=luis, confirmation=str(contact.pk))
    luis.user_permissions.add(factories.permission("manage_privacy"))
    luis = User.objects.get(pk=luis.pk)
    with pytest.raises(NotFound):
        ask_for_erasure(foreign.pk, by=luis, confirmation=str(foreign.pk))
    for wrong in ("", "Rocío", str(contact.pk + 1)):
        with pytest.raises(Invalid):
            ask_for_erasure(contact.pk, by=luis, confirmation=wrong)
    assert not Erasure.objects.exists()
    assert Contact.objects.filter(first_name__in=["Rocío", "Otra"]).count() == 2


@pytest.mark.shows("S62")
def test_erasing_twice_is_refused_and_running_twice_changes_nothing(cast: Cast) -> None:
    seeded = seed_person(cast)
    asked = [
        ask_for_erasure(seeded.contact.pk, by=cast.admin, confirmation=str(seeded.contact.pk)) for _twice in range(2)
    ]
    assert asked[0].pk == asked[1].pk
    assert carry_out_erasure(asked[0].pk)
    assert not carry_out_erasure(asked[0].pk)
    with pytest.raises(AlreadyErased):
        ask_for_erasure(seeded.contact.pk, by=cast.admin, confirmation=str(seeded.contact.pk))
    assert JournalEntry.objects.filter(verb="person_erased").count() == 1


@pytest.mark.shows("S62")
def test_an_erasure_that_was_stopped_goes_on(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    seeded = seed_person(cast)
    erasure = ask_for_erasure(seeded.contact.pk, by=cast.admin, confirmation=str(seeded.contact.pk))
    with monkeypatch.context() as broken:
        broken.setattr("privacy.actions.erasing.finish", killed)
        with pytest.raises(KeyboardInterrupt):
            carry_out_erasure(erasure.pk)
    assert carry_out_erasure(erasure.pk)
    assert places_naming(IDENTIFYING) == {}


def killed(*_arguments: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.shows("S62")
def test_a_late_webhook_starts_a_fresh_contact(cast: Cast) -> None:
    seeded = seed_person(cast)
    erase(cast, seeded.contact)
    sender = factories.identity(phone=PHONE, business_id=BSUID, name="Rocío")
    receive_messages(cast.account, [inbound("Hola de nuevo", sender=sender)])
    conversation = Message.objects.get(text="Hola de nuevo").conversation
    assert conversation.pk != seeded.conversation.pk
    assert conversation.contact_id not in (seeded.contact.pk, seeded.merged.pk)
    assert ContactPoint.objects.filter(contact=conversation.contact).count() == 2
    assert Contact.objects.get(pk=seeded.contact.pk).name == ""
    check_invariants()


@pytest.mark.shows("S62")
def test_an_erasure_waits_for_a_delivery_that_is_on_its_way_in(cast: Cast) -> None:
    seeded = seed_person(cast)
    waiting = Delivery.objects.create(body=orjson.dumps(webhook([told(PHONE, "ahora")])))
    erasure = ask_for_erasure(seeded.contact.pk, by=cast.admin, confirmation=str(seeded.contact.pk))
    assert not carry_out_erasure(erasure.pk)
    assert Contact.objects.get(pk=seeded.contact.pk).erased_at is None
    Delivery.objects.filter(pk=waiting.pk).update(processed_at=timezone.now())
    assert carry_out_erasure(erasure.pk)
    assert places_naming(IDENTIFYING) == {}


@pytest.mark.shows("S62", "R09")
def test_at_once_with_a_message_it_is_either_erased_or_somebody_news(committed_cast: Cast) -> None:
    cast = committed_cast
    for _round in range(5):
        sender = factories.identity(phone=PHONE, name="Rocío")
        receive_messages(cast.account, [inbound("Antes", sender=sender)])
        contact = ContactPoint.objects.get(normalised=f"+{PHONE}").contact
        erasure = ask_for_erasure(contact.pk, by=cast.admin, confirmation=str(contact.pk))
        all_well(
            together(
                [
                    lambda erasure=erasure: carry_out_erasure(erasure.pk),
                    lambda sender=sender: receive_messages(cast.account, [inbound("A la vez", sender=sender)]),
                ]
            )
        )
        contact.refresh_from_db()
        assert contact.erased_at is not None
        assert not Message.objects.filter(conversation__contact=contact).exists()
        left = Message.objects.exclude(conversation__contact=contact)
        assert left.count() in (0, 1)
        for each in left.select_related("conversation__contact"):
            assert each.conversation.contact.name == "Rocío"
        for each in Conversation.objects.exclude(contact=contact):
            again = (
                ask_for_erasure(each.contact_id, by=cast.admin, confirmation=str(each.contact_id))
                if each.contact.erased_at is None
                else None
            )
            assert again is None or carry_out_erasure(again.pk)
        check_invariants()


@pytest.mark.shows("S61", "S62")
def test_of_one_export_there_is_one_row_whoever_clicks_twice(cast: Cast) -> None:
    contact = person(cast.team, first_name="Rocío")
    first = ask_for_export(contact.pk, by=cast.admin)
    assert ask_for_export(contact.pk, by=cast.admin).pk == first.pk
    assert PersonExport.objects.count() == 1


@pytest.mark.shows("S62")
def test_who_became_another_while_the_erasure_was_asked_for_is_not_erased_with_them(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, other = person(cast.team, first_name="Rocío"), person(cast.team, first_name="Rosa")

    def asked_and_joined(contact_id: int, *, by: User) -> Contact:
        found = asked_contact(contact_id, by=by)
        # Between our look and our turn.
        merge_contacts(other.pk, merged_id=asked.pk, by=cast.admin)
        return found

    monkeypatch.setattr("privacy.actions.erasing.asked_contact", asked_and_joined)
    with pytest.raises(IsMerged) as refusal:
        ask_for_erasure(asked.pk, by=cast.admin, confirmation=str(asked.pk))
    assert refusal.value.extra == {"contact_id": other.pk}
    assert not Erasure.objects.exists()
    assert not JournalEntry.objects.filter(verb="person_erasure_asked").exists()
