"""What time does to bases: reservations end, and what changed is counted."""

from __future__ import annotations

from celery import shared_task

from contacts.actions.members import release_overdue
from contacts.actions.slices import count_everything_touched


@shared_task
def release_overdue_members() -> int:
    """Give back what somebody reserved and left."""
    return release_overdue()


@shared_task
def count_slices() -> int:
    """Count what changed in the bases: what pages show is never older than this beat."""
    return count_everything_touched()
