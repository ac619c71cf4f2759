"""Bases and lots: made, edited, filled, turned on and off; who joins, who is told they may not, and what the database refuses by itself."""

from __future__ import annotations

import datetime
import uuid
from functools import partial

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from contacts import tasks
from contacts.actions.associating import Associated, BaseClosed, associate_contacts, associate_lot
from contacts.actions.attempts import record_attempt
from contacts.actions.bases import BaseSheet, NotReady, change_base_state, create_base, edit_base
from contacts.actions.consenting import allow_contact, block_contact, forbid_contact, unblock_contact
from contacts.actions.lots import add_to_lot, archive_lot, create_lot, rename_lot, restore_lot
from contacts.actions.members import (
    BaseNotActive,
    PromiseNeedsTime,
    begin_member,
    finish_member,
    release_member,
    suppress_members,
    take_next_member,
)
from contacts.actions.slices import SLICE_BITS, count_everything_touched, count_touched, counts_now, counts_of
from contacts.models import Attempt, BaseMember, BaseSlice, Contact, ContactBase, Lot, LotContact, SliceTouch
from core.models import JournalEntry
from core.refusals import Invalid, NotFound
from core.versions import Stale
from tests.concurrency import all_well, together
from tests.contacts.members import base_of, broken, outcome, people, their_base, worked
from tests.factories import Cast, agent_of
from tests.witness import nothing_happens, refused

State = BaseMember.State


def states(base: ContactBase) -> list[str]:
    return list(BaseMember.objects.filter(base=base).order_by("pk").values_list("state", flat=True))


# ── Bases


def test_a_base_is_made_edited_and_journaled(cast: Cast) -> None:
    sheet = BaseSheet(name="Renovación", team_ids=frozenset({cast.team.pk}), max_attempts=3)
    base = create_base(sheet, by=cast.luis)
    assert (base.state, base.folded_name) == ("draft", "renovacion")
    changed = BaseSheet(name="Renovación 2", team_ids=sheet.team_ids, max_attempts=None)
    edit_base(base.pk, sheet=changed, by=cast.luis, version=sheet.version)
    with nothing_happens():
        edit_base(base.pk, sheet=changed, by=cast.luis)
    with refused(Stale):
        edit_base(base.pk, sheet=sheet, by=cast.luis, version=sheet.version)
    verbs = JournalEntry.objects.filter(subject_type="contacts.contactbase").values_list("verb", flat=True)
    assert sorted(verbs) == ["base_created", "base_edited"]


def test_names_are_one_whatever_their_accents_and_teams_are_ones_own(cast: Cast) -> None:
    create_base(BaseSheet(name="Renovación", team_ids=frozenset({cast.team.pk})), by=cast.luis)
    for sheet in (
        BaseSheet(name="RENOVACION", team_ids=frozenset({cast.team.pk})),
        BaseSheet(name="Otra", team_ids=frozenset({cast.other_team.pk})),
        BaseSheet(name="Otra"),
        BaseSheet(name=" ", team_ids=frozenset({cast.team.pk})),
        BaseSheet(name="Otra", team_ids=frozenset({cast.team.pk}), max_attempts=0),
    ):
        with refused(Invalid):
            create_base(sheet, by=cast.luis)
    assert create_base(BaseSheet(name="De nadie"), by=cast.admin).teams.count() == 0


def test_a_base_goes_only_where_its_state_leads(cast: Cast) -> None:
    base = create_base(BaseSheet(name="Vacía", team_ids=frozenset({cast.team.pk})), by=cast.luis)
    with refused(NotReady):
        change_base_state(base.pk, state="active", by=cast.luis)
    with refused(NotReady):
        change_base_state(base.pk, state="paused", by=cast.luis)
    associate_contacts(base.pk, [each.pk for each in people(1, teams=[cast.team])], by=cast.luis)
    for state in ("active", "paused", "active", "closed"):
        change_base_state(base.pk, state=state, by=cast.luis)
    with nothing_happens():
        change_base_state(base.pk, state="closed", by=cast.luis)
    for state in ("active", "draft", "nonsense"):
        with refused(NotReady):
            change_base_state(base.pk, state=state, by=cast.luis)
    with refused(BaseNotActive):
        take_next_member(base.pk, by=cast.ana)
    with refused(BaseClosed):
        associate_contacts(base.pk, [each.pk for each in people(0, teams=[cast.team])], by=cast.luis)


