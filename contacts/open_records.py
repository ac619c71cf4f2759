"""Who has a record of a base open: reserved to be looked at, or on the telephone with its contact (000-02).

A question beside the models: upper floors ask it before they give somebody new work, or let them close another conversation.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from contacts.models import Attempt, BaseMember

State = BaseMember.State
# How long after its last call began a record waits to be told how it went.
OUTCOME_WITHIN = datetime.timedelta(hours=2)


def open_record_of(user: User) -> BaseMember | None:
    """The record that a user has open; None: none. Of several, what they are on the telephone with."""
    members: QuerySet[BaseMember] = BaseMember.objects.select_related("base", "contact__merged_into")
    calls = calls_in_progress([user.pk]).values("member_id")
    # «in_progress» before «reserved».
    held = Q(reserved_by=user, reserved_until__gt=timezone.now())
    return members.filter(held | Q(pk__in=calls)).order_by("state", "pk").first()


def with_record_open(user_ids: Iterable[int]) -> set[int]:
    """Those of the users who have a record open: two queries for all. One that was not given back in time is open no longer."""
    user_ids = list(user_ids)
    held = BaseMember.objects.filter(reserved_by__in=user_ids, reserved_until__gt=timezone.now())
    return set(held.values_list("reserved_by", flat=True)) | set(
        calls_in_progress(user_ids).values_list("user_id", flat=True)
    )


def calls_in_progress(user_ids: Collection[int]) -> QuerySet[Attempt]:
    """Their calls with records that nobody has given an outcome yet."""
    return calls_without_outcome().filter(user__in=user_ids)


def calls_without_outcome() -> QuerySet[Attempt]:
    """Everybody's, of records that are in progress. A conversation with one is worked in its own place, and opens nothing here."""
    found: QuerySet[Attempt] = Attempt.objects.filter(
        typification__isnull=True,
        medium=Attempt.Medium.CALL,
        member__state=State.IN_PROGRESS,
        member__cycle=F("cycle"),
    )
    return found
