"""The gate before an outside system: pace, room, circuit. On a real Redis, whose clock is real too: times are bounds, never exact."""

from __future__ import annotations

import itertools
import time

import pytest
from pytest_django import Settings

from core import gates
from core.gates import Limits, Pass, Probe, Reason, Wait

_keys = itertools.count(1)
WIDE = Limits(per_second=1000, at_once=1000)


@pytest.fixture
def key() -> str:
    name = f"test:{next(_keys)}"
    gates.reopen(name)
    return name


def enter(key: str, limits: Limits = WIDE) -> Pass | Wait | Probe:
    return gates.enter(key, limits, lasts_seconds=5)


def test_turns_are_handed_out_evenly_and_far_ones_not_at_all(key: str) -> None:
    limits = Limits(per_second=10, at_once=100, nap_seconds=0.25)
    answers = [enter(key, limits) for _each in range(8)]
    passes = [each for each in answers if isinstance(each, Pass)]
    assert [round(each.delay_seconds, 1) for each in passes] == [0.0, 0.1, 0.2]
    waits = [each for each in answers if isinstance(each, Wait)]
    assert {each.reason for each in waits} == {Reason.PACE}
    # Nobody who was sent away has taken a turn: the next one is as near as it was.
    assert all(0.2 < each.seconds <= 0.3 for each in waits)


def test_there_is_room_for_so_many_and_the_dead_are_forgotten(key: str) -> None:
    limits = Limits(per_second=1000, at_once=2)
    first, second = enter(key, limits), gates.enter(key, limits, lasts_seconds=0.2)
    assert isinstance(first, Pass)
    assert isinstance(second, Pass)
    third = enter(key, limits)
    assert isinstance(third, Wait)
    assert third.reason == Reason.ROOM
    gates.leave(key, first.ticket, answered=True)
    assert isinstance(enter(key, limits), Pass)
    # The second one never leaves: its time is over soon.
    time.sleep(0.25)
    assert isinstance(enter(key, limits), Pass)


@pytest.mark.shows("R20")
def test_calls_without_an_answer_open_it_and_one_probe_decides(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "OPEN_SECONDS", 0.2)
    for _each in range(gates.UNANSWERED_TO_OPEN):
        admitted = enter(key)
        assert isinstance(admitted, Pass)
        gates.leave(key, admitted.ticket, answered=False)
    refused = enter(key)
    assert isinstance(refused, Wait)
    assert refused.reason == Reason.BROKEN
    time.sleep(0.25)
    assert isinstance(enter(key), Probe)
    assert isinstance(enter(key), Wait), "one caller probes, the others wait"
    gates.probed(key, answered=False)
    longer = enter(key)
    assert isinstance(longer, Wait)
    assert 0.25 < longer.seconds <= 0.4
    time.sleep(0.45)
    assert isinstance(enter(key), Probe)
    gates.probed(key, answered=True)
    assert isinstance(enter(key), Pass)


def test_one_answer_forgets_the_silence_before_it(key: str) -> None:
    for answered in (False, False, True, False, False):
        admitted = enter(key)
        assert isinstance(admitted, Pass)
        gates.leave(key, admitted.ticket, answered=answered)
    assert isinstance(enter(key), Pass)


@pytest.mark.shows("R15")
def test_too_fast_slows_it_down_once_and_it_climbs_back_to_just_below(key: str) -> None:
    limits = Limits(per_second=80, at_once=100)
    assert gates.pace(key, limits) == 80
    for _each in range(10):
        # Ten calls that were under way together are one piece of news.
        gates.slow_down(key, limits)
    slowed = gates.pace(key, limits)
    assert 64 <= slowed < 65
    time.sleep(0.5)
    assert slowed < gates.pace(key, limits) <= 78


def test_shut_is_shut_until_its_time(key: str) -> None:
    gates.shut(key, seconds=0.3)
    gates.shut(key, seconds=0.1)
    refused = enter(key)
    assert isinstance(refused, Wait)
    assert refused.reason == Reason.SHUT
    assert 0.1 < refused.seconds <= 0.3
    time.sleep(0.35)
    assert isinstance(enter(key), Pass)


@pytest.mark.shows("R07")
def test_without_redis_everybody_goes_through(settings: Settings, key: str) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    gates.client.cache_clear()
    gates.prepared.cache_clear()
    try:
        admitted = enter(key, Limits(per_second=0.001, at_once=1))
        again = enter(key, Limits(per_second=0.001, at_once=1))
        assert isinstance(admitted, Pass)
        assert isinstance(again, Pass)
        gates.leave(key, admitted.ticket, answered=False)
    finally:
        gates.client.cache_clear()
        gates.prepared.cache_clear()
        gates.breaker.closed_until = 0.0
