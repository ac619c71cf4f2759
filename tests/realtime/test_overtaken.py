"""What commits while something is read, pushed or counted comes with the next (R21, R26, R27, R28)."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from accounts.models import User
from inbox import counting, rows, topics
from inbox.actions.assignment import release_conversation
from inbox.actions.receiving import receive_messages
from inbox.actions.sending import write_note
from inbox.api.messages import changes_after
from inbox.api.pages import message_page
from inbox.filters import InboxFilter
from inbox.models import Conversation
from inbox.watches import INBOX, ListWatch, ThreadWatch, read_rows
from tests import factories
from tests.concurrency import all_well, together
from tests.running import run


def commits_in_between(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Somebody else commits right after the messages were read and before the events are."""
    is_done = threading.Event()
    # Whoever asks over REST, and what is pushed, read them each in its own way.
    for name in ("message_rows", "changed_messages"):
        read = getattr(rows, name)

        def read_and_be_overtaken(*asked: Any, read: Callable[..., Any] = read) -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = read(*asked)
            if not is_done.is_set():
                is_done.set()
                all_well(together([act]))
            return found

        monkeypatch.setattr(rows, name, read_and_be_overtaken)


@pytest.mark.shows("R27")
def test_what_commits_between_two_readings_of_one_question_comes_with_the_next(
    committed_cast: factories.Cast, nobody_listens: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = committed_cast
    pk = factories.taken_conversation(cast).pk

    def overtake() -> None:
        write_note(pk, by=cast.luis, client_id=factories.client_id(), text="En medio")
        release_conversation(pk, by=cast.luis)

    commits_in_between(monkeypatch, overtake)
    first = changes_after(Conversation.objects.get(pk=pk), 0)
    second = changes_after(Conversation.objects.get(pk=pk), first["change"])
    messages = [each["text"] for each in (*first["results"], *second["results"])]
    events = [each["kind"] for each in (*first["events"], *second["events"])]
    assert (sorted(messages), sorted(events)) == (["En medio", "Hola"], ["assigned", "released"])


@pytest.mark.shows("R27", "R21")
def test_a_page_and_what_comes_after_it_leave_no_gap(
    committed_cast: factories.Cast, nobody_listens: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = committed_cast
    conversation = factories.taken_conversation(cast)
    commits_in_between(
        monkeypatch, lambda: write_note(conversation.pk, by=cast.luis, client_id=factories.client_id(), text="En medio")
    )
    page = message_page(Conversation.objects.get(pk=conversation.pk), limit=50, before="")
    after = changes_after(Conversation.objects.get(pk=conversation.pk), page["change"])
    assert {each["text"] for each in (*page["results"], *after["results"])} == {"Hola", "En medio"}


class Tab:
    """As much of a socket as a topic needs."""

    def __init__(self, user: User) -> None:
        self.scope = {"user": user}
        self.watches: dict[str, tuple[str, object]] = {}
        self.frames: list[dict[str, Any]] = []
        self.ended = False

    def push(self, frame: bytes) -> None:
        self.frames.append(json.loads(frame))


def deliver(tab: Tab, pk: int, watch: ThreadWatch) -> None:
    async def work() -> None:
        row = (await read_rows({pk}))[pk]
        await topics.deliver_thread(pk, row, [(tab, watch)])  # type: ignore[list-item]  # a Tab is enough of a Socket here

    run(work())


@pytest.mark.shows("R28", "R27")
def test_what_commits_while_a_push_is_read_comes_with_the_next_push(
    committed_cast: factories.Cast, nobody_listens: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = committed_cast
    pk = factories.taken_conversation(cast).pk
    tab, watch = Tab(cast.luis), ThreadWatch(name="thread", conversation_id=pk, change=0, version=0)

    def overtake() -> None:
        write_note(pk, by=cast.luis, client_id=factories.client_id(), text="En medio")
        release_conversation(pk, by=cast.luis)

    commits_in_between(monkeypatch, overtake)
    deliver(tab, pk, watch)
    deliver(tab, pk, watch)
    pushed = [each for each in tab.frames if each["type"] == "messages"]
    assert sorted(message["text"] for frame in pushed for message in frame["messages"]) == ["En medio", "Hola"]
    assert sorted(event["kind"] for frame in pushed for event in frame["events"]) == ["assigned", "released"]
    assert watch.change == Conversation.objects.get(pk=pk).change


@pytest.mark.shows("R21", "R27")
def test_what_is_told_while_a_watch_is_set_up_reaches_it_too(
    committed_cast: factories.Cast, nobody_listens: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the reading of the row and the watch it is told to whoever watched before; it may be all there is to tell for an hour."""
    cast = committed_cast
    pk = factories.taken_conversation(cast).pk
    looks = 0

    async def read_and_be_overtaken(ids: set[int]) -> dict[int, dict[str, Any]]:
        nonlocal looks
        looks += 1
        found = await read_rows(ids)
        if looks == 1:
            await sync_to_async(write_note)(pk, by=cast.luis, client_id=factories.client_id(), text="En medio")
        return found

    monkeypatch.setattr(topics, "read_rows", read_and_be_overtaken)
    before, tab = Conversation.objects.get(pk=pk), Tab(cast.luis)
    run(topics.ConversationTopic().watch(tab, "thread", {"conversation": pk}))  # type: ignore[arg-type]  # a Tab is enough of a Socket here
    assert [each["type"] for each in tab.frames] == ["watching", "messages", "detail"]
    standing, told, _detail = tab.frames
    # Who read the thread as far as this need not read again: the rest is pushed.
    assert (standing["change"], standing["version"]) == (before.change, before.version)
    assert [each["text"] for each in told["messages"]] == ["En medio"]
    assert told["change"] == Conversation.objects.get(pk=pk).change


@pytest.mark.shows("R21", "R26")
def test_a_burst_is_told_in_frames_of_a_hundred_and_whoever_is_cut_off_between_two_goes_on_from_there(
    committed_cast: factories.Cast, nobody_listens: None
) -> None:
    cast, sender = committed_cast, factories.identity()
    pk = factories.taken_conversation(cast, sender=sender).pk
    receive_messages(cast.account, [factories.inbound(f"{number}", sender=sender) for number in range(249)])
    tab, watch = Tab(cast.luis), ThreadWatch(name="thread", conversation_id=pk, change=0, version=0)
    deliver(tab, pk, watch)
    frames = [each for each in tab.frames if each["type"] == "messages"]
    assert [len(each["messages"]) for each in frames] == [100, 100, 50]
    assert [each["change"] for each in frames] == sorted({each["change"] for each in frames})
    everything = {each["id"] for frame in frames for each in frame["messages"]}
    for number, frame in enumerate(frames):
        told = {each["id"] for told in frames[: number + 1] for each in told["messages"]}
        rest = changes_after(Conversation.objects.get(pk=pk), frame["change"])
        assert told | {each["id"] for each in rest["results"]} == everything
    assert len(everything) == 250


@pytest.mark.shows("S04", "R28")
def test_a_row_that_changes_while_it_is_counted_is_counted_again(
    committed_cast: factories.Cast, nobody_listens: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two changes, the second while the database counts the first: the last word is of both."""
    cast = committed_cast
    monkeypatch.setattr(counting, "COUNTS_SECONDS", 0.05)
    tab = Tab(cast.luis)
    watch = ListWatch(name="list", asked=InboxFilter())
    tab.watches["list"] = (INBOX, watch)

    async def work() -> None:
        count, rounds = counting.read_counts, 0

        async def count_slowly(*args: Any) -> dict[str, Any]:
            nonlocal rounds
            rounds += 1
            found = await count(*args)
            if rounds == 1:
                await sync_to_async(factories.conversation)(cast)
                counting.count_soon(tab, watch)  # type: ignore[arg-type]  # a Tab is enough of a Socket here
            return found

        monkeypatch.setattr(counting, "read_counts", count_slowly)
        counting.count_soon(tab, watch)  # type: ignore[arg-type]  # as above
        teller = counting.counting[asyncio.get_running_loop()].teller
        assert teller is not None
        await teller

    run(work())
    assert [each["counts"]["pending"] for each in tab.frames] == [0, 1]