def test_a_team_that_comes_to_work_a_base_sees_its_contacts(cast: Cast) -> None:
    base = base_of(cast, 2)
    assert not Contact.objects.visible_to(cast.eva).exists()
    both = frozenset({cast.team.pk, cast.other_team.pk})
    edit_base(base.pk, sheet=BaseSheet(name=base.name, team_ids=both), by=cast.admin)
    assert Contact.objects.visible_to(cast.eva).count() == 2
    # Luis does not see the other team: what he saves leaves it there.
    edit_base(base.pk, sheet=BaseSheet(name="Con otro nombre", team_ids=frozenset({cast.team.pk})), by=cast.luis)
    assert set(base.teams.values_list("pk", flat=True)) == both


# ── Who joins


def test_everybody_who_is_to_join_is_counted_once(cast: Cast) -> None:
    base = base_of(cast, 0)
    plain, silent, blocked, old, survivor = people(5, teams=[cast.team])
    Contact.objects.filter(pk=silent.pk).update(do_not_contact=True)
    Contact.objects.filter(pk=blocked.pk).update(blocked=True)
    Contact.objects.filter(pk=old.pk).update(merged_into=survivor)
    ids = [each.pk for each in (plain, silent, blocked, old, survivor)]
    done = associate_contacts(base.pk, ids, by=cast.luis)
    assert done == Associated(added=2, already=0, suppressed=2, merged=1)
    assert associate_contacts(base.pk, ids, by=cast.luis) == Associated(added=0, already=4, suppressed=0, merged=1)
    joined = BaseMember.objects.filter(base=base).values_list("contact_id", "state")
    assert dict(joined) == {
        plain.pk: "unprocessed",
        silent.pk: "suppressed",
        blocked.pk: "suppressed",
        survivor.pk: "unprocessed",
    }
    assert broken() == {}


def test_whoever_is_in_a_base_under_a_contact_that_was_joined_is_in_it(cast: Cast) -> None:
    base = base_of(cast, 1)
    old = BaseMember.objects.get(base=base).contact
    (survivor,) = people(1, teams=[cast.team])
    Contact.objects.filter(pk=old.pk).update(merged_into=survivor)
    assert associate_contacts(base.pk, [survivor.pk], by=cast.luis).already == 1
    assert associate_contacts(base.pk, [old.pk], by=cast.luis).already == 1


@pytest.mark.shows("S09")
def test_nobody_puts_a_contact_into_a_base_or_takes_one_they_do_not_see(cast: Cast) -> None:
    base, theirs = base_of(cast, 1), their_base(cast)
    (mine,), (foreign,) = people(1, teams=[cast.team]), people(1, teams=[cast.other_team])
    with refused(NotFound):
        associate_contacts(theirs.pk, [mine.pk], by=cast.luis)
    with refused(NotFound):
        # One that is not his spoils the whole: nothing happened to the other either.
        associate_contacts(base.pk, [mine.pk, foreign.pk], by=cast.luis)
    with refused(NotFound):
        take_next_member(theirs.pk, by=cast.ana)
    lot = create_lot("Ajeno", team_ids=frozenset({cast.other_team.pk}), by=cast.admin)
    with refused(NotFound):
        associate_lot(base.pk, lot.pk, by=cast.luis)
    with refused(NotFound):
        associate_lot(theirs.pk, lot.pk, by=cast.luis)


@pytest.mark.shows("S05")
def test_a_lot_brings_only_contacts_that_one_sees(cast: Cast) -> None:
    base = base_of(cast, 0)
    lot = create_lot("Feria", team_ids=frozenset({cast.team.pk, cast.other_team.pk}), by=cast.admin)
    mine, foreign = people(3, teams=[cast.team]), people(2, teams=[cast.other_team])
    add_to_lot(lot.pk, [each.pk for each in mine + foreign], by=cast.admin)
    assert associate_lot(base.pk, lot.pk, by=cast.luis) == Associated(added=3)
    assert associate_lot(base.pk, lot.pk, by=cast.luis) == Associated(already=3)
    assert set(BaseMember.objects.filter(base=base).values_list("lot", flat=True)) == {lot.pk}
    assert JournalEntry.objects.filter(verb="members_added", details__lot_id=lot.pk).count() == 1


