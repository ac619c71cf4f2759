"""The tree of outcomes is edited without ever breaking: a forest, dense, and what was used never vanishes."""

from __future__ import annotations

import datetime
import random
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from campaigns.models import Campaign, CampaignTypification
from core.models import JournalEntry
from core.refusals import Invalid, NotFound, Refusal
from core.versions import Stale
from inbox.actions.closing import close_conversation
from tests import factories
from tests.factories import Cast
from tests.witness import refused
from typification.actions import (
    MOST_LEVELS,
    add_node,
    archive_node,
    change_node,
    delete_node,
    move_node,
    rename_node,
    restore_node,
    shift_node,
)
from typification.errors import ChangedMeanwhile, NotInTree, ProtectedNode, StillUsed, TooDeep, WouldBeRing
from typification.models import Typification


def children_of(name: str | None) -> list[str]:
    parent = Typification.objects.get(name=name) if name else None
    found = Typification.objects.siblings_under(parent.pk if parent else None)
    assert [each.position for each in found] == list(range(len(found)))
    return [each.name for each in found]


def node(name: str) -> Typification:
    return Typification.objects.get(name=name)


def closed_with(cast: Cast) -> Typification:
    """An outcome that a conversation was closed with."""
    Campaign.objects.update(allow_close_unanswered=True)
    used = factories.leaf()
    close_conversation(factories.taken_conversation(cast).pk, by=cast.ana, typification_id=used.pk)
    return used


def verbs() -> list[str]:
    return list(
        JournalEntry.objects.filter(subject_type="typification.typification")
        .order_by("pk")
        .values_list("verb", flat=True)
    )


# ── Adding and changing


def test_a_node_is_added_after_another_or_at_the_end(cast: Cast) -> None:
    added = add_node(
        "  Pide   visita ", by=cast.admin, parent_id=node("Interesado").pk, after_id=node("Llamar más tarde").pk
    )
    assert added.name == "Pide visita"
    assert children_of("Interesado")[:2] == ["Llamar más tarde", "Pide visita"]
    add_node("Otra", by=cast.admin, parent_id=node("Interesado").pk)
    assert children_of("Interesado")[-1] == "Otra"
    add_node("Arriba", by=cast.admin)
    assert children_of(None)[-1] == "Arriba"
    assert verbs() == ["typification_added"] * 3


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "interesado", "INTERESADO", "\x00"])
def test_a_name_that_cannot_be_kept_is_refused_at_its_field(cast: Cast, name: str) -> None:
    with refused(Invalid) as refusal:
        add_node(name, by=cast.admin)
    assert list(refusal.value.fields) == ["name"]
    with refused(Invalid):
        rename_node(node("Reclamo").pk, name, by=cast.admin)


def test_the_same_name_may_stand_under_another_heading(cast: Cast) -> None:
    assert add_node("Interesado", by=cast.admin, parent_id=node("Reclamo").pk).pk


def test_what_an_outcome_does_is_changed_at_once_and_the_fields_are_journaled(cast: Cast) -> None:
    leaf = node("No responde")
    wanted = {"requires_note": True, "asks_callback": "global", "auto_callback_after": datetime.timedelta(hours=24)}
    changed = change_node(leaf.pk, by=cast.admin, version=str(leaf.version), name="No contesta", behaviour=wanted)
    assert (changed.name, changed.requires_note, changed.version) == ("No contesta", True, leaf.version + 1)
    entry = JournalEntry.objects.get(verb="typification_changed")
    assert entry.details == {"fields": ["asks_callback", "auto_callback_after", "name", "requires_note"]}
    # The same again says nothing new.
    change_node(leaf.pk, by=cast.admin, version=str(changed.version), name="No contesta", behaviour=wanted)
    assert verbs() == ["typification_changed"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("applies_to", "fax"),
        ("asks_callback", "perhaps"),
        ("auto_callback_after", datetime.timedelta()),
        ("auto_callback_after", datetime.timedelta(days=366)),
    ],
)
def test_a_behaviour_nobody_knows_is_refused_at_its_field(cast: Cast, field: str, value: Any) -> None:
    leaf = node("No responde")
    with refused(Invalid) as refusal:
        change_node(leaf.pk, by=cast.admin, version=str(leaf.version), name=leaf.name, behaviour={field: value})
    assert list(refusal.value.fields) == [field]


def test_whoever_saves_second_is_told_and_overwrites_nothing(cast: Cast) -> None:
    leaf = node("No responde")
    change_node(leaf.pk, by=cast.admin, version=str(leaf.version), name="No contesta", behaviour={})
    with refused(Stale):
        change_node(leaf.pk, by=cast.luis, version=str(leaf.version), name="Ocupado", behaviour={})


