"""What is done for contacts in the background."""

from celery import shared_task

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
