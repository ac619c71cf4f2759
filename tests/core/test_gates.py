"""The gate before an outside system: pace, room, circuit. On a real Redis, told the time, so that a machine that stalls changes nothing."""

from __future__ import annotations

import itertools

import pytest
from pytest_django import Settings

from core import gates
from core.gates import Limits, Pass, Probe, Reason, Wait

_keys = itertools.count(1)
WIDE = Limits(per_second=1000, at_once=1000)


class Clock:
    """The time as the gates are told it; it stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def tell(self) -> str:
        return f"{self.now:.6f}"

    def move(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    own = Clock()
    monkeypatch.setattr(gates, "told_time", own.tell)
    return own


@pytest.fixture
def key() -> str:
    name = f"test:{next(_keys)}"
    gates.reopen(name)
    return name


def enter(key: str, limits: Limits = WIDE) -> Pass | Wait | Probe:
    return gates.enter(key, limits, lasts_seconds=5)


def test_turns_are_handed_out_evenly_and_far_ones_not_at_all(key: str, clock: Clock) -> None:
    limits = Limits(per_second=10, at_once=100, nap_seconds=0.25)
    answers = [enter(key, limits) for _each in range(8)]
    passes = [each for each in answers if isinstance(each, Pass)]
    assert [round(each.delay_seconds, 1) for each in passes] == [0.0, 0.1, 0.2]
    waits = [each for each in answers if isinstance(each, Wait)]
    assert {each.reason for each in waits} == {Reason.PACE}
    # Nobody who was sent away has taken a turn: the next one is as near as it was.
    assert [round(each.seconds, 2) for each in waits] == [0.3] * 5
    clock.move(0.1)
    later = enter(key, limits)
    assert isinstance(later, Pass)
    assert round(later.delay_seconds, 2) == 0.2


def test_it_goes_by_redis_own_clock_where_nobody_tells_it_the_time(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    gates.shut(key, seconds=3600)
    refused = enter(key)
    assert isinstance(refused, Wait)
    assert 3000 < refused.seconds <= 3600
    gates.reopen(key)


@pytest.mark.shows("R20")
def test_uploads_never_take_all_the_room(key: str) -> None:
    limits = Limits(per_second=1000, at_once=4)
    uploads = [gates.enter(key, limits, lasts_seconds=135) for _each in range(4)]
    admitted = [each for each in uploads if isinstance(each, Pass)]
    assert [type(each) for each in uploads] == [Pass, Pass, Wait, Wait]
    # Texts go on beside them, and take the rest.
    texts = [enter(key, limits) for _each in range(3)]
    assert [type(each) for each in texts] == [Pass, Pass, Wait]
    # One upload ends: its place is anybody's.
    gates.leave(key, admitted[0].ticket, answered=True)
    assert isinstance(gates.enter(key, limits, lasts_seconds=135), Pass)
    # A number with room for one sends files all the same.
    gates.reopen(key)
    assert isinstance(gates.enter(key, Limits(per_second=1000, at_once=1), lasts_seconds=135), Pass)


def test_there_is_room_for_so_many_and_the_dead_are_forgotten(key: str, clock: Clock) -> None:
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
    clock.move(0.25)
    assert isinstance(enter(key, limits), Pass)


@pytest.mark.shows("R20")
def test_calls_without_an_answer_open_it_and_one_probe_decides(
    key: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gates, "OPEN_SECONDS", 0.2)
    for _each in range(gates.UNANSWERED_TO_OPEN):
        admitted = enter(key)
        assert isinstance(admitted, Pass)
        gates.leave(key, admitted.ticket, answered=False)
    refused = enter(key)
    assert isinstance(refused, Wait)
    assert refused.reason == Reason.BROKEN
    clock.move(0.25)
    assert isinstance(enter(key), Probe)
    assert isinstance(enter(key), Wait), "one caller probes, the others wait"
    gates.probed(key, answered=False)
    longer = enter(key)
    assert isinstance(longer, Wait)
    assert round(longer.seconds, 3) == 0.4, "twice as long as before"
    clock.move(0.45)
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
def test_too_fast_slows_it_down_once_and_it_climbs_back_to_just_below(key: str, clock: Clock) -> None:
    limits = Limits(per_second=80, at_once=100)
    assert gates.pace(key, limits) == 80
    for _each in range(10):
        # Ten calls that were under way together are one piece of news.
        gates.slow_down(key, limits)
    slowed = gates.pace(key, limits)
    assert slowed == 64
    clock.move(0.5)
    assert round(gates.pace(key, limits), 2) == 64.8
    clock.move(20)
    assert round(gates.pace(key, limits), 2) == 78


def test_whether_it_is_free_is_told_without_taking_a_turn(key: str, clock: Clock) -> None:
    limits = Limits(per_second=10, at_once=4)
    assert all(gates.is_free(key, limits) for _each in range(20))
    tickets = [
        admitted.ticket for _each in range(3) if isinstance(admitted := gates.enter(key, limits, lasts_seconds=5), Pass)
    ]
    assert len(tickets) == 3
    # The next turn is 0.3 s away, further than anybody sleeps for.
    assert not gates.is_free(key, limits)
    clock.move(0.3)
    assert gates.is_free(key, limits)
    assert not gates.is_free(key, Limits(per_second=10, at_once=3)), "no room for a fourth"
    gates.leave(key, tickets[0], answered=True)
    assert gates.is_free(key, Limits(per_second=10, at_once=3))
    gates.shut(key, seconds=1)
    assert not gates.is_free(key, limits)


def test_what_is_open_is_free_again_when_somebody_may_probe(key: str, clock: Clock) -> None:
    limits = Limits(per_second=1000, at_once=10)
    for _each in range(gates.UNANSWERED_TO_OPEN):
        admitted = enter(key)
        assert isinstance(admitted, Pass)
        gates.leave(key, admitted.ticket, answered=False)
    assert not gates.is_free(key, limits)
    clock.move(gates.OPEN_SECONDS + 0.1)
    assert gates.is_free(key, limits)
    assert isinstance(enter(key), Probe)
    assert not gates.is_free(key, limits), "one probes, nobody else looks for work"


def test_shut_is_shut_until_its_time(key: str, clock: Clock) -> None:
    gates.shut(key, seconds=0.3)
    gates.shut(key, seconds=0.1)
    refused = enter(key)
    assert isinstance(refused, Wait)
    assert refused.reason == Reason.SHUT
    assert round(refused.seconds, 3) == 0.3
    clock.move(0.35)
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
