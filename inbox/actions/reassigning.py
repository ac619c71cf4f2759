"""Promises change hands, many at once (003-10, 003-11), and go back when that is taken back: parts of somebody else's transaction, which
leave what became of each in `bulk_outcome` (core.outcomes).
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from accounts.models import User
from core import journal, outcomes
from core.events import publish
from inbox.events import CallbacksHandedOver
from inbox.models import Callback
from inbox.takers import UNREACHABLE, in_campaigns_of, with_contacts_of

State = Callback.State

LOCKED, KEPT, CANCELLED = "locked", "kept", "cancelled"
HANDED_ON, DO_NOT_CONTACT, NOT_FOR_THEM = "handed_on", "do_not_contact", "not_for_them"


def hand_callbacks_over(plan: Mapping[int, int], *, sources: Collection[int], by: User) -> None:
    """Give each pending callback of `plan` (callback -> new owner) that is one of `sources`' still to its new owner.

    Whoever works on one this moment is not waited for: it is left out. The new owner is reminded anew, if its time has come.
    """
    held = {each.pk: each for each in locked(plan)}
    there = set(Callback.objects.visible_to(by).filter(pk__in=plan).values_list("pk", flat=True))
    unreachable = set(Callback.objects.filter(UNREACHABLE, pk__in=held).values_list("pk", flat=True))
    fitting = fitting_of(plan, held)
    rows: list[tuple[int, str, dict[str, object] | None, dict[str, object] | None]] = []
    given: dict[int, list[int]] = defaultdict(list)
    for pk in sorted(there):
        callback = held.get(pk)
        if callback is None:
            rows.append((pk, LOCKED, None, None))
            continue
        reason = why_not(callback, sources)
        reason = reason or (DO_NOT_CONTACT if pk in unreachable else "" if pk in fitting else NOT_FOR_THEM)
        if reason:
            rows.append((pk, reason, None, None))
            continue
        given[plan[pk]].append(pk)
        reminded = callback.reminded_at.isoformat() if callback.reminded_at else None
        rows.append((pk, "", {"owner": callback.owner_id, "reminded_at": reminded}, {"owner": plan[pk]}))
    for owner_id, ids in given.items():
        Callback.objects.filter(pk__in=ids).update(owner_id=owner_id, reminded_at=None)
    outcomes.write(rows)
    tell(given, before=[held[pk].owner_id for ids in given.values() for pk in ids], by=by)


def take_callbacks_back(*, by: User | None) -> None:
    """Give back what was handed over (`bulk_given`) to whom it was of, where it is still promised by whom it was given to."""
    given = {target: (before, after) for target, before, after in outcomes.given() if before and after}
    held = {each.pk: each for each in locked(given)}
    rows: list[tuple[int, str, None, None]] = []
    back: dict[int, list[int]] = defaultdict(list)
    for pk, (before, after) in given.items():
        callback = held.get(pk)
        if callback is None or callback.state != State.PENDING or callback.owner_id != after["owner"]:
            rows.append((pk, "changed", None, None))
            continue
        reminded = before["reminded_at"] and datetime.datetime.fromisoformat(before["reminded_at"])
        Callback.objects.filter(pk=pk).update(owner_id=before["owner"], reminded_at=reminded)
        back[before["owner"]].append(pk)
        rows.append((pk, "", None, None))
    outcomes.write(rows)
    tell(back, before=[held[pk].owner_id for ids in back.values() for pk in ids], by=by)


def locked(callback_ids: Iterable[int]) -> Iterable[Callback]:
    """Those of them that nobody works on, held in the order of their keys."""
    free = Callback.objects.select_for_update(no_key=True, skip_locked=True)
    return list(free.filter(pk__in=list(callback_ids)).order_by("pk"))


def why_not(callback: Callback, sources: Collection[int]) -> str:
    """Why it is not handed over any more; empty: it may be."""
    if callback.state != State.PENDING:
        return KEPT if callback.state == State.DONE else CANCELLED
    return "" if callback.owner_id in sources else HANDED_ON


def fitting_of(plan: Mapping[int, int], held: Collection[int]) -> set[int]:
    """Those of which the new owner is still somebody who may take them."""
    fitting: set[int] = set()
    for user in User.objects.filter(pk__in=set(plan.values()), is_active=True).order_by("pk"):
        theirs = [pk for pk, owner_id in plan.items() if owner_id == user.pk and pk in held]
        may = Callback.objects.filter(in_campaigns_of(user), with_contacts_of(user), pk__in=theirs)
        fitting |= set(may.values_list("pk", flat=True))
    return fitting


def tell(given: Mapping[int, Collection[int]], *, before: Iterable[int | None], by: User | None) -> None:
    """In the journal of whoever has them now, and on the open desks of both sides."""
    for owner_id, ids in sorted(given.items()):
        journal.record("callbacks_handed_over", User(pk=owner_id), by=by, details={"callbacks": sorted(ids)})
    if people := {*given, *(each for each in before if each is not None)}:
        publish(CallbacksHandedOver(user_ids=tuple(sorted(people))))
