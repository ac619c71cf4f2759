"""Bases at work: attempts, many at once, who asks not to be contacted, and what time brings back."""

from __future__ import annotations

import datetime
import uuid
from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone

from contacts import tasks
from contacts.actions.associating import associate_contacts
from contacts.actions.attempts import record_attempt
from contacts.actions.bases import BaseSheet, edit_base
from contacts.actions.consenting import allow_contact, block_contact, forbid_contact, unblock_contact
from contacts.actions.members import (
    PromiseNeedsTime,
    begin_member,
    finish_member,
    release_member,
    suppress_members,
    take_next_member,
)
from contacts.actions.merging import merge_contacts
from contacts.actions.parting import part_contacts
from contacts.actions.slices import SLICE_BITS, count_everything_touched, count_touched, counts_now, counts_of, touch
from contacts.models import Attempt, BaseMember, BaseSlice, Contact, SliceTouch
from core.models import JournalEntry
from tests.concurrency import all_well, together
from tests.contacts.members import base_of, broken, outcome, people, states, worked
from tests.factories import Cast, agent_of
from tests.witness import nothing_happens, refused

# ── Attempts


def test_an_interaction_told_twice_is_one_attempt_and_late_ones_overwrite_nothing(cast: Cast) -> None:
    member = BaseMember.objects.get(base=base_of(cast, 1))
    now, interaction = timezone.now(), uuid.uuid4()
    again, uncounted = outcome("Otra vez"), outcome("No cuenta", counts_as_attempt=False)
    told = partial(record_attempt, member.pk, medium="call", interaction_id=interaction, at=now)
    assert told(by=cast.ana).is_new
    assert not told(by=cast.ana, typification=again).is_new
    with nothing_happens():
        told(by=cast.ana, typification=again)
    record_attempt(member.pk, medium="chat", by=cast.luis, typification=uncounted, at=now - datetime.timedelta(days=1))
    member.refresh_from_db()
    assert (member.attempts, Attempt.objects.count()) == (1, 2)
    assert (member.last_user, member.last_typification, member.last_contact_at) == (cast.ana, again, now)
    assert member.first_contact_at == now - datetime.timedelta(days=1)
    assert broken() == {}


def test_an_outcome_that_does_not_count_takes_the_attempt_back(cast: Cast) -> None:
    member = BaseMember.objects.get(base=base_of(cast, 1))
    interaction = uuid.uuid4()
    record_attempt(member.pk, medium="call", by=cast.ana, interaction_id=interaction)
    wrong = outcome("No cuenta", counts_as_attempt=False)
    record_attempt(member.pk, medium="call", by=cast.ana, interaction_id=interaction, typification=wrong)
    member.refresh_from_db()
    assert member.attempts == 0
    assert broken() == {}


def test_a_promise_is_made_for_a_time_to_come(cast: Cast) -> None:
    base = base_of(cast, 1)
    member = take_next_member(base.pk, by=cast.ana)
    assert member is not None
    begin_member(member.pk, by=cast.ana)
    again = outcome("Otra vez")
    with refused(PromiseNeedsTime):
        finish_member(
            member.pk,
            by=cast.ana,
            typification=again,
            medium="call",
            interaction_id=uuid.uuid4(),
            due_at=timezone.now() - datetime.timedelta(minutes=1),
        )


# ── At once


@pytest.mark.django_db(transaction=True)
def test_many_take_the_next_at_once_and_each_gets_another(committed_cast: Cast) -> None:
    agents = [committed_cast.ana, *(agent_of(committed_cast, f"agente{n}") for n in range(7))]
    base = base_of(committed_cast, len(agents) + 1)
    got = all_well(together([partial(take_next_member, base.pk, by=each) for each in agents]))
    assert len({each.pk for each in got if each is not None}) == len(agents)
    assert {each.reserved_by_id for each in got if each is not None} == {each.pk for each in agents}
    # Asked again, each has the same one.
    again = all_well(together([partial(take_next_member, base.pk, by=each) for each in agents]))
    assert [each.pk for each in again if each] == [each.pk for each in got if each]
    assert broken() == {}


@pytest.mark.django_db(transaction=True)
def test_one_agents_double_click_reserves_one(committed_cast: Cast) -> None:
    base = base_of(committed_cast, 5)
    got = all_well(together([partial(take_next_member, base.pk, by=committed_cast.ana)] * 6))
    assert len({each.pk for each in got if each}) == 1
    assert states(base).count("reserved") == 1


