"""Runs and what they work on, as plain functions."""

from __future__ import annotations

import datetime
import random
import uuid
from typing import Any

from django.utils import timezone

from accounts.models import User
from contacts.models import Attempt, BaseMember, ContactBase, RemovedAttempt
from core.invariants import look
from inbox.models import Call, Callback
from processes.actions.advancing import advance
from processes.actions.asking import ask_for_run, freeze
from processes.actions.steering import start_run
from processes.catalogue import process_of
from processes.models import Run, RunItem
from tests.contacts.members import base_of
from tests.factories import Cast
from typification.models import Typification

EMPTY: dict[str, Any] = {
    "attempts_above": None,
    "attempts_below": None,
    "contacted_from": None,
    "contacted_until": None,
    "users": [],
    "by_anyone": False,
    "outcomes": [],
}


def asked(kind: str, base: ContactBase, *, by: User, **said: Any) -> Run:
    """A run whose selection is to be written down yet."""
    return ask_for_run(process_of(kind), EMPTY | {"base": base.pk} | said, submission=uuid.uuid4(), by=by)


def previewed(kind: str, base: ContactBase, *, by: User, **said: Any) -> Run:
    run = asked(kind, base, by=by, **said)
    assert freeze(run.pk)
    run.refresh_from_db()
    return run


def started(run: Run, *, by: User) -> Run:
    return start_run(run.pk, by=by, word=str(process_of(run.kind).word))


def carried_out(run: Run) -> Run:
    """Turned until there is nothing more to turn."""
    while advance(run.pk):
        pass
    run.refresh_from_db()
    return run


def done(kind: str, base: ContactBase, *, by: User, **said: Any) -> Run:
    return carried_out(started(previewed(kind, base, by=by, **said), by=by))


def worked_base(cast: Cast, how_many: int = 12, *, seed: int = 7, by: User | None = None) -> ContactBase:
    """A base whose members are in every state, with histories, promises and calls, as chance has it."""
    dice = random.Random(seed)
    base = base_of(cast, how_many, by=by)
    again = [outcome(f"Otra vez {seed}"), outcome(f"Ocupado {seed}")]
    final = outcome(f"Vendido {seed}", recyclable=False, closes_member=True)
    for member in BaseMember.objects.filter(base=base).order_by("pk"):
        state = dice.choice(
            ["unprocessed", "retry", "auto_callback", "scheduled", "closed", "closed", "suppressed", "in_progress"]
        )
        made = 0 if state == "unprocessed" else dice.randint(1, 3)
        last = None
        for n in range(made):
            user = dice.choice([cast.ana, cast.luis])
            last = attempt(member, user=user, typification=dice.choice([*again, final]), n=n, call=dice.random() < 0.5)
        member.state, member.attempts = state, made
        if last is not None:
            member.first_contact_at = last.at - datetime.timedelta(hours=made - 1)
            member.last_contact_at, member.last_user, member.last_typification = last.at, last.user, last.typification
        if state in ("auto_callback", "scheduled"):
            member.due_at = timezone.now() + datetime.timedelta(days=1)
            promise(cast, member)
        member.save()
        if state == "suppressed":
            type(member.contact).objects.filter(pk=member.contact_id).update(do_not_contact=True)
    return base


def outcome(name: str, **changes: Any) -> Typification:
    known = Typification.objects.filter(name=name).first()
    return known or Typification.objects.create(
        name=name, **{"closes_member": False, "counts_as_attempt": True} | changes
    )


def attempt(member: BaseMember, *, user: User, typification: Typification, n: int = 0, call: bool = False) -> Attempt:
    at = timezone.now() - datetime.timedelta(days=2) + datetime.timedelta(hours=n)
    made = Attempt.objects.create(
        member=member,
        cycle=member.cycle,
        medium="call" if call else "chat",
        user=user,
        typification=typification,
        at=at,
        interaction_id=uuid.uuid4(),
    )
    if call:
        Call.objects.create(
            uuid=made.interaction_id,
            client_id=uuid.uuid4(),
            contact=member.contact,
            user=user,
            number="+595981000000",
            started_at=at,
            ended_at=at,
            typification=typification,
        )
    return made


def promise(cast: Cast, member: BaseMember) -> Callback:
    return Callback.objects.create(
        contact=member.contact,
        campaign=cast.campaign,
        member=member,
        kind="global",
        due_at=member.due_at or timezone.now(),
        interaction_id=uuid.uuid4(),
    )


def picture(base: ContactBase) -> dict[str, list[Any]]:
    """Everything that recycling may change, as it is now."""
    members = BaseMember.objects.filter(base=base)
    return {
        "members": list(members.order_by("pk").values()),
        "attempts": list(Attempt.objects.filter(member__in=members).order_by("pk").values()),
        "callbacks": list(Callback.objects.filter(member__in=members).order_by("pk").values()),
        "calls": list(Call.objects.order_by("pk").values()),
        "removed": list(RemovedAttempt.objects.order_by("pk").values()),
    }


def results(run: Run) -> dict[int, tuple[str, str]]:
    rows = RunItem.objects.filter(run=run).values_list("target", "result", "reason")
    return {target: (result, reason) for target, result, reason in rows}


def adds_up(run: Run) -> None:
    """The rule of all runs, and every rule of everything."""
    run.refresh_from_db()
    pending = RunItem.objects.filter(run=run, result="pending").count()
    assert run.total == run.applied + sum(run.reasons.values()) + run.failed + pending
    assert {rule.name: ids for rule, ids in look() if ids} == {}
