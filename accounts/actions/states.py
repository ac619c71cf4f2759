"""Auxiliaries: which one somebody stands in, and since when."""

from __future__ import annotations

import datetime

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from accounts import presence
from accounts.events import AuxStateLeft, AuxStateSwitched
from accounts.models import AgentStateInterval, AuxState, User
from core import journal
from core.events import publish

# A panel not heard of for this long is taken to be closed (its sockets speak every quarter of a minute).
ABANDONED_SECONDS = 600


@transaction.atomic
def stand_in(user: User) -> None:
    """Give whoever is here an auxiliary, the initial one, if they have none: at sign-in, or back after a long absence."""
    hold_user(user)
    if AgentStateInterval.objects.filter(user=user, ended_at__isnull=True).exists():
        return
    initial = AuxState.objects.filter(is_initial=True).first()
    if initial is not None:
        open_interval(user, initial)


def close_abandoned_intervals() -> int:
    """End the auxiliary of everybody whose panel was not heard of for ten minutes; return how many.

    Somebody who closed the laptop is not ready, and new work must not be given to them. While Redis is away nobody can be told
    from the absent, so nothing is done.
    """
    if not presence.is_known():
        return 0
    here = presence.connected_user_ids(within_seconds=ABANDONED_SECONDS)
    since = timezone.now() - datetime.timedelta(seconds=ABANDONED_SECONDS)
    open_ones = AgentStateInterval.objects.filter(ended_at__isnull=True, started_at__lt=since).exclude(user_id__in=here)
    user_ids = list(open_ones.order_by("user_id").values_list("user_id", flat=True))
    for user_id in user_ids:
        leave_auxiliary(user_id)
    return len(user_ids)


@transaction.atomic
def leave_auxiliary(user_id: int) -> None:
    user = User.objects.get(pk=user_id)
    hold_user(user)
    close_interval(user_id)
    journal.record("aux_state_abandoned", user, by=None)
    publish(AuxStateLeft(user_id=user_id))


@transaction.atomic
def switch_aux_state(user: User, aux_state: AuxState, *, reason: str = "") -> AgentStateInterval:
    """Put the user into another auxiliary; the same one again changes nothing (001-20)."""
    hold_user(user)
    current = AgentStateInterval.objects.filter(user=user, ended_at__isnull=True).first()
    if current is not None and current.aux_state_id == aux_state.pk:
        return current
    close_interval(user.pk)
    interval = open_interval(user, aux_state, reason=reason)
    journal.record("aux_state_switched", user, by=user, details={"aux_state": aux_state.code})
    return interval


def hold_user(user: User) -> None:
    """The user's row is the lock: two browsers that sign in or switch at once give one open interval, not a constraint error."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def open_interval(user: User, aux_state: AuxState, *, reason: str = "") -> AgentStateInterval:
    interval = AgentStateInterval.objects.create(user=user, aux_state=aux_state, reason=reason)
    publish(AuxStateSwitched(user_id=user.pk, aux_state_id=aux_state.pk))
    return interval


def close_interval(user_id: int) -> None:
    # Never before its own start, whatever the clocks of two machines say: nobody's way out depends on that.
    AgentStateInterval.objects.filter(user_id=user_id, ended_at__isnull=True).update(
        ended_at=Greatest(Value(timezone.now()), F("started_at"))
    )
