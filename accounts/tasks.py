"""What time does to people's presence."""

from __future__ import annotations

from celery import shared_task

from accounts.actions import close_abandoned_intervals


@shared_task
def sweep_abandoned() -> int:
    """Take whoever closed the laptop without signing out off their auxiliary."""
    return close_abandoned_intervals()
