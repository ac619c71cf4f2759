"""What is done for contacts in the background, and what time does to bases."""

from __future__ import annotations

from celery import shared_task

from contacts.actions.members import release_overdue
from contacts.actions.slices import count_everything_touched
from contacts.actions.suggesting import look_for_twins

# A million contacts in five hundred steps, each by indexes of its own.
STEPS = 2_000


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
def release_overdue_members() -> int:
    """Give back what somebody reserved and left."""
    return release_overdue()


@shared_task
def count_slices() -> int:
    """Count what changed in the bases: what pages show is never older than this beat."""
    return count_everything_touched()
