"""Auxiliaries: which one somebody stands in, and since when."""

from __future__ import annotations

import datetime

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import presence
from accounts.events import AuxStateLeft, AuxStateOverran, AuxStateSwitched
from accounts.models import AgentStateInterval, AuxState, User
from core import journal
from core.events import publish
from core.refusals import Invalid, NotAllowed, NotFound, Refusal
from core.text import without_nul

LONGEST_REASON = 200
# A panel not heard of for this long is taken to be closed (its sockets speak every quarter of a minute).
ABANDONED_SECONDS = 600


class NotHere(Refusal):
    """They stand in no auxiliary: they are not signed in."""

    code = "not_here"


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
    """End the auxiliary of somebody who is away, unless they came back meanwhile."""
    user = User.objects.get(pk=user_id)
    hold_user(user)
    # Asked again: also Redis may have gone away since the sweep asked, and then nobody is told from the absent.
    if not presence.here_among([user_id], within_seconds=ABANDONED_SECONDS) and leave(user_id):
        journal.record("aux_state_abandoned", user, by=None)


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


@transaction.atomic
def force_aux_state(user_id: int, aux_state: AuxState, *, by: User, reason: str) -> AgentStateInterval:
    """Put somebody whom `by` supervises into another auxiliary; the same one again changes nothing. They are told by whom and why.

    Raises:
        NotFound: there is no such user for `by` to see. NotAllowed: `by` does not supervise them.
        NotHere: they are not signed in. Invalid: no reason is given, or the auxiliary is archived.
    """
    user = User.objects.visible_to(by).filter(pk=user_id, is_active=True).first()
    if user is None:
        raise NotFound(_("It does not exist or is not yours to see."))
    if not User.objects.supervised_by(by).filter(pk=user_id).exists():
        raise NotAllowed(_("Only who supervises {name} may do this.").format(name=user.name))
    reason = " ".join(without_nul(reason).split())
    fields: dict[str, list[str]] = {}
    if not reason or len(reason) > LONGEST_REASON:
        fields["reason"] = [_("Say why, in at most {most} characters.").format(most=LONGEST_REASON)]
    if aux_state.archived:
        fields["aux_state"] = [_("This auxiliary does not exist any more.")]
    if fields:
        raise Invalid(_("Check the marked fields."), fields=fields)
    hold_user(user)
    current = AgentStateInterval.objects.filter(user=user, ended_at__isnull=True).first()
    if current is None:
        raise NotHere(_("{name} is not signed in.").format(name=user.name))
    if current.aux_state_id == aux_state.pk:
        return current
    close_interval(user.pk)
    interval = open_interval(user, aux_state, reason=reason, forced_by=by)
    details = {"aux_state": aux_state.code}
    journal.record("aux_state_forced", user, by=by, details=details, personal={"reason": reason})
    return interval


@transaction.atomic
def spare_new_work(user_id: int, *, reason: str) -> bool:
    """Put somebody who answers nothing of what reaches them where nothing new does; what they have stays theirs (P0-40).

    Returns whether it was for us to do: they stand where new work reaches them, and there is an auxiliary without.
    """
    user = User.objects.get(pk=user_id)
    hold_user(user)
    current = AgentStateInterval.objects.filter(user=user, ended_at__isnull=True, aux_state__accepts_new=True)
    spared = AuxState.objects.filter(archived=False, accepts_new=False, works_active=True)
    rest = spared.filter(routing=AuxState.Routing.DRAIN).first() or spared.first()
    if rest is None or not current.exists():
        return False
    close_interval(user.pk)
    open_interval(user, rest, reason=reason)
    journal.record("aux_state_spared", user, by=None, details={"aux_state": rest.code})
    return True


def note_overruns() -> int:
    """Tell, once each, who is in an auxiliary for longer than it allows; return how many. Each by itself, so that nobody is waited for."""
    now = timezone.now()
    limited = AgentStateInterval.objects.filter(
        ended_at__isnull=True, overrun_at__isnull=True, aux_state__max_minutes__isnull=False
    ).values_list("pk", "started_at", "aux_state__max_minutes")
    late = [
        pk for pk, started_at, minutes in limited if minutes and started_at + datetime.timedelta(minutes=minutes) <= now
    ]
    return sum(note_overrun(pk, now=now) for pk in sorted(late))


@transaction.atomic
def note_overrun(interval_id: int, *, now: datetime.datetime) -> bool:
    """Whether it was for us to tell: it still lasts, and nobody told it before."""
    interval = (
        AgentStateInterval.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .select_related("user", "aux_state")
        .filter(pk=interval_id, ended_at__isnull=True, overrun_at__isnull=True)
        .first()
    )
    if interval is None:
        return False
    interval.overrun_at = now
    interval.save(update_fields=["overrun_at"])
    details = {"aux_state": interval.aux_state.code, "max_minutes": interval.aux_state.max_minutes}
    journal.record("aux_state_overran", interval.user, by=None, details=details)
    publish(AuxStateOverran(user_id=interval.user_id))
    return True


def hold_user(user: User) -> None:
    """The user's row is the lock: two browsers that sign in or switch at once give one open interval, not a constraint error."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def open_interval(
    user: User, aux_state: AuxState, *, reason: str = "", forced_by: User | None = None
) -> AgentStateInterval:
    """Let a user who stands in none stand in an auxiliary. The user is held."""
    # Two machines' clocks may differ: what comes after begins no earlier than what was before it ended.
    last = AgentStateInterval.objects.filter(user=user).order_by("-started_at", "-pk").first()
    now = timezone.now()
    started_at = max(now, last.ended_at) if last is not None and last.ended_at is not None else now
    interval = AgentStateInterval.objects.create(
        user=user, aux_state=aux_state, reason=reason, forced_by=forced_by, started_at=started_at
    )
    publish(AuxStateSwitched(user_id=user.pk, aux_state_id=aux_state.pk))
    return interval


def leave(user_id: int) -> bool:
    """End where a user stands, and say that they are gone; whether they stood anywhere. The user is held."""
    is_gone = close_interval(user_id)
    if is_gone:
        publish(AuxStateLeft(user_id=user_id))
    return is_gone


def close_interval(user_id: int) -> bool:
    """End where a user stands; whether they stood anywhere."""
    # Never before its own start, whatever the clocks of two machines say: nobody's way out depends on that.
    ended = AgentStateInterval.objects.filter(user_id=user_id, ended_at__isnull=True).update(
        ended_at=Greatest(Value(timezone.now()), F("started_at"))
    )
    return bool(ended)
