"""What bulk runs would do without what they are held by: the negative controls of R37, R39, R40 and R41."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable

import pytest
from django.db import OperationalError, transaction

from contacts.models import BaseMember
from core import outcomes
from processes.actions.asking import ask_for_run
from processes.actions.steering import cancel_run
from processes.catalogue import process_of
from processes.models import Run, RunItem
from tests.concurrency import together
from tests.factories import Cast
from tests.figures import control
from tests.processes.crowds import crowded_base, cycles
from tests.processes.runs import EMPTY, previewed, started

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


@pytest.mark.shows("R37")
def test_a_worker_that_does_all_in_one_go_heeds_nobody(committed_cast: Cast) -> None:
    base = crowded_base(committed_cast, 200)
    run = started(previewed("recycling", base, by=committed_cast.luis), by=committed_cast.luis)
    waiting = RunItem.objects.filter(run=run, result="pending").order_by("target")
    targets = list(waiting.values_list("target", flat=True))
    cancel_run(run.pk, by=committed_cast.luis)
    with transaction.atomic():
        outcomes.clear()
        process_of(run.kind).apply(run, targets)
    after = cycles(base).get(2, 0)
    control("R37", f"all in one go: {after} of {len(targets)} after it was cancelled", data="200 members", samples=1)
    assert after == len(targets)


@pytest.mark.shows("R39")
def test_rows_locked_in_any_order_deadlock(committed_cast: Cast) -> None:
    base = crowded_base(committed_cast, 10)
    first, last = BaseMember.objects.filter(base=base).order_by("pk").values_list("pk", flat=True)[:2]
    have_one = threading.Barrier(2, timeout=60)

    def holding(order: tuple[int, int]) -> Callable[[], bool]:
        def work() -> bool:
            try:
                with transaction.atomic():
                    BaseMember.objects.select_for_update().get(pk=order[0])
                    have_one.wait()
                    BaseMember.objects.select_for_update().get(pk=order[1])
            except OperationalError:
                return False
            return True

        return work

    went = together([holding((first, last)), holding((last, first))])
    deadlocks = went.count(False)
    control("R39", f"rows locked as they come: {deadlocks} of 2 ended by a deadlock", data="2 members", samples=2)
    assert deadlocks == 1


@pytest.mark.shows("R40")
def test_clicks_that_are_not_known_again_are_a_run_each(committed_cast: Cast) -> None:
    base = crowded_base(committed_cast, 10)
    said = EMPTY | {"base": base.pk}

    def click() -> int:
        return ask_for_run(process_of("reprocessing"), said, submission=uuid.uuid4(), by=committed_cast.luis).pk

    runs = set(together([click] * 4))
    control("R40", f"a submission of its own each: {len(runs)} runs of one form", data="4 clicks", samples=4)
    assert len(runs) == 4


@pytest.mark.shows("R41")
def test_a_selection_that_is_asked_anew_is_another_and_nobody_is_told(committed_cast: Cast) -> None:
    base = crowded_base(committed_cast, 200)
    run = previewed("recycling", base, by=committed_cast.luis)
    moved = BaseMember.objects.filter(base=base, state="retry").order_by("pk").values_list("pk", flat=True)[:7]
    BaseMember.objects.filter(pk__in=list(moved)).update(state="in_progress")
    anew = process_of(run.kind).selection(run.parameters, by=committed_cast.luis, run=run).filter(reason="").count()
    control(
        "R41",
        f"asked anew when it runs: {anew} where {run.expected} were confirmed, untold",
        data="200 members",
        samples=1,
    )
    assert anew == run.expected - 7
    assert Run.objects.get(pk=run.pk).reasons == run.preview