@pytest.mark.django_db(transaction=True)
def test_asking_not_to_be_contacted_while_joining_leaves_nobody_within_reach(committed_cast: Cast) -> None:
    base = base_of(committed_cast, 0)
    everybody = people(12, teams=[committed_cast.team])

    def ask(contact: Contact) -> int:
        with transaction.atomic():
            Contact.objects.filter(pk=contact.pk).update(do_not_contact=True)
            return suppress_members([contact.pk], by=None)

    join = partial(associate_contacts, base.pk, [each.pk for each in everybody], by=committed_cast.luis)
    all_well(together([join, join, *(partial(ask, each) for each in everybody)]))
    assert broken() == {}
    assert states(base) == ["suppressed"] * 12


@pytest.mark.django_db(transaction=True)
def test_counting_while_people_work_never_leaves_a_wrong_count(committed_cast: Cast) -> None:
    agents = [committed_cast.ana, *(agent_of(committed_cast, f"agente{n}") for n in range(3))]
    base, again = base_of(committed_cast, 30), outcome("Otra vez")

    def work(agent: object) -> None:
        for _ in range(6):
            worked(base, by=agent, typification=again)  # type: ignore[arg-type]  # a user

    def count() -> None:
        for _ in range(25):
            count_touched(base.pk)

    all_well(together([*(partial(work, each) for each in agents), count, count]))
    expected = {state: states(base).count(state) for state in set(states(base))}
    # Without writing anything, whatever was counted and whatever not yet.
    assert counts_now(base.pk) == expected
    count_everything_touched()
    assert counts_now(base.pk) == expected
    assert not SliceTouch.objects.exists()
    assert broken() == {}
    assert counts_of([base.pk])[base.pk] == {state: states(base).count(state) for state in set(states(base))}


def test_a_slice_that_was_counted_wrong_without_a_touch_is_found(cast: Cast) -> None:
    """The negative control of the rule that the tests above ask of `broken`."""
    base_of(cast, 2)
    count_everything_touched()
    assert broken() == {}
    BaseSlice.objects.update(counts={"unprocessed": 99})
    assert "a slice that nothing touched since is what its members are" in broken()


# ── Do not contact


def test_who_asks_not_to_be_contacted_is_out_of_reach_in_every_base_at_once(cast: Cast) -> None:
    first, second = base_of(cast, 1), base_of(cast, 0)
    contact = BaseMember.objects.get(base=first).contact
    (twin,) = people(1, teams=[cast.team])
    associate_contacts(second.pk, [twin.pk], by=cast.luis)
    Contact.objects.filter(pk=twin.pk).update(merged_into=contact)
    take_next_member(first.pk, by=cast.ana)
    forbid_contact(contact.pk, by=cast.luis)
    assert (states(first), states(second)) == (["suppressed"], ["suppressed"])
    assert take_next_member(first.pk, by=cast.ana) is None
    block_contact(contact.pk, by=cast.luis)
    allow_contact(contact.pk, by=cast.luis)
    assert states(first) == ["suppressed"]
    unblock_contact(contact.pk, by=cast.luis)
    assert (states(first), states(second)) == (["unprocessed"], ["unprocessed"])
    assert broken() == {}


def test_who_was_joined_with_somebody_who_asked_it_is_not_offered(cast: Cast) -> None:
    base = base_of(cast, 2)
    first = BaseMember.objects.filter(base=base).order_by("pk")[0]
    (survivor,) = people(1, teams=[cast.team])
    Contact.objects.filter(pk=survivor.pk).update(do_not_contact=True)
    Contact.objects.filter(pk=first.contact_id).update(merged_into=survivor)
    taken = take_next_member(base.pk, by=cast.ana)
    assert taken is not None
    assert taken.pk != first.pk
    assert states(base) == ["suppressed", "reserved"]