@pytest.mark.parametrize("code", ["transfer", "inactivity", "out_of_hours", "unanswered", "spam", "duplicate"])
def test_what_the_product_closes_with_is_not_touched(cast: Cast, code: str) -> None:
    system = Typification.objects.get(system_code=code)
    attempts: list[Callable[[], object]] = [
        lambda: rename_node(system.pk, "Otra", by=cast.admin),
        lambda: change_node(system.pk, by=cast.admin, version="1", name="Otra", behaviour={}),
        lambda: archive_node(system.pk, by=cast.admin),
        lambda: delete_node(system.pk, by=cast.admin),
        lambda: move_node(system.pk, by=cast.admin, parent_id=node("Interesado").pk),
        lambda: move_node(node("No responde").pk, by=cast.admin, parent_id=system.pk),
        lambda: add_node("Debajo", by=cast.admin, parent_id=system.pk),
    ]
    for attempt in attempts:
        with refused(ProtectedNode) as refusal:
            attempt()
        assert system.name in refusal.value.message


# ── Moving


def test_a_node_is_moved_before_another_and_both_levels_stay_dense(cast: Cast) -> None:
    move_node(node("No responde").pk, by=cast.admin, parent_id=node("Reclamo").pk, before_id=node("Facturación").pk)
    assert children_of("Reclamo") == ["Servicio", "No responde", "Facturación", "Atención"]
    assert "No responde" not in children_of(None)


def test_moving_to_where_it_stands_changes_nothing(cast: Cast) -> None:
    first = children_of(None)
    move_node(node("Interesado").pk, by=cast.admin, parent_id=None, before_id=node("Información entregada").pk)
    move_node(node("Interesado").pk, by=cast.admin, parent_id=None, before_id=node("Interesado").pk)
    assert children_of(None) == first
    assert verbs() == []


def test_a_node_steps_up_and_down_and_stops_at_the_ends(cast: Cast) -> None:
    leaf = node("Facturación")
    shift_node(leaf.pk, by=cast.admin, steps=-1)
    assert children_of("Reclamo") == ["Facturación", "Servicio", "Atención"]
    shift_node(leaf.pk, by=cast.admin, steps=-1)
    shift_node(leaf.pk, by=cast.admin, steps=1)
    shift_node(leaf.pk, by=cast.admin, steps=1)
    shift_node(leaf.pk, by=cast.admin, steps=1)
    assert children_of("Reclamo") == ["Servicio", "Atención", "Facturación"]


def test_a_step_passes_over_what_is_archived(cast: Cast) -> None:
    archive_node(node("Facturación").pk, by=cast.admin)
    shift_node(node("Atención").pk, by=cast.admin, steps=-1)
    assert [name for name in children_of("Reclamo") if name != "Facturación"] == ["Atención", "Servicio"]


def test_a_node_is_never_put_below_itself(cast: Cast) -> None:
    heading, below = node("Interesado"), node("Llamar más tarde")
    for target in (heading, below):
        with refused(WouldBeRing):
            move_node(heading.pk, by=cast.admin, parent_id=target.pk)


def test_the_tree_has_only_so_many_levels(cast: Cast) -> None:
    at = node("Interesado")
    for level in range(2, MOST_LEVELS + 1):
        at = add_node(f"Nivel {level}", by=cast.admin, parent_id=at.pk)
    with refused(TooDeep):
        add_node("Demasiado", by=cast.admin, parent_id=at.pk)
    with refused(TooDeep):
        move_node(node("Reclamo").pk, by=cast.admin, parent_id=node(f"Nivel {MOST_LEVELS - 1}").pk)


def test_a_move_onto_a_neighbour_of_that_name_is_refused(cast: Cast) -> None:
    twin = add_node("servicio", by=cast.admin)
    with refused(Invalid) as refusal:
        move_node(twin.pk, by=cast.admin, parent_id=node("Reclamo").pk)
    assert list(refusal.value.fields) == ["parent"]


def test_a_move_before_what_went_elsewhere_meanwhile_is_refused(cast: Cast) -> None:
    move_node(node("Servicio").pk, by=cast.luis, parent_id=node("Interesado").pk)
    with refused(ChangedMeanwhile):
        move_node(node("Atención").pk, by=cast.admin, parent_id=node("Reclamo").pk, before_id=node("Servicio").pk)


def test_what_is_not_there_is_not_found(cast: Cast) -> None:
    for attempt in (
        lambda: rename_node(0, "x", by=cast.admin),
        lambda: move_node(0, by=cast.admin, parent_id=None),
        lambda: move_node(node("Reclamo").pk, by=cast.admin, parent_id=0),
        lambda: archive_node(0, by=cast.admin),
        lambda: restore_node(0, by=cast.admin),
        lambda: delete_node(0, by=cast.admin),
        lambda: add_node("x", by=cast.admin, parent_id=0),
    ):
        with refused(NotFound):
            attempt()


# ── Archiving, restoring, deleting


