"""Contacts' cranks: groups' rules, who may be one person, and the bases' reservations and counts. Each may run twice, at once, or not at all."""

from __future__ import annotations

import datetime
import logging

from celery import shared_task
from django.utils import timezone

from contacts.actions import groups
from contacts.actions.members import release_overdue
from contacts.actions.noting import forget_deleted_notes
from contacts.actions.slices import count_everything_touched
from contacts.actions.suggesting import look_for_twins
from core import leases

logger = logging.getLogger(__name__)

# What no event tells of (an import, a base's members) is written down within so long.
AS_OLD_AS = datetime.timedelta(minutes=10)
LEASE_SECONDS = 900
# A million contacts in five hundred steps, each by indexes of its own.
STEPS = 2_000


@shared_task
def refresh_group(group_id: int) -> int:
    """Write down who meets a group's rule, because the rule is new."""
    return groups.refresh_group(group_id)


@shared_task
def refresh_groups_of(contact_ids: list[int]) -> int:
    """Write down to which groups by rule some contacts belong, because they changed."""
    return groups.refresh_contacts(contact_ids)


@shared_task
def refresh_stale_groups() -> int:
    """Write down the groups by rule that were not for a while; return how many. One sweep at a time."""
    with leases.held("contacts:groups", seconds=LEASE_SECONDS) as lease:
        if lease is None:
            return 0
        waiting = groups.stale_groups(before=timezone.now() - AS_OLD_AS)
        for group_id in waiting:
            try:
                groups.refresh_group(group_id)
            except Exception:
                # It stays the longest waiting one, and comes first again: the others have their turn all the same.
                logger.exception("group %s was not written down", group_id)
            if not leases.renew(lease, seconds=LEASE_SECONDS):
                break
        return len(waiting)


@shared_task
def suggest_merges() -> int:
    """Go through all contacts and note who may be one person; return in how many steps."""
    after: int | None = 0
    steps = 0
    while after is not None and steps < STEPS:
        after = look_for_twins(after)
        steps += 1
    return steps


@shared_task
def forget_notes() -> int:
    """Remove the deleted notes that nobody may bring back any more."""
    return forget_deleted_notes()


@shared_task
def release_overdue_members() -> int:
    """Give back what somebody reserved and left."""
    return release_overdue()


@shared_task
def count_slices() -> int:
    """Count what changed in the bases: what pages show is never older than this beat."""
    return count_everything_touched()
