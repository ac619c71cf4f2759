"""Privacy's work in the background. A lost hint is found again by the sweeper: the state is in the row."""

import logging
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from celery import shared_task

from privacy.actions.erasing import carry_out_erasure
from privacy.actions.exporting import forget_exports, make_export
from privacy.actions.retaining import ask_for_run, carry_out_run
from privacy.models import OPEN, Erasure, PersonExport, RetentionRule, RetentionRun

logger = logging.getLogger(__name__)


@shared_task
def export(export_id: str) -> None:
    make_export(export_id)


@shared_task
def erase(erasure_id: str) -> None:
    carry_out_erasure(erasure_id)


@shared_task
def run_retention(run_id: str) -> None:
    carry_out_run(run_id)


@shared_task
def sweep_requests() -> int:
    """Go on with whatever waits or was left by a worker that died, and remove exports whose time is over; return how many wait."""
    waiting = 0
    for pk in PersonExport.objects.filter(state__in=OPEN).values_list("pk", flat=True)[:20]:
        waiting += 1
        go_on(make_export, pk)
    for pk in Erasure.objects.filter(state__in=OPEN).values_list("pk", flat=True)[:20]:
        waiting += 1
        go_on(carry_out_erasure, pk)
    for pk in RetentionRun.objects.filter(state__in=OPEN).values_list("pk", flat=True)[:20]:
        waiting += 1
        go_on(carry_out_run, pk)
    forget_exports()
    return waiting


def go_on(act: Callable[[Any], object], pk: uuid.UUID | int) -> None:
    """One that fails is logged, and keeps nobody else's from their turn."""
    try:
        act(pk)
    except Exception:
        logger.exception("privacy request %s failed", pk)


@shared_task
def retain() -> int:
    """Every night, the rules that somebody switched on: none is, until then. Return how many."""
    rules = list(RetentionRule.objects.filter(is_on=True).values_list("pk", flat=True))
    for rule_id in rules:
        go_on(partial(ask_for_run, by=None), rule_id)
    return len(rules)
