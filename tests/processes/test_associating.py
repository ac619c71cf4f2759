"""Asociar por lote and Desasociar: whom a lot brings into a base, and who leaves it by lot, by outcome or both (003-18 … 003-21)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from contacts.actions.bases import change_base_state
from contacts.actions.lots import add_to_lot, create_lot
from contacts.actions.merging import merge_contacts
from contacts.models import BaseMember, Contact, ContactBase, Lot
from processes.actions.asking import ask_for_run, freeze
from processes.actions.steering import undo_run
from processes.catalogue import process_of
from processes.models import Run
from tests.contacts.members import base_of, people
from tests.factories import Cast
from tests.processes.runs import adds_up, attempt, carried_out, outcome, picture, results, started

Browse = Callable[[User], Client]


def lot_of(cast: Cast, contacts: list[Contact], name: str = "Lote") -> Lot:
    lot = create_lot(name, team_ids=frozenset({cast.team.pk}), by=cast.luis)
    add_to_lot(lot.pk, [each.pk for each in contacts], by=cast.luis)
    return lot


def previewed(kind: str, *, by: User, **said: Any) -> Run:
    run = ask_for_run(process_of(kind), said, submission=uuid.uuid4(), by=by)
    assert freeze(run.pk)
    run.refresh_from_db()
    return run


def associated(base: ContactBase, lot: Lot, *, by: User) -> Run:
    return carried_out(started(previewed("associating", base=base.pk, lot=lot.pk, by=by), by=by))


def detaching(
    base: ContactBase, *, by: User, lots: Sequence[Lot] = (), outcomes: Sequence[Any] = (), every: bool = False
) -> Run:
    return previewed(
        "detaching", base=base.pk, lots=[each.pk for each in lots], outcomes=[each.pk for each in outcomes], from_every_lot=every, by=by
    )  # fmt: skip


@pytest.mark.shows("003-18", "S64")
def test_all_contacts_of_a_lot_become_members_and_nobody_twice(cast: Cast) -> None:
    base, contacts = base_of(cast, 0), people(5, teams=[cast.team])
    Contact.objects.filter(pk=contacts[4].pk).update(do_not_contact=True)
    lot = lot_of(cast, contacts)
    associated(base, lot_of(cast, contacts[:2], "Antes"), by=cast.luis)
    run = previewed("associating", base=base.pk, lot=lot.pk, by=cast.luis)
    assert (run.total, run.expected, run.preview) == (5, 3, {"already": 2})
    run = carried_out(started(run, by=cast.luis))
    assert (run.state, run.applied, run.skipped) == ("done", 3, 2)
    members = BaseMember.objects.filter(base=base)
    assert sorted(members.values_list("contact_id", flat=True)) == [each.pk for each in contacts]
    # Who must not be contacted is in the base, out of reach.
    assert members.get(contact=contacts[4]).state == "suppressed"
    assert members.get(contact=contacts[3]).lot == lot
    adds_up(run)
    # Again: nobody is doubled.
    assert previewed("associating", base=base.pk, lot=lot.pk, by=cast.luis).expected == 0


@pytest.mark.shows("003-18")
def test_one_person_is_one_member_and_only_who_is_seen_joins(cast: Cast) -> None:
    base, (one, two, three) = base_of(cast, 0), people(3, teams=[cast.team])
    (theirs,) = people(1, teams=[cast.other_team])
    lot = create_lot("De todos", team_ids=frozenset({cast.team.pk}), by=cast.admin)
    add_to_lot(lot.pk, [one.pk, two.pk, three.pk, theirs.pk], by=cast.admin)
    merge_contacts(one.pk, merged_id=two.pk, by=cast.admin)
    run = associated(base, lot, by=cast.luis)
    assert (run.total, run.applied) == (2, 2)
    assert set(BaseMember.objects.filter(base=base).values_list("contact_id", flat=True)) == {one.pk, three.pk}
    adds_up(run)


@pytest.mark.shows("003-18")
def test_whoever_joined_meanwhile_or_finds_the_base_closed_is_told(cast: Cast) -> None:
    base, contacts = base_of(cast, 0), people(3, teams=[cast.team])
    lot = lot_of(cast, contacts)
    run = started(previewed("associating", base=base.pk, lot=lot.pk, by=cast.luis), by=cast.luis)
    BaseMember.objects.create(base=base, contact=contacts[0])
    run = carried_out(run)
    assert (run.applied, run.reasons) == (2, {"already": 1})
    other = base_of(cast, 1)
    run = started(previewed("associating", base=other.pk, lot=lot.pk, by=cast.luis), by=cast.luis)
    change_base_state(other.pk, state="closed", by=cast.luis)
    run = carried_out(run)
    assert (run.state, run.applied, run.reasons) == ("done", 0, {"base_closed": 3})


@pytest.mark.shows("003-19")
def test_only_bases_and_lots_that_one_may_use_can_be_chosen(cast: Cast, browse: Browse) -> None:
    base, closed = base_of(cast, 1), base_of(cast, 1)
    change_base_state(closed.pk, state="closed", by=cast.luis)
    mine = lot_of(cast, people(1, teams=[cast.team]), "Mío")
    theirs = create_lot("Ajeno", team_ids=frozenset({cast.other_team.pk}), by=cast.admin)
    for kind in ("associating", "detaching"):
        form = browse(cast.luis).get(reverse("process", args=[kind])).context["form"]
        assert set(form.fields["base"].queryset) == {base}
        assert set(form.fields["lot" if kind == "associating" else "lots"].queryset) == {mine}
    said = {"submission": str(uuid.uuid4()), "base": base.pk, "lot": theirs.pk}
    assert browse(cast.luis).post(reverse("process", args=["associating"]), said).status_code == 400


@pytest.mark.shows("003-20")
def test_a_lots_records_leave_but_for_who_another_lot_holds(cast: Cast) -> None:
    base, contacts = base_of(cast, 1), people(4, teams=[cast.team])
    first, second = lot_of(cast, contacts[:3], "Uno"), lot_of(cast, contacts[2:], "Dos")
    # In the lot's own right, but no lot of this base: it holds nobody here.
    lot_of(cast, contacts, "Ajeno a la base")
    associated(base, first, by=cast.luis)
    associated(base, second, by=cast.luis)
    run = detaching(base, lots=[first], by=cast.luis)
    assert (run.total, run.expected, run.preview) == (3, 2, {"in_another_lot": 1})
    every = detaching(base, lots=[first], every=True, by=cast.luis)
    assert (every.expected, every.preview) == (3, {})
    run = carried_out(started(run, by=cast.luis))
    gone = BaseMember.objects.filter(base=base, state="detached").values_list("contact_id", flat=True)
    assert set(gone) == {contacts[0].pk, contacts[1].pk}
    adds_up(run)


@pytest.mark.shows("003-21", "S64")
def test_records_leave_by_outcome_and_both_filters_and_together(cast: Cast) -> None:
    base, contacts = base_of(cast, 0), people(6, teams=[cast.team])
    lot = lot_of(cast, contacts[:5])
    associated(base, lot, by=cast.luis)
    BaseMember.objects.create(base=base, contact=contacts[5])
    busy, wrong, other = outcome("Ocupado"), outcome("Equivocado"), outcome("Vendido")
    members = list(BaseMember.objects.filter(base=base).order_by("contact_id"))
    for member, last, state in zip(
        members,
        [busy, wrong, other, busy, busy, busy],
        ["retry", "closed", "retry", "in_progress", "suppressed", "retry"],
        strict=True,
    ):
        attempt(member, user=cast.ana, typification=last)
        BaseMember.objects.filter(pk=member.pk).update(last_typification=last, state=state, attempts=1)
    run = detaching(base, outcomes=[busy, wrong], by=cast.luis)
    assert (run.total, run.expected, run.preview) == (5, 3, {"in_hands": 1, "do_not_contact": 1})
    both = detaching(base, lots=[lot], outcomes=[busy, wrong], by=cast.luis)
    assert {target for target, (result, _r) in results(both).items() if result == "pending"} == {
        members[0].pk,
        members[1].pk,
    }
    before = picture(base)
    run = carried_out(started(run, by=cast.luis))
    assert [each.state for each in BaseMember.objects.filter(base=base).order_by("contact_id")] == [
        "detached", "detached", "retry", "in_progress", "suppressed", "detached"
    ]  # fmt: skip
    # Their history stays.
    assert picture(base)["attempts"] == before["attempts"]
    adds_up(run)
    # Who joined again since is in the base by another row: that one stays.
    BaseMember.objects.create(base=base, contact=contacts[5])
    undo_run(run.pk, by=cast.luis)
    run = carried_out(run)
    assert (run.state, run.undone, run.kept) == ("undone", 2, 1)
    assert [each.state for each in BaseMember.objects.filter(pk__in=[each.pk for each in members]).order_by("contact_id")] == [
        "retry", "closed", "retry", "in_progress", "suppressed", "detached"
    ]  # fmt: skip
    adds_up(run)


@pytest.mark.shows("003-21")
def test_without_a_lot_or_an_outcome_nobody_leaves(cast: Cast, browse: Browse) -> None:
    said = {"submission": str(uuid.uuid4()), "base": base_of(cast, 2).pk}
    answer = browse(cast.luis).post(reverse("process", args=["detaching"]), said)
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == ["lots"]
    assert not Run.objects.exists()


def test_their_previews_and_ends_are_shown(cast: Cast, browse: Browse) -> None:
    base, contacts = base_of(cast, 0), people(3, teams=[cast.team])
    lot = lot_of(cast, contacts, "Feria de noviembre")
    client = browse(cast.luis)
    run = previewed("associating", base=base.pk, lot=lot.pk, by=cast.luis)
    page = client.get(reverse("run", args=[run.pk])).content.decode()
    assert contacts[0].name in page
    assert lot.name in page
    carried_out(started(run, by=cast.luis))
    leaving = detaching(base, lots=[lot], by=cast.luis)
    assert contacts[0].name in client.get(reverse("run", args=[leaving.pk])).content.decode()
    carried_out(started(leaving, by=cast.luis))
    for each in (run, leaving):
        assert lot.name in client.get(reverse("run", args=[each.pk])).content.decode()
