"""Who is busy with a record of a base: while it is open, no new chat is for them (000-02)."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from contacts.models import BaseMember


def with_record_open(user_ids: Iterable[int]) -> set[int]:
    """Those of the users who have a record open. One that was not given back in time is open no longer."""
    held = BaseMember.objects.filter(reserved_until__gt=timezone.now(), reserved_by_id__in=list(user_ids))
    return {user_id for user_id in held.values_list("reserved_by_id", flat=True) if user_id is not None}
