"""The clock of attention: every step has its turn, whatever befalls another; and news reach whom they concern."""

from __future__ import annotations

from typing import Any

import pytest
from celery import current_app
from django.conf import settings

from inbox import attention_tasks
from inbox.actions.assignment import take_conversation
from inbox.actions.distribution import assign_waiting
from inbox.news import ASSIGNED, LATE, OFFERED, UNOFFERED, whose
from tests import factories
from tests.factories import Cast
from tests.inbox.test_ringing import ready
from tests.running import run


@pytest.mark.shows("B-06")
def test_a_step_that_fails_holds_up_no_other(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks() -> int:
        raise RuntimeError

    def works() -> int:
        return 3

    monkeypatch.setattr(attention_tasks, "STEPS", (breaks, works))
    assert attention_tasks.tick() == {"works": 3}


def test_every_clock_ticks_for_a_task_that_exists() -> None:
    current_app.loader.import_default_modules()
    tasks = {each["task"] for each in settings.CELERY_BEAT_SCHEDULE.values()}
    assert {"inbox.attention_tasks.tick", "inbox.attention_tasks.end_offers"} <= tasks
    assert tasks <= set(current_app.tasks)


@pytest.fixture
def told(committed_cast: Cast) -> Any:
    """Who is told of these news, of everybody who is here."""
    here = {committed_cast.ana.pk, committed_cast.luis.pk, committed_cast.eva.pk}

    def ask(*wanted: str, also: int = 0) -> dict[int, list[tuple[str, int]]]:
        return run(whose(list(wanted), here | {also} - {0}))

    return ask


def test_what_rings_is_news_for_whom_it_rings(committed_cast: Cast, told: Any) -> None:
    cast = committed_cast
    beto = ready(cast)
    conversation = factories.conversation(cast)
    assert assign_waiting(conversation.pk) == cast.ana
    pk = conversation.pk
    assert told(f"{OFFERED}{pk}", also=beto.pk) == {cast.ana.pk: [(OFFERED, pk)]}
    assert told(f"{UNOFFERED}{pk}") == {}
    take_conversation(pk, by=beto)
    assert told(f"{OFFERED}{pk}", also=beto.pk) == {}
    assert told(f"{UNOFFERED}{pk}") == {cast.ana.pk: [(UNOFFERED, pk)]}
    assert told(f"{LATE}{pk}", f"{ASSIGNED}{pk}", also=beto.pk) == {beto.pk: [(LATE, pk), (ASSIGNED, pk)]}