def test_a_heading_leaves_with_all_below_it_and_comes_back_with_it(cast: Cast) -> None:
    archive_node(node("Servicio").pk, by=cast.admin)
    assert archive_node(node("Reclamo").pk, by=cast.admin) == 3
    assert not Typification.objects.live().filter(name__in=["Reclamo", "Servicio", "Facturación", "Atención"]).exists()
    assert archive_node(node("Reclamo").pk, by=cast.admin) == 0
    with refused(NotInTree):
        restore_node(node("Facturación").pk, by=cast.admin)
    assert restore_node(node("Reclamo").pk, by=cast.admin) == 3
    # What had been archived before stays so.
    assert node("Servicio").archived
    assert restore_node(node("Servicio").pk, by=cast.admin) == 1
    assert restore_node(node("Servicio").pk, by=cast.admin) == 0


def test_nothing_is_put_below_what_is_archived(cast: Cast) -> None:
    archive_node(node("Reclamo").pk, by=cast.admin)
    with refused(NotInTree):
        add_node("Nueva", by=cast.admin, parent_id=node("Reclamo").pk)
    with refused(NotInTree):
        move_node(node("No responde").pk, by=cast.admin, parent_id=node("Reclamo").pk)


def test_an_outcome_that_was_used_or_is_offered_is_never_deleted(cast: Cast) -> None:
    unused = add_node("Sobra", by=cast.admin)
    delete_node(unused.pk, by=cast.admin)
    assert not Typification.objects.filter(name="Sobra").exists()
    used = closed_with(cast)
    with refused(StillUsed) as refusal:
        delete_node(used.pk, by=cast.admin)
    assert refusal.value.extra["uses"]["inbox.conversation"] == 1
    with refused(StillUsed):
        delete_node(node("Interesado").pk, by=cast.admin)
    archive_node(used.pk, by=cast.admin)
    assert node(used.name).archived


# ── Whatever is done to it


def test_random_editing_keeps_a_dense_forest_and_every_used_node(cast: Cast) -> None:
    dice = random.Random(20)
    used = closed_with(cast)
    known = set(Typification.objects.values_list("pk", flat=True))
    offered = set(CampaignTypification.objects.values_list("typification_id", flat=True))
    done = 0
    for number in range(400):
        ids = sorted(known)
        one, other = dice.choice(ids), dice.choice([None, *ids])
        act: Callable[[], object] = dice.choice(
            [
                lambda one=one, number=number: known.add(add_node(f"N{number}", by=cast.admin, parent_id=one).pk),
                lambda one=one, other=other: move_node(one, by=cast.admin, parent_id=other),
                lambda one=one, other=other: move_node(
                    one,
                    by=cast.admin,
                    parent_id=Typification.objects.get(pk=other).parent_id if other else None,
                    before_id=other,
                ),
                lambda one=one: shift_node(one, by=cast.admin, steps=dice.choice([-1, 1])),
                lambda one=one: archive_node(one, by=cast.admin),
                lambda one=one: restore_node(one, by=cast.admin),
                lambda one=one: known.discard(one) if delete_node(one, by=cast.admin) is None else None,
            ]
        )
        try:
            act()
            done += 1
        except Refusal:
            pass
        assert_forest(known)
    assert done > 150
    assert used.pk in known
    assert Typification.objects.filter(system_code__isnull=False, archived=False, parent=None).count() == 6
    assert offered <= known
    assert set(CampaignTypification.objects.values_list("typification_id", flat=True)) == offered


def assert_forest(known: set[int]) -> None:
    nodes = {each.pk: each for each in Typification.objects.all()}
    assert set(nodes) == known
    children: dict[int | None, list[Typification]] = {}
    for each in nodes.values():
        children.setdefault(each.parent_id, []).append(each)
        at, steps = each, 0
        while at.parent_id is not None:
            # Live ones are reached by live ones only.
            assert each.archived or not nodes[at.parent_id].archived
            at, steps = nodes[at.parent_id], steps + 1
            assert steps < MOST_LEVELS
    for siblings in children.values():
        assert sorted(each.position for each in siblings) == list(range(len(siblings)))


@pytest.mark.django_db(transaction=True)
def test_two_moves_that_cross_never_make_a_ring(committed_cast: Cast) -> None:
    one, other = add_node("Uno", by=committed_cast.admin), add_node("Dos", by=committed_cast.admin)
    for _round in range(10):
        outcomes: list[str] = []

        def attempt(moved: int, to: int, outcomes: list[str] = outcomes) -> None:
            try:
                move_node(moved, by=committed_cast.admin, parent_id=to)
                outcomes.append("moved")
            except WouldBeRing:
                outcomes.append("refused")
            finally:
                connection.close()

        threads = [threading.Thread(target=attempt, args=pair) for pair in ((one.pk, other.pk), (other.pk, one.pk))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert sorted(outcomes) == ["moved", "refused"]
        assert_forest(set(Typification.objects.values_list("pk", flat=True)))
        for each in (one, other):
            move_node(each.pk, by=committed_cast.admin, parent_id=None)
