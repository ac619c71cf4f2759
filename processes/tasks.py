"""Celery turns the crank; runs are rows. A lost or doubled hint is harmless: the lease and the sweeper see to it (R36)."""

from __future__ import annotations

import logging

from celery import shared_task
from kombu.exceptions import OperationalError as BrokerAway

from processes.actions import advancing, asking, filing, purging, sheets
from processes.models import Run, State

logger = logging.getLogger(__name__)

SWEPT_AT_ONCE = 50


@shared_task
def preview(run_id: int) -> bool:
    """Write down what a run would do."""
    return asking.freeze(run_id)


@shared_task
def advance(run_id: int) -> bool:
    """Work on a run for one turn; if there is more, hint again, so that other runs have theirs in between."""
    has_more = advancing.advance(run_id)
    if has_more:
        try:
            advance.delay(run_id)
        except (BrokerAway, OSError) as error:
            logger.warning("broker away, left to the sweeper: %s", type(error).__name__)
    return has_more


@shared_task
def sweep_runs() -> int:
    """Hint every run that waits and that nobody has in hand: new ones whose hint was lost, and those of a worker that died (R35)."""
    waiting = list(Run.objects.to_turn().order_by("pk").values_list("pk", "state")[:SWEPT_AT_ONCE])
    for run_id, state in waiting:
        (preview if state == State.DRAFT else advance).delay(run_id)
    return len(waiting)


@shared_task
def purge_runs() -> int:
    """Let go for good of what nobody can bring back any more; return how many runs were purged."""
    asking.forget_previews()
    sheets.forget_sheets()
    filing.forget_files()
    runs = purging.runs_to_purge()
    for run_id in runs:
        try:
            purging.purge_run(run_id)
        except Exception:
            logger.exception("run %s was not purged", run_id)
    return len(runs)
