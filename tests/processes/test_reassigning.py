"""Reasignación de agendas (003-10, 003-11): whose are taken, who gets how many, what is left out and why, and the way back."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable

import pytest
from django.db.models import Count
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from campaigns.actions import add_agent
from campaigns.models import CampaignAgent
from contacts.models import Contact
from core.models import JournalEntry
from inbox.actions.calling_back import cancel_callback, finish_callback, remind_due
from inbox.events import CallbacksHandedOver
from inbox.models import Callback
from processes.actions.steering import undo_run
from processes.catalogue import process_of
from processes.models import RunItem
from tests.contacts.people import person
from tests.factories import Cast, agent_of
from tests.processes.promises import handing, many_promised, picture, promised
from tests.processes.runs import adds_up, carried_out, results, started
from tests.witness import announced

Browse = Callable[[User], Client]


def pending_of(*users: User) -> dict[int, int]:
    pending = Callback.objects.filter(owner__in=users, state="pending").order_by()
    return dict(pending.values_list("owner").annotate(n=Count("pk")))


@pytest.mark.shows("003-10", "003-11")
def test_only_pending_ones_with_an_owner_are_taken_and_nobody_elses(cast: Cast) -> None:
    eli, noe, tom = (agent_of(cast, name) for name in ("eli", "noe", "tom"))
    hers = [promised(cast, cast.ana) for _ in range(3)] + [promised(cast, eli)]
    promised(cast, None)
    promised(cast, noe)
    kept, cancelled = promised(cast, cast.ana), promised(cast, cast.ana)
    finish_callback(kept.pk, by=cast.ana)
    cancel_callback(cancelled.pk, by=cast.ana)
    theirs = promised(cast, cast.ana, campaign=cast.other_campaign, contact=person(cast.other_team))
    before = {row["id"]: row for row in picture()}
    run = handing(cast.ana, eli, to=[tom], by=cast.luis)
    assert {pk: reason for pk, (_result, reason) in results(run).items()} == {each.pk: "" for each in hers}
    run = carried_out(started(run, by=cast.luis))
    assert (run.applied, run.skipped) == (4, 0)
    for each in Callback.objects.all():
        was = before[each.pk]
        assert each.owner_id == (tom.pk if each.pk in {one.pk for one in hers} else was["owner_id"])
        assert (each.due_at, each.state, each.kind) == (was["due_at"], was["state"], was["kind"])
    theirs.refresh_from_db()
    assert theirs.owner == cast.ana
    entry = JournalEntry.objects.get(verb="callbacks_handed_over")
    assert (entry.subject_id, entry.actor_id) == (str(tom.pk), cast.luis.pk)
    assert entry.details == {"callbacks": sorted(each.pk for each in hers)}
    adds_up(run)


@pytest.mark.shows("003-11")
@pytest.mark.parametrize("seed", range(4))
def test_the_load_that_is_shown_first_is_the_load_that_comes_of_it(cast: Cast, seed: int) -> None:
    sources = [cast.ana, agent_of(cast, "eli")]
    targets = [agent_of(cast, name) for name in ("noe", "tom", "sol")]
    for owner, n in zip(targets, (0, seed * 3, 2), strict=True):
        for _ in range(n):
            promised(cast, owner)
    many_promised(cast, sources, 20 + seed, seed=seed)
    one, two = (handing(*sources, to=targets, by=cast.luis) for _ in range(2))
    planned = [
        dict(RunItem.objects.filter(run=run).order_by("target").values_list("target", "after__owner"))
        for run in (one, two)
    ]
    # The same question, the same answer.
    assert planned[0] == planned[1]
    effect = process_of("reassigning").effect(one, by=cast.luis)
    assert effect is not None
    shown = {str(name): (now, gets, then) for name, now, gets, then in effect.rows}
    assert sum(gets for _now, gets, _then in shown.values()) == one.expected == 20 + seed
    most, least = max(then for *_rest, then in shown.values()), min(then for *_rest, then in shown.values())
    assert most - least <= 1 or most == max(now for now, *_rest in shown.values())
    run = carried_out(started(one, by=cast.luis))
    assert run.applied == one.expected
    assert {user.name: pending_of(user).get(user.pk, 0) for user in targets} == {
        name: then for name, (_now, _gets, then) in shown.items()
    }
    assert dict(Callback.objects.filter(pk__in=planned[0]).values_list("pk", "owner")) == planned[0]
    adds_up(run)


@pytest.mark.shows("003-11", "S64")
def test_who_may_not_take_one_does_not_get_it_and_it_is_said_why(cast: Cast) -> None:
    inside, outside, gone = (agent_of(cast, name) for name in ("eli", "noe", "tom"))
    CampaignAgent.objects.filter(user=outside).delete()
    User.objects.filter(pk=gone.pk).update(is_active=False)
    plain = promised(cast, cast.ana)
    unseen = promised(cast, cast.ana, contact=person(cast.other_team))
    silent = promised(cast, cast.ana, contact=person(cast.team, do_not_contact=True))
    run = handing(cast.ana, to=[inside, outside, gone], by=cast.luis)
    assert results(run) == {
        plain.pk: ("pending", ""),
        unseen.pk: ("skipped", "nobody_sees"),
        silent.pk: ("skipped", "do_not_contact"),
    }
    shown = process_of("reassigning").effect(run, by=cast.luis)
    assert shown is not None
    assert sorted((str(name), gets) for name, _now, gets, _then in shown.rows) == [
        ("Eli", 1), ("Noe (no trabaja en sus campañas)", 0), ("Tom (no está activo)", 0),
    ]  # fmt: skip
    nobody = handing(cast.ana, to=[outside, gone], by=cast.luis)
    assert (nobody.expected, nobody.preview) == (0, {"nobody_of_campaign": 2, "do_not_contact": 1})
    run = carried_out(started(run, by=cast.luis))
    assert dict(Callback.objects.values_list("pk", "owner")) == {
        plain.pk: inside.pk,
        unseen.pk: cast.ana.pk,
        silent.pk: cast.ana.pk,
    }
    adds_up(run)


@pytest.mark.shows("003-11", "R41", "S64")
def test_what_changed_after_the_preview_stays_and_is_counted_by_reason(cast: Cast) -> None:
    eli, noe, tom = (agent_of(cast, name) for name in ("eli", "noe", "tom"))
    kept, cancelled, moved, silent, late, left = (promised(cast, cast.ana) for _ in range(6))
    run = handing(cast.ana, to=[eli], by=cast.luis)
    assert run.expected == 6
    finish_callback(kept.pk, by=cast.ana)
    cancel_callback(cancelled.pk, by=cast.ana)
    Callback.objects.filter(pk=moved.pk).update(owner=noe)
    Contact.objects.filter(pk=silent.contact_id).update(do_not_contact=True)
    late.contact.teams.set([cast.other_team])
    run = carried_out(started(run, by=cast.luis))
    assert {pk: reason for pk, (_result, reason) in results(run).items()} == {
        kept.pk: "kept", cancelled.pk: "cancelled", moved.pk: "handed_on", silent.pk: "do_not_contact",
        late.pk: "not_for_them", left.pk: "",
    }  # fmt: skip
    assert Callback.objects.get(pk=left.pk).owner == eli
    assert not Callback.objects.filter(owner=tom).exists()
    adds_up(run)


@pytest.mark.shows("003-11", "B-02")
def test_it_is_taken_back_as_it_was_but_for_what_changed_since(cast: Cast) -> None:
    targets = [agent_of(cast, name) for name in ("eli", "noe")]
    callbacks = many_promised(cast, [cast.ana], 9)
    remind_due()
    before = picture()
    run = carried_out(started(handing(cast.ana, to=targets, by=cast.luis), by=cast.luis))
    assert Callback.objects.filter(owner=cast.ana).count() == 0
    # Whoever gets one whose time has come is reminded of it.
    assert not Callback.objects.filter(reminded_at__isnull=False).exists()
    assert remind_due() == sum(each.due_at <= timezone.now() for each in callbacks)
    undo_run(run.pk, by=cast.luis)
    run = carried_out(run)
    assert (run.state, run.undone, run.kept) == ("undone", 9, 0)
    assert picture() == before
    again = carried_out(started(handing(cast.ana, to=targets, by=cast.luis), by=cast.luis))
    over = Callback.objects.filter(owner__in=targets).order_by("pk")[:2]
    finish_callback(over[0].pk, by=cast.luis)
    undo_run(again.pk, by=cast.luis)
    again = carried_out(again)
    assert (again.undone, again.kept) == (8, 1)
    adds_up(again)


def test_desks_of_both_sides_hear_of_it_once(cast: Cast) -> None:
    targets = [agent_of(cast, name) for name in ("eli", "noe")]
    many_promised(cast, [cast.ana], 6)
    run = started(handing(cast.ana, to=targets, by=cast.luis), by=cast.luis)
    with announced() as facts:
        carried_out(run)
    told = [each for each in facts if isinstance(each, CallbacksHandedOver)]
    assert [Counter(each.user_ids) for each in told] == [Counter([cast.ana.pk, *(each.pk for each in targets)])]


@pytest.mark.shows("003-10", "S05")
def test_another_teams_users_and_promises_cannot_be_chosen(cast: Cast, browse: Browse) -> None:
    add_agent(cast.other_campaign, cast.ana, by=None)
    promised(cast, cast.eva, campaign=cast.other_campaign, contact=person(cast.other_team))
    promised(cast, cast.ana)
    page = reverse("process", args=["reassigning"])
    client = browse(cast.luis)
    assert cast.eva.name not in client.get(page).content.decode()
    for said in ({"sources": cast.eva.pk, "targets": cast.luis.pk}, {"sources": cast.ana.pk, "targets": cast.eva.pk}):
        assert client.post(page, {"submission": str(uuid.uuid4())} | said).status_code == 400
    both = {"submission": str(uuid.uuid4()), "sources": cast.ana.pk, "targets": cast.ana.pk}
    assert "Elige a otras personas" in client.post(page, both).content.decode()
    assert client.post(page, both | {"targets": cast.luis.pk}).status_code == 302


@pytest.mark.shows("003-11", "P0-56")
def test_the_preview_says_what_each_will_have(cast: Cast, browse: Browse) -> None:
    eli = agent_of(cast, "eli")
    promised(cast, eli)
    for _ in range(3):
        promised(cast, cast.ana)
    run = handing(cast.ana, to=[eli], by=cast.luis)
    page = browse(cast.luis).get(reverse("run", args=[run.pk])).content.decode()
    assert "Carga de cada uno" in page
    assert "<b>4</b>" in page
