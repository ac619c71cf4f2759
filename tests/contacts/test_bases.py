"""Bases and lots: made, edited, filled, turned on and off; who joins, and what the database refuses by itself."""

from __future__ import annotations

from functools import partial

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from contacts.actions.associating import Associated, BaseClosed, associate_contacts, associate_lot
from contacts.actions.bases import BaseSheet, NotReady, change_base_state, create_base, edit_base
from contacts.actions.lots import add_to_lot, archive_lot, create_lot, rename_lot, restore_lot
from contacts.actions.members import BaseNotActive, take_next_member
from contacts.models import BaseMember, Contact, Lot, LotContact
from core.models import JournalEntry
from core.refusals import Invalid, NotFound
from core.versions import Stale
from tests.contacts.members import base_of, broken, people, their_base
from tests.factories import Cast
from tests.witness import nothing_happens, refused

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


def test_of_whoever_was_joined_the_one_that_stands_is_shown_to_a_new_team_too(cast: Cast) -> None:
    base = base_of(cast, 1)
    old = BaseMember.objects.get(base=base).contact
    (survivor,) = people(1, teams=[cast.team])
    Contact.objects.filter(pk=old.pk).update(merged_into=survivor)
    both = frozenset({cast.team.pk, cast.other_team.pk})
    edit_base(base.pk, sheet=BaseSheet(name=base.name, team_ids=both), by=cast.admin)
    assert set(Contact.objects.visible_to(cast.eva)) == {old, survivor}


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
