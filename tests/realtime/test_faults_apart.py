"""One thread, one list or one question that fails keeps nothing from the others (R21, R28)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.db import OperationalError

from accounts.models import User
from core.realtime.hub import Hub
from inbox import counting, topics
from inbox.actions.sending import write_note
from inbox.audience import Audience
from inbox.filters import InboxFilter
from inbox.watches import CONVERSATION, INBOX, ListWatch, ThreadWatch
from tests import factories
from tests.realtime.test_overtaken import Tab
from tests.running import run


class Broken(Exception):
    """What nobody thought of."""


def tab_of(user: User, *watches: ListWatch | ThreadWatch) -> Tab:
    tab = Tab(user)
    tab.watches = {each.name: (INBOX if isinstance(each, ListWatch) else CONVERSATION, each) for each in watches}
    return tab


def thread_of(pk: int) -> ThreadWatch:
    return ThreadWatch(name=f"thread {pk}", conversation_id=pk, change=0, version=0)


def deliver(ids: set[int], *tabs: Tab) -> None:
    async def work() -> None:
        hub = Hub()
        hub.sockets = set(tabs)  # type: ignore[arg-type]  # a Tab is enough of a Socket here
        await topics.InboxTopic().deliver(hub, ids)

    run(work())


def told(tab: Tab, type_: str) -> list[dict[str, Any]]:
    return [each for each in tab.frames if each["type"] == type_]


def fails_for(monkeypatch: pytest.MonkeyPatch, broken: int, error: Exception) -> None:
    """The reading of one conversation's thread fails."""
    read = topics.read_changes

    async def read_or_fail(conversation_id: int, *asked: Any) -> Any:
        if conversation_id == broken:
            raise error
        return await read(conversation_id, *asked)

    monkeypatch.setattr(topics, "read_changes", read_or_fail)


@pytest.mark.shows("R21", "R28")
def test_a_thread_that_cannot_be_read_keeps_nothing_from_lists_and_other_threads(
    committed_cast: factories.Cast, nobody_listens: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = committed_cast
    broken = factories.taken_conversation(cast).pk
    sound = factories.taken_conversation(cast, sender=factories.identity("595981333444")).pk
    write_note(sound, by=cast.luis, client_id=factories.client_id(), text="Se lee")
    looking, listing = (
        tab_of(cast.luis, thread_of(broken), thread_of(sound)),
        tab_of(cast.luis, ListWatch("list", InboxFilter())),
    )
    fails_for(monkeypatch, broken, Broken())
    deliver({broken, sound}, looking, listing)
    assert {each["conversation"] for each in told(looking, "messages")} == {sound}
    assert {each["row"]["id"] for each in told(listing, "put")} == {broken, sound}
    # It is not taken for told: the next delivery brings what this one could not.
    monkeypatch.undo()
    deliver({broken}, looking, listing)
    assert {each["conversation"] for each in told(looking, "messages")} == {sound, broken}


@pytest.mark.shows("R21")
def test_lists_are_told_also_where_the_threads_wait_for_the_database(
    committed_cast: factories.Cast, nobody_listens: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = committed_cast
    pk = factories.taken_conversation(cast).pk
    looking, listing = tab_of(cast.luis, thread_of(pk)), tab_of(cast.luis, ListWatch("list", InboxFilter()))
    fails_for(monkeypatch, pk, OperationalError("canceling statement due to statement timeout"))
    # The hub hears of it, and tries again.
    with pytest.raises(OperationalError):
        deliver({pk}, looking, listing)
    assert [each["row"]["id"] for each in told(listing, "put")] == [pk]


@pytest.mark.shows("R21", "R28")
def test_a_list_that_fails_keeps_nothing_from_the_others(
    committed_cast: factories.Cast, nobody_listens: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = committed_cast
    pk = factories.taken_conversation(cast).pk
    tabs = [tab_of(cast.luis, ListWatch("list", InboxFilter())) for _ in range(5)]
    for number in (0, 2, 4):
        monkeypatch.setattr(tabs[number], "push", fail)
    deliver({pk}, *tabs)
    assert [len(told(each, "put")) for each in tabs] == [0, 1, 0, 1, 0]


def fail(*_asked: object) -> None:
    raise Broken


ERRORS = [Broken(), OperationalError("canceling statement due to statement timeout")]


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.shows("R21", "R28")
def test_a_question_that_fails_leaves_the_others_their_counts_and_is_asked_again(
    committed_cast: factories.Cast, nobody_listens: None, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    cast = committed_cast
    factories.conversation(cast)
    luis, ana = (tab_of(user, ListWatch("list", InboxFilter())) for user in (cast.luis, cast.ana))
    count, asked = counting.read_counts, []

    async def count_or_fail(audience: Audience, question: InboxFilter) -> dict[str, Any]:
        asked.append(audience.user_id)
        if asked.count(cast.luis.pk) == 1 and audience.user_id == cast.luis.pk:
            raise error
        return await count(audience, question)

    monkeypatch.setattr(counting, "read_counts", count_or_fail)
    count_to_the_end(monkeypatch, luis, ana)
    # Ana was answered with the first round, and Luis alone asked again.
    assert sorted(asked) == sorted([cast.luis.pk, cast.ana.pk, cast.luis.pk])
    assert [[each["counts"]["pending"] for each in told(tab, "counts")] for tab in (luis, ana)] == [[1], [1]]


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.shows("R21", "R28")
def test_whoever_cannot_be_looked_up_is_counted_for_with_the_next_round(
    committed_cast: factories.Cast, nobody_listens: None, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    cast = committed_cast
    factories.conversation(cast)
    luis, ana = (tab_of(user, ListWatch("list", InboxFilter())) for user in (cast.luis, cast.ana))
    look, looks = counting.audience_of, 0

    async def look_or_fail(socket: Any) -> Audience:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise error
        return await look(socket)

    monkeypatch.setattr(counting, "audience_of", look_or_fail)
    count_to_the_end(monkeypatch, luis, ana)
    assert [[each["counts"]["pending"] for each in told(tab, "counts")] for tab in (luis, ana)] == [[1], [1]]


@pytest.mark.shows("R21")
def test_nobody_counts_for_a_tab_that_is_gone(
    committed_cast: factories.Cast, nobody_listens: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = tab_of(committed_cast.luis, ListWatch("list", InboxFilter()))
    tab.ended = True
    monkeypatch.setattr(counting, "read_counts", fail)
    count_to_the_end(monkeypatch, tab)
    assert tab.frames == []


def count_to_the_end(monkeypatch: pytest.MonkeyPatch, *tabs: Tab) -> None:
    """Until nobody waits for a count any more."""
    monkeypatch.setattr(counting, "COUNTS_SECONDS", 0.01)
    monkeypatch.setattr(counting, "COUNTS_MOST_SECONDS", 0.05)

    async def work() -> None:
        for tab in tabs:
            for _topic, watch in tab.watches.values():
                counting.count_soon(tab, watch)  # type: ignore[arg-type]  # a Tab is enough of a Socket here
        teller = counting.counting[asyncio.get_running_loop()].teller
        assert teller is not None
        await asyncio.wait_for(teller, 60)

    run(work())
