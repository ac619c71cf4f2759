"""Frames that nobody should send: the socket is not to be broken from outside (S06, S19)."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests import factories
from tests.security.watching import about_work, closing_code, is_alive, watch
from tests.stack import Stack, frame_like, frames_of

CLOSING_FRAMES: dict[str, str | bytes] = {
    "one byte over the limit": json.dumps({"type": "ping", "x": "x" * (64 * 1024)}),
    "over the limit in bytes, not in letters": json.dumps({"type": "ping", "x": "ñ" * 40_000}, ensure_ascii=False),
    "1 MB": "x" * 1_000_000,
    "binary": b'{"type":"ping"}',
    "empty": "",
    "not JSON": "hello",
    "JSON with something after it": '{"type":"ping"}x',
    "a list": "[]",
    "a string": '"ping"',
    "null": "null",
    "NaN": '{"type":NaN}',
    "10,000 levels deep": "[" * 10_000 + "]" * 10_000,
    "deep in a frame": '{"type":"ping","x":' + '{"x":' * 10_000 + "1" + "}" * 10_001,
    "no type": "{}",
    "an unknown type": '{"type":"subscribe"}',
    "a type that is a list": '{"type":["ping"]}',
    "a type that is an object": '{"type":{"type":"ping"}}',
    "a frame of the server": '{"type":"put","watch":"list","row":{}}',
    "prototype": '{"__proto__":{"type":"ping"}}',
}
ODD_WATCHES: list[dict[str, Any]] = [
    {"topic": "inbox"},
    {"watch": None, "topic": "inbox"},
    {"watch": 7, "topic": "inbox"},
    {"watch": [], "topic": "inbox"},
    {"watch": {"a": 1}, "topic": "inbox"},
    {"watch": "x" * 41, "topic": "inbox"},
    {"watch": "a"},
    {"watch": "a", "topic": None},
    {"watch": "a", "topic": []},
    {"watch": "a", "topic": {"inbox": 1}},
    {"watch": "a", "topic": "nothing"},
    {"watch": "a", "topic": "__class__"},
    # What goes to everybody cannot be asked for.
    {"watch": "a", "topic": "sessions"},
    {"watch": "a", "topic": "access"},
    {"watch": "a", "topic": "people"},
    *(
        {"watch": "a", "topic": "inbox", "filter": odd}
        for odd in (
            None, [], "x", 7, {"tray": "everything"}, {"tray": ["pending", "attended"]}, {"tray": {"in": ["pending"]}}, {"team": "x"}, {"team": [None]},
            {"team": 1.5}, {"team": [[1]]}, {"team": -1}, {"order": "-owner__password"}, {"assignee": "them"}, {"unread": "maybe"}, {"search": "x"},
            {"search": ["uno", "dos"]}, {"contact__custom": "x"}, {"limit": 1000}, {"cursor": "x"}, {"team": list(range(201))}, {str(n): 1 for n in range(21)},
        )
    ),
]  # fmt: skip
# Two on a machine of its own (benchmarks/fanout.py has the milliseconds): beside other tests the clock is theirs, too.
SOON_SECONDS = 10.0

LET_GO: list[Any] = [None, "1", 1.5, True, [], {}, -1, 0, 2**63, 10**30]


@pytest.fixture
def bystander(stack: Stack) -> Iterator[ClientConnection]:
    """Luis, watching his list, whom none of this concerns."""
    with stack.socket(stack.login("luis")) as opened:
        frame_like(opened, type="hello")
        watch(opened, "list", topic="inbox", filter={})
        frame_like(opened, type="watching")
        yield opened


def sees_work_at_once(stack: Stack, bystander: ClientConnection) -> None:
    assert stack.cast is not None
    conversation = factories.conversation(stack.cast)
    while frame_like(bystander, type="put", seconds=SOON_SECONDS)["row"]["id"] != conversation.pk:
        pass


@pytest.mark.shows("S19")
def test_a_frame_that_makes_no_sense_closes_its_socket_and_no_other(stack: Stack, bystander: ClientConnection) -> None:
    ana, log = stack.login("ana"), stack.log("web")
    with ExitStack() as tabs:
        codes = {}
        for name, frame in CLOSING_FRAMES.items():
            opened = tabs.enter_context(stack.socket(ana))
            frame_like(opened, type="hello")
            opened.send(frame)
            codes[name] = closing_code(opened)
    assert codes == dict.fromkeys(CLOSING_FRAMES, 4400)
    sees_work_at_once(stack, bystander)
    # It was no error of ours.
    assert "Traceback" not in stack.log("web")[len(log) :]


@pytest.mark.shows("S19")
def test_frames_beyond_a_megabyte_and_messages_without_an_end_are_cut_off(
    stack: Stack, bystander: ClientConnection
) -> None:
    ana = stack.login("ana")

    def endless() -> Iterator[str]:
        for _piece in range(64):
            yield "x" * 65_536

    for huge in ("x" * 2_000_000, endless()):
        with stack.socket(ana) as opened:
            frame_like(opened, type="hello")
            try:
                opened.send(huge)
            except ConnectionClosed:
                pass
            assert closing_code(opened) in (1009, 1006)
    sees_work_at_once(stack, bystander)


@pytest.mark.shows("S19")
def test_too_many_frames_close_their_socket_and_slow_nobody(stack: Stack, bystander: ClientConnection) -> None:
    ana = stack.login("ana")
    with stack.socket(ana) as opened:
        frame_like(opened, type="hello")
        try:
            for _frame in range(10_000):
                opened.send('{"type":"ping"}')
        except ConnectionClosed:
            pass
        assert closing_code(opened) == 4400
    sees_work_at_once(stack, bystander)
    # A tab that just opened has a few things to ask, and may.
    with stack.socket(ana) as opened:
        frame_like(opened, type="hello")
        for number in range(60):
            watch(opened, f"w{number % 10}", topic="inbox", filter={})
        assert is_alive(opened)


@pytest.mark.shows("S19", "S06")
def test_a_watch_that_makes_no_sense_is_refused_with_constant_words_and_the_socket_lives_on(stack: Stack) -> None:
    ana, log = stack.login("ana"), stack.log("web")
    with stack.socket(ana) as opened:
        frame_like(opened, type="hello")
        for number, odd in enumerate(ODD_WATCHES):
            opened.send(json.dumps({"type": "watch", **odd}))
            answer = frame_like(opened, type="error")
            assert set(answer) == {"type", "code", "watch"}, odd
            assert (answer["code"], answer["watch"]) == ("malformed", str(odd.get("watch"))[:40]), odd
            if number % 10 == 9:
                # Not faster than a broken tab would be allowed to.
                time.sleep(0.1)
        for odd in LET_GO:
            watch(opened, "thread", topic="conversation", conversation=odd)
            is_number = isinstance(odd, int) and not isinstance(odd, bool) and abs(odd) < 2**64
            assert frame_like(opened, type="let_go")["id"] == (odd if is_number else None), odd
        assert is_alive(opened)
        # Nothing of all that is followed.
        assert stack.cast is not None
        factories.conversation(stack.cast)
        # That one waits in her campaign is news to Ana whatever she watches.
        assert {each["type"] for each in about_work(frames_of(opened, seconds=0.4))} <= {"news"}
    assert "Traceback" not in stack.log("web")[len(log) :]


@pytest.mark.shows("S19")
def test_one_tab_follows_sixteen_things_at_most(stack: Stack) -> None:
    ana = stack.login("ana")
    with stack.socket(ana) as opened:
        frame_like(opened, type="hello")
        for number in range(17):
            watch(opened, f"w{number}", topic="inbox", filter={})
        assert frame_like(opened, type="error")["watch"] == "w16"
        # One of them let go makes room; the same name again needs none.
        opened.send('{"type":"unwatch","watch":"w0"}')
        watch(opened, "w16", topic="inbox", filter={})
        watch(opened, "w16", topic="inbox", filter={"tray": "pending"})
        for _answer in range(2):
            frame_like(opened, type="watching", watch="w16")
