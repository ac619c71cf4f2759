"""The clock of attention: what rings, waits, rests or stays silent for too long. Each step may run twice, at once, or not at all.

Nothing is remembered between two ticks: what is due is read from the rows, so that a changed setting counts at once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from celery import shared_task

from inbox.actions import calling_back, inactivity, offers, previewing, promises, returning, scheduling, snoozing
from inbox.actions.distribution import assign_waiting
from inbox.models import Conversation
from inbox.models.conversation import Status

logger = logging.getLogger(__name__)

STEPS: tuple[Callable[[], int], ...] = (
    snoozing.wake_due,
    scheduling.send_due,
    inactivity.alert_agents,
    inactivity.step_on,
    promises.note_breaches,
    calling_back.remind_due,
)


@shared_task
def tick() -> dict[str, int]:
    """One look at everything that time changes; return what was done, by step. One that fails holds up no other."""
    done = {}
    for step in STEPS:
        try:
            done[step.__name__] = step()
        except Exception:
            logger.exception("attention: %s failed", step.__name__)
    return done


@shared_task
def end_offers() -> int:
    """What nobody answered in time rings at the next one."""
    return offers.end_overdue()


@shared_task
def release_unfinished_records() -> int:
    """What was called and never given an outcome is for others to try."""
    return previewing.release_unfinished()


@shared_task
def return_strays(campaign_id: int) -> int:
    """Agents of a campaign changed: what is in the hands of who is none any more waits for the others."""
    return returning.return_strays(campaign_id)


@shared_task
def follow_exclusive(contact_id: int) -> int:
    """Whose a contact is changed: what they have waiting may be that agent's now, or anybody's."""
    waiting = Conversation.objects.of_person(contact_id).filter(status=Status.QUEUED).order_by("pk")
    return sum(assign_waiting(pk) is not None for pk in list(waiting.values_list("pk", flat=True)))
