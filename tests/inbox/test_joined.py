"""R10 whole: one contact for one line in any form; two that a person joins are one from then on, and two again when parted."""

from __future__ import annotations

from typing import Any

import pytest

from config import wiring
from connectors.kinds import ChannelKind
from connectors.messages import Identity
from contacts.actions import identify
from contacts.actions.groups import refresh_group
from contacts.actions.merging import merge_contacts
from contacts.actions.parting import part_contacts
from contacts.actions.suggesting import dismiss_suggestion, look_for_twins, note_twins
from contacts.models import Contact, ContactGroup, ContactPoint, ContactTag, GroupMember, MergeSuggestion, Tag
from core.refusals import NotAllowed, NotFound
from inbox.actions.assignment import take_conversation
from inbox.actions.closing import close_conversation
from inbox.actions.copies import renew_contact_copies, sort_out_parted
from inbox.actions.receiving import receive_messages
from inbox.api.finding import of_contact
from inbox.models import Conversation
from tests.contacts.people import person, phone_of, state_of
from tests.factories import ROCIO, WABA_ID, Cast, inbound, leaf
from tests.invariants import check_invariants

OTHER = "595981222333"
FORMS = {
    "Brazil with and without its ninth digit": ("5511961234567", "551161234567"),
    "Argentina with and without its 9": ("5491123456789", "541123456789"),
    "Mexico with and without its 1": ("525512345678", "5215512345678"),
    "Paraguay": ("595991651351", "595991651351"),
}
LANDLINES = ("551132345678", "541143219876", "59521606060")


def who(phone: str | None, *, business_id: str | None = None, name: str = "") -> Identity:
    return Identity(phone=phone, business_id=business_id, portfolio=WABA_ID, profile_name=name)


def writes(cast: Cast, sender: Identity, text: str = "Hola") -> Conversation:
    receive_messages(cast.account, [inbound(text, sender=sender)])
    return Conversation.objects.filter(messages__text=text).latest("pk")


@pytest.mark.shows("R10", "B-08")
@pytest.mark.parametrize("forms", FORMS.values(), ids=list(FORMS))
def test_one_line_in_any_form_is_one_contact(cast: Cast, forms: tuple[str, str]) -> None:
    for form in forms:
        writes(cast, who(form))
    assert Contact.objects.count() == 1
    assert not MergeSuggestion.objects.exists()


@pytest.mark.shows("R10")
@pytest.mark.parametrize("number", LANDLINES)
def test_a_landline_is_left_as_it_is(cast: Cast, number: str) -> None:
    writes(cast, who(number))
    assert ContactPoint.objects.get().value == number


@pytest.mark.shows("R10")
def test_an_identifier_alone_and_later_with_its_number_is_one_contact(cast: Cast) -> None:
    for sender in (who(None, business_id="PY.1"), who(ROCIO, business_id="PY.1"), who(ROCIO)):
        writes(cast, sender)
    assert Contact.objects.count() == 1
    assert not MergeSuggestion.objects.exists()


@pytest.mark.shows("R10", "B-08")
def test_two_that_arrive_together_are_suggested_once(cast: Cast) -> None:
    number, identifier = writes(cast, who(ROCIO)).contact, writes(cast, who(None, business_id="PY.1"), "Buenas").contact
    for _again in range(3):
        writes(cast, who(ROCIO, business_id="PY.1"))
    assert Contact.objects.count() == 2, "joining them is a person's decision"
    suggestion = MergeSuggestion.objects.get()
    assert (suggestion.first, suggestion.second, suggestion.reason) == (number, identifier, "together")


@pytest.mark.shows("R10", "B-08", "001-34")
def test_late_messages_of_either_find_the_survivor(cast: Cast) -> None:
    first, second = writes(cast, who(ROCIO, name="Rocío")), writes(cast, who(OTHER, name="Ro"), "Buenas")
    merge_contacts(first.contact_id, merged_id=second.contact_id, by=cast.luis)
    for phone in (ROCIO, OTHER, ROCIO):
        found = identify([who(phone)], kind=ChannelKind.WHATSAPP)[who(phone)]
        assert found.contact.pk == first.contact_id
    writes(cast, who(OTHER), "Tarde")
    assert Conversation.objects.get(messages__text="Tarde") == second, "a conversation goes on where it is held"
    assert Contact.objects.count() == 2
    assert Conversation.objects.count() == 2
    check_invariants()


@pytest.mark.shows("R10")
def test_late_messages_find_the_end_of_a_chain(cast: Cast) -> None:
    a, b, c = (writes(cast, who(phone), phone).contact for phone in (ROCIO, OTHER, "595981444555"))
    merge_contacts(a.pk, merged_id=b.pk, by=cast.luis)
    merge_contacts(c.pk, merged_id=a.pk, by=cast.luis)
    for phone in (ROCIO, OTHER, "595981444555"):
        assert identify([who(phone)], kind=ChannelKind.WHATSAPP)[who(phone)].contact == c


@pytest.mark.shows("B-08")
def test_all_of_a_person_is_read_as_one(cast: Cast, rf: object) -> None:
    first, second = writes(cast, who(ROCIO, name="Rocío")), writes(cast, who(OTHER, name="Ro"), "Buenas")
    merge_contacts(first.contact_id, merged_id=second.contact_id, by=cast.luis)
    renew_contact_copies(second.contact_id)
    second.refresh_from_db()
    assert (second.contact_name, second.contact_id != first.contact_id) == ("Rocío", True)

    class Asking:
        user = cast.luis

    assert set(of_contact(Asking(), second)) == {first, second}  # type: ignore[arg-type]  # only its user is asked for


