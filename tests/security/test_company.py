"""Who looks and who writes is told to those who may see the conversation, and to nobody else (P0-31, S03)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from websockets.sync.client import ClientConnection

from core.realtime.bus import announce
from inbox import viewing
from inbox.actions.assignment import take_conversation
from inbox.viewing import Doing
from tests import factories
from tests.security.watching import closing_code, is_alive
from tests.stack import Stack, frame_like, frames_of, wait_until


def open_thread(opened: ClientConnection, conversation_id: int) -> None:
    frame_like(opened, type="hello")
    opened.send(
        json.dumps({"type": "watch", "watch": "thread", "topic": "conversation", "conversation": conversation_id})
    )


def tell(opened: ClientConnection, conversation_id: int, doing: str) -> None:
    opened.send(json.dumps({"type": "tell", "watch": "thread", "conversation": conversation_id, "doing": doing}))


def company(opened: ClientConnection) -> list[tuple[str, str]]:
    frame = frame_like(opened, type="company")
    return sorted((each["name"], each["doing"]) for each in frame["people"])


def company_of(frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in frames if each["type"] == "company"]


@pytest.mark.shows("P0-31")
def test_each_sees_who_else_looks_and_writes_and_that_they_left(stack: Stack) -> None:
    assert stack.cast is not None
    conversation = factories.taken_conversation(stack.cast)
    ana, luis = stack.login("ana"), stack.login("luis")
    with stack.socket(luis) as his:
        open_thread(his, conversation.pk)
        with stack.socket(ana) as hers:
            open_thread(hers, conversation.pk)
            tell(hers, conversation.pk, "looking")
            assert company(his) == [("Ana Gómez", "looking")]
            tell(hers, conversation.pk, "replying")
            assert company(his) == [("Ana Gómez", "replying")]
            tell(his, conversation.pk, "noting")
            wait_until(lambda: company(hers) == [("Luis Ferreira", "noting")], what="Luis's note")
            tell(hers, conversation.pk, "looking")
            wait_until(lambda: company(his) == [("Ana Gómez", "looking")], what="the end of the writing")
        # Her tab is gone: so is she.
        wait_until(lambda: company(his) == [], what="Ana's leaving")
    # Nothing of it was ever stored, and looking marked nothing as read.
    conversation.refresh_from_db()
    assert conversation.unread == 1


@pytest.mark.shows("P0-31", "S03", "S04")
def test_another_teams_company_is_neither_heard_nor_joined(stack: Stack) -> None:
    assert stack.cast is not None
    conversation = factories.taken_conversation(stack.cast)
    eva, luis = stack.login("eva"), stack.login("luis")
    with stack.socket(eva) as hers, stack.socket(luis) as his:
        for opened in (hers, his):
            open_thread(opened, conversation.pk)
        frame_like(hers, type="let_go")
        tell(hers, conversation.pk, "replying")
        tell(his, conversation.pk, "looking")
        # A forged announcement shows no more than a true one, and the company itself is nothing to be watched.
        announce("company", [conversation.pk])
        hers.send(json.dumps({"type": "watch", "watch": "mine", "topic": "company", "conversation": conversation.pk}))
        frame_like(hers, type="error", watch="mine")
        # The control: Luis, who may, hears it, and Eva is not among those who are there.
        assert company(his) == []
        with stack.socket(stack.login("admin")) as watching:
            open_thread(watching, conversation.pk)
            tell(watching, conversation.pk, "looking")
            assert company(watching) == [("Luis Ferreira", "looking")]
        assert company_of(frames_of(hers, seconds=1.0)) == []


@pytest.mark.shows("P0-31", "S04")
def test_whoever_lost_the_conversation_is_not_there_any_more(stack: Stack) -> None:
    assert stack.cast is not None
    conversation = factories.taken_conversation(stack.cast)
    ana, luis = stack.login("ana"), stack.login("luis")
    with stack.socket(ana) as hers, stack.socket(luis) as his:
        for opened in (hers, his):
            open_thread(opened, conversation.pk)
        tell(hers, conversation.pk, "looking")
        assert company(his) == [("Ana Gómez", "looking")]
        take_conversation(conversation.pk, by=stack.cast.luis)
        frame_like(hers, type="let_go")
        assert company(his) == []
        # Whatever her tab goes on saying.
        tell(hers, conversation.pk, "replying")
        assert company_of(frames_of(his, seconds=1.0)) == []


@pytest.mark.parametrize(
    "frame",
    [{"doing": "dancing"}, {"doing": None}, {"doing": ["looking"]}, {}, {"doing": "looking", "conversation": "7"}],
)
def test_a_frame_that_means_nothing_ends_the_socket(stack: Stack, frame: dict[str, Any]) -> None:
    assert stack.cast is not None
    conversation = factories.taken_conversation(stack.cast)
    with stack.socket(stack.login("ana")) as hers:
        open_thread(hers, conversation.pk)
        frame_like(hers, type="watching")
        hers.send(json.dumps({"type": "tell", "watch": "thread", "conversation": conversation.pk} | frame))
        assert closing_code(hers) == 4400


def test_what_is_told_of_another_conversation_or_of_no_watch_comes_late_and_is_passed_over(stack: Stack) -> None:
    assert stack.cast is not None
    first, second = factories.taken_conversation(stack.cast), factories.taken_conversation(stack.cast)
    with stack.socket(stack.login("ana")) as hers, stack.socket(stack.login("luis")) as his:
        open_thread(his, first.pk)
        open_thread(hers, second.pk)
        tell(hers, first.pk, "looking")
        hers.send(json.dumps({"type": "tell", "watch": "gone", "conversation": first.pk, "doing": "looking"}))
        assert is_alive(hers)
        assert company_of(frames_of(his, seconds=1.0)) == []


def test_a_word_is_believed_for_so_long_and_writing_becomes_looking_before_it_ends() -> None:
    now = 1_000.0
    until = now + viewing.WRITTEN_FOR_SECONDS
    assert viewing.still(Doing.REPLYING, until=until, now=now) is Doing.REPLYING
    assert viewing.still(Doing.REPLYING, until=until, now=until + 1) is Doing.LOOKING
    assert viewing.still(Doing.REPLYING, until=until, now=now + viewing.LOOKED_FOR_SECONDS + 1) is None
    assert viewing.still(Doing.LOOKING, until=until, now=until + 1) is None