@pytest.mark.shows("S05", "S09")
def test_nobody_is_given_a_member_whose_contact_left_their_teams(cast: Cast) -> None:
    base = base_of(cast, 3)
    count_everything_touched()
    first, second, third = BaseMember.objects.filter(base=base).order_by("pk")
    first.contact.teams.set([cast.other_team])
    taken = take_next_member(base.pk, by=cast.ana)
    assert taken == second
    # Whom she has in hand leaves her teams: it goes back for others, and she is given the next.
    second.contact.teams.set([cast.other_team])
    taken = take_next_member(base.pk, by=cast.ana)
    assert taken == third
    assert states(base) == ["unprocessed", "unprocessed", "reserved"]
    assert [each.subject_id for each in JournalEntry.objects.filter(verb="member_released", actor_id=cast.ana.pk)] == [
        str(second.pk)
    ]
    third.contact.teams.set([])
    assert take_next_member(base.pk, by=cast.ana) is None
    # Also when nothing was counted, and for who was promised or tried: a question of its own each.
    BaseMember.objects.filter(pk=first.pk).update(state="retry")
    BaseMember.objects.filter(pk=second.pk).update(state="scheduled", due_at=timezone.now())
    touch([(base.pk, first.pk), (base.pk, second.pk)])
    assert take_next_member(base.pk, by=cast.ana) is None
    count_everything_touched()
    assert take_next_member(base.pk, by=cast.ana) is None
    assert take_next_member(base.pk, by=cast.admin) == second
    assert broken() == {}


@pytest.mark.shows("B-08")
def test_whoever_stands_for_two_says_whether_both_may_be_contacted(cast: Cast) -> None:
    base = base_of(cast, 1)
    (member,) = BaseMember.objects.filter(base=base)
    (survivor,) = people(1, teams=[cast.team])
    forbid_contact(member.contact_id, by=cast.luis)
    joined = merge_contacts(survivor.pk, merged_id=member.contact_id, by=cast.luis)
    assert states(base) == ["suppressed"]
    block_contact(survivor.pk, by=cast.luis)
    allow_contact(survivor.pk, by=cast.luis)
    assert take_next_member(base.pk, by=cast.ana) is None
    unblock_contact(survivor.pk, by=cast.luis)
    assert states(base) == ["unprocessed"]
    assert take_next_member(base.pk, by=cast.ana) == member
    # What is said while they are one is said by both.
    block_contact(survivor.pk, by=cast.luis)
    assert states(base) == ["suppressed"]
    part_contacts(joined.pk, by=cast.luis)
    people_now = Contact.objects.filter(pk__in=[survivor.pk, member.contact_id])
    assert set(people_now.values_list("do_not_contact", "blocked")) == {(False, True)}
    assert broken() == {}


# ── Time


def test_what_was_reserved_for_too_long_goes_back_by_itself(cast: Cast) -> None:
    base = base_of(cast, 2)
    first = take_next_member(base.pk, by=cast.ana)
    take_next_member(base.pk, by=cast.luis)
    assert first is not None
    BaseMember.objects.filter(pk=first.pk).update(reserved_until=timezone.now() - datetime.timedelta(seconds=1))
    assert tasks.release_overdue_members() == 1
    assert tasks.release_overdue_members() == 0
    assert states(base) == ["unprocessed", "reserved"]
    assert tasks.count_slices() == 1
    assert JournalEntry.objects.filter(verb="member_timed_out").count() == 1


def test_who_manages_bases_gives_back_what_somebody_left(cast: Cast) -> None:
    base = base_of(cast, 1)
    member = take_next_member(base.pk, by=cast.ana)
    assert member is not None
    assert release_member(member.pk, by=cast.luis).state == "unprocessed"


def test_nobody_above_the_limit_is_offered_until_it_is_raised(cast: Cast) -> None:
    base, again = base_of(cast, 1, max_attempts=1), outcome("Otra vez")
    worked(base, by=cast.ana, typification=again)
    assert take_next_member(base.pk, by=cast.ana) is None
    sheet = BaseSheet(name=base.name, team_ids=frozenset({cast.team.pk}), max_attempts=2)
    edit_base(base.pk, sheet=sheet, by=cast.luis)
    assert take_next_member(base.pk, by=cast.ana) is not None


# ── Beyond the first slice


def test_members_of_other_slices_are_found_too(cast: Cast) -> None:
    base = base_of(cast, 2)
    last = BaseMember.objects.latest("pk")
    BaseMember.objects.filter(pk=last.pk).update(id=last.pk + (5 << SLICE_BITS))
    SliceTouch.objects.create(base=base, number=(last.pk >> SLICE_BITS) + 5)
    first = take_next_member(base.pk, by=cast.ana)
    second = take_next_member(base.pk, by=cast.luis)
    assert {first.pk if first else 0, second.pk if second else 0} == set(
        BaseMember.objects.values_list("pk", flat=True)
    )