@pytest.mark.shows("B-08", "001-13", "001-28")
def test_joining_and_parting_make_live_rows_and_groups_by_rule_new_at_once(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    first, second = writes(cast, who(ROCIO, name="Rocío")), writes(cast, who(OTHER, name="Ro"), "Buenas")
    tag = Tag.objects.create(name="Promo", folded_name="promo")
    ContactTag.objects.create(contact=second.contact, tag=tag)
    group = ContactGroup.objects.create(name="Promo", folded_name="promo", kind="rule", rule={"tag": [str(tag.pk)]})
    refresh_group(group.pk)
    monkeypatch.setattr(wiring, "delay", lambda task, argument: task(argument))

    def seen() -> tuple[set[int], list[int]]:
        members = set(GroupMember.objects.filter(group=group).values_list("contact_id", flat=True))
        versions = Conversation.objects.filter(pk__in=[first.pk, second.pk]).order_by("pk")
        return members, list(versions.values_list("version", flat=True))

    members, versions = seen()
    assert members == {second.contact_id}
    with django_capture_on_commit_callbacks(execute=True):
        joined = merge_contacts(first.contact_id, merged_id=second.contact_id, by=cast.luis)
    members, after = seen()
    assert members == {first.contact_id}
    assert all(new > old for new, old in zip(after, versions, strict=True))
    with django_capture_on_commit_callbacks(execute=True):
        part_contacts(joined.pk, by=cast.luis)
    members, last = seen()
    assert members == {second.contact_id}
    assert all(new > old for new, old in zip(last, after, strict=True))


@pytest.mark.shows("B-08")
def test_what_began_while_they_were_one_goes_with_its_number(cast: Cast) -> None:
    rocio, other = (
        writes(cast, who(ROCIO, name="Rocío")).contact,
        phone_of(person(cast.team, first_name="Rosa"), OTHER).contact,
    )
    joined = merge_contacts(rocio.pk, merged_id=other.pk, by=cast.luis)
    close_all(cast)
    conversation = writes(cast, who(OTHER), "Tarde")
    assert conversation.contact_id == rocio.pk
    part_contacts(joined.pk, by=cast.luis)
    for each in (rocio.pk, other.pk):
        sort_out_parted(each)
    conversation.refresh_from_db()
    assert (conversation.contact, conversation.contact_name) == (other, "Rosa")
    assert sort_out_parted(rocio.pk) == sort_out_parted(other.pk) == 0
    check_invariants()


@pytest.mark.shows("B-08", "R09")
def test_a_message_that_comes_before_that_was_sorted_out_is_stored_where_it_belongs(cast: Cast) -> None:
    rocio, other = (
        writes(cast, who(ROCIO, name="Rocío")).contact,
        phone_of(person(cast.team, first_name="Rosa"), OTHER).contact,
    )
    joined = merge_contacts(rocio.pk, merged_id=other.pk, by=cast.luis)
    close_all(cast)
    conversation = writes(cast, who(OTHER), "Tarde")
    part_contacts(joined.pk, by=cast.luis)
    assert writes(cast, who(OTHER), "Más tarde") == conversation
    conversation.refresh_from_db()
    assert (conversation.contact, conversation.messages.count()) == (other, 2)
    assert writes(cast, who(ROCIO), "Otra cosa").contact == rocio
    check_invariants()


def close_all(cast: Cast) -> None:
    cast.campaign.allow_close_unanswered = True
    cast.campaign.save()
    for each in Conversation.objects.live():
        take_conversation(each.pk, by=cast.ana)
        close_conversation(each.pk, by=cast.ana, typification_id=leaf().pk, note="Listo")


# ── suggestions


@pytest.mark.shows("R10", "B-08")
def test_the_same_number_on_two_media_is_suggested(cast: Cast) -> None:
    called, wrote = person(cast.team, first_name="Rocío"), person(cast.team, first_name="Ro")
    phone_of(called, ROCIO, kind="phone"), phone_of(wrote, ROCIO)
    person(cast.team, first_name="Otra")
    assert note_twins([called.pk]) == 1
    assert note_twins([wrote.pk]) == 0, "the pair is known, whoever looks"
    suggestion = MergeSuggestion.objects.get()
    assert {suggestion.first, suggestion.second} == {called, wrote}
    assert suggestion.reason == "number"


@pytest.mark.shows("B-08")
def test_looking_for_twins_goes_through_all_in_steps_and_ends(cast: Cast) -> None:
    people = [person(cast.team, first_name=f"P{n}") for n in range(7)]
    phone_of(people[0], ROCIO, kind="phone"), phone_of(people[6], ROCIO)
    after: int | None = 0
    steps = 0
    while after is not None:
        after = look_for_twins(after, limit=3)
        steps += 1
    assert steps == 3
    assert MergeSuggestion.objects.count() == 1


@pytest.mark.shows("S09")
def test_only_who_sees_both_and_may_join_keeps_them_apart(cast: Cast) -> None:
    mine, foreign = person(cast.team, first_name="Rocío"), person(cast.other_team, first_name="Ro")
    phone_of(mine, ROCIO, kind="phone"), phone_of(foreign, ROCIO)
    note_twins([mine.pk])
    suggestion = MergeSuggestion.objects.get()
    with pytest.raises(NotFound):
        dismiss_suggestion(suggestion.pk, by=cast.luis)
    with pytest.raises(NotAllowed):
        dismiss_suggestion(suggestion.pk, by=cast.ana)
    suggestion.refresh_from_db()
    assert suggestion.dismissed_at is None
    dismiss_suggestion(suggestion.pk, by=cast.admin)
    note_twins([mine.pk])
    suggestion.refresh_from_db()
    assert (suggestion.dismissed_by, MergeSuggestion.objects.count()) == (cast.admin, 1)
    before = state_of(mine, foreign)
    assert before[mine.pk]["merged_into_id"] is None