def test_a_lot_goes_in_by_chunks_and_loses_nobody(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contacts.actions.associating.LOT_CHUNK", 3)
    base = base_of(cast, 0)
    lot = create_lot("Feria", team_ids=frozenset({cast.team.pk}), by=cast.luis)
    for many in (3, 4):
        add_to_lot(lot.pk, [each.pk for each in people(many, teams=[cast.team])], by=cast.luis)
        associate_lot(base.pk, lot.pk, by=cast.luis)
    assert BaseMember.objects.filter(base=base).count() == 7


# ── Lots


def test_a_lot_is_filled_once_renamed_put_away_and_brought_back(cast: Cast) -> None:
    lot = create_lot("Feria", team_ids=frozenset({cast.team.pk}), by=cast.luis)
    ids = [each.pk for each in people(3, teams=[cast.team])]
    assert (add_to_lot(lot.pk, ids[:2], by=cast.luis).added, add_to_lot(lot.pk, ids, by=cast.luis).already) == (2, 2)
    assert Lot.objects.get().totals == {"contacts": 3}
    assert LotContact.objects.filter(lot=lot).count() == 3
    rename_lot(lot.pk, name="Feria de mayo", by=cast.luis)
    archive_lot(lot.pk, by=cast.luis)
    with nothing_happens():
        archive_lot(lot.pk, by=cast.luis)
    assert not Lot.objects.live().exists()
    restore_lot(lot.pk, by=cast.luis)
    assert Lot.objects.live().get().name == "Feria de mayo"
    for refusal in (partial(rename_lot, lot.pk, name=" "), partial(create_lot, "", team_ids=frozenset())):
        with refused(Invalid):
            refusal(by=cast.luis)
    (foreign,) = people(1, teams=[cast.other_team])
    for act in (partial(add_to_lot, lot.pk, [foreign.pk]), partial(add_to_lot, lot.pk + 99, [])):
        with refused(NotFound):
            act(by=cast.luis)
    with refused(NotFound):
        add_to_lot(lot.pk, [], by=cast.eva)


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


def test_two_who_count_at_once_never_count_one_slice_together(cast: Cast) -> None:
    """The negative control of the rule: a slice that is counted wrong, without a touch, is found."""
    base = base_of(cast, 2)
    count_everything_touched()
    assert broken() == {}
    BaseSlice.objects.update(counts={"unprocessed": 99})
    assert "a slice that nothing touched since is what its members are" in broken()
    assert base.pk


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


# ── What the database refuses by itself


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "reserved"},
        {"reserved_from": "unprocessed"},
        {"state": "scheduled"},
        {"state": "closed", "due_at": "now()"},
    ],
    ids=str,
)
def test_the_database_refuses_what_no_action_does(cast: Cast, changes: dict[str, object]) -> None:
    base_of(cast, 1)
    written = {name: timezone.now() if value == "now()" else value for name, value in changes.items()}
    with pytest.raises(IntegrityError), transaction.atomic():
        BaseMember.objects.update(**written)


def test_one_live_member_of_a_contact_and_one_reservation_each(cast: Cast) -> None:
    base = base_of(cast, 2)
    first, second = BaseMember.objects.filter(base=base).order_by("pk")
    with pytest.raises(IntegrityError), transaction.atomic():
        BaseMember.objects.create(base=base, contact=first.contact)
    until = {"state": "reserved", "reserved_until": timezone.now(), "reserved_from": "unprocessed"}
    BaseMember.objects.filter(pk=first.pk).update(reserved_by=cast.ana, **until)
    with pytest.raises(IntegrityError), transaction.atomic():
        BaseMember.objects.filter(pk=second.pk).update(reserved_by=cast.ana, **until)


def test_rewriting_most_of_a_base_stays_on_its_pages(transactional_db: None) -> None:
    """What recycling does to a row touches no index: PostgreSQL counts such updates itself."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = 'contacts_basemember'")
        definitions = " ".join(definition for (definition,) in cursor.fetchall())
    for column in ("state", "cycle", "attempts", "last_", "first_contact_at"):
        assert column not in definitions, definitions


def test_the_rules_of_bases_are_among_those_looked_at_every_night(
    cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    base_of(cast, 1)
    BaseMember.objects.update(attempts=3)
    assert "a member's attempts are the counting ones of its cycle" in broken()
    with pytest.raises(SystemExit):
        call_command("check_invariants")
    assert "a member's attempts are the counting ones of its cycle" in capsys.readouterr().out


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
