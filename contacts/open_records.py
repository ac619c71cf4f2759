"""Who has a record of a base open: reserved to be looked at, or on the telephone with its contact (000-02).

A question beside the models: upper floors ask it before they give somebody new work, or let them close another conversation.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import F, Q, QuerySet

from accounts.models import User
from contacts.models import Attempt, BaseMember

State = BaseMember.State


def open_record_of(user: User) -> BaseMember | None:
    """The record that a user has open; None: none. Of several, what they are on the telephone with."""
    members: QuerySet[BaseMember] = BaseMember.objects.select_related("base", "contact__merged_into")
    calls = calls_in_progress([user.pk]).values("member_id")
    # «in_progress» before «reserved».
    return members.filter(Q(reserved_by=user) | Q(pk__in=calls)).order_by("state", "pk").first()


def users_with_open_records(user_ids: Collection[int]) -> set[int]:
    """Those of these users who have a record open: two queries for all."""
    reserved = BaseMember.objects.filter(reserved_by__in=user_ids).values_list("reserved_by", flat=True)
    return set(reserved) | set(calls_in_progress(user_ids).values_list("user_id", flat=True))


def calls_in_progress(user_ids: Collection[int]) -> QuerySet[Attempt]:
    """Calls with records that nobody has given an outcome yet. A conversation with one is worked in its own place, and opens nothing here."""
    return Attempt.objects.filter(
        user__in=user_ids,
        typification__isnull=True,
        medium=Attempt.Medium.CALL,
        member__state=State.IN_PROGRESS,
        member__cycle=F("cycle"),
    )
