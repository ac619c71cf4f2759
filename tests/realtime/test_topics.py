"""What is pushed is what a fresh look would show, for everybody and after everything (R21, R27, R28)."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any, TypeVar

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Permission
from django.db import connections, transaction
from django.utils import timezone

from accounts.models import User
from campaigns.models import Campaign
from config.wiring import SUBSCRIBERS
from connectors.kinds import MessageKind, MessageStatus
from contacts.models import Contact
from core.events import Event
from inbox import counting, rows, topics
from inbox.actions.assignment import release_conversation, take_conversation
from inbox.actions.changing import apply_changes
from inbox.actions.closing import close_conversation
from inbox.actions.copies import renew_contact_copies
from inbox.actions.moving import begin_conversation, reopen_conversation
from inbox.actions.reading import mark_read
from inbox.actions.receiving import receive_messages
from inbox.actions.renumbering import follow_customers
from inbox.actions.sending import discard_message, send_message, write_note
from inbox.actions.statuses import apply_statuses
from inbox.api.messages import changes_after
from inbox.api.pages import message_page
from inbox.events import ConversationsTouched
from inbox.filters import InboxFilter
from inbox.models import Conversation, ConversationEvent, Message
from inbox.watches import INBOX, ListWatch, ThreadWatch, read_rows
from tests import factories
from tests.concurrency import all_well, scaled, together
from tests.figures import control, figure
from tests.realtime.panel import Panel, agree, differences, keep_newer, panel_of
from tests.running import run
from tests.stack import Stack, frame_like, wait_until

T = TypeVar("T")

# --- Old snapshot + pushes == fresh snapshot ------------------------------------------------------------------------------------------


class Shift:
    """One conversation and what happens to it, done in this process; the server only hears that something changed."""

    def __init__(self, cast: factories.Cast) -> None:
        self.cast = cast
        self.sender = factories.identity()
        Campaign.objects.filter(pk=cast.campaign.pk).update(reopen_within_h=24)
        self.pk = factories.conversation(cast, sender=self.sender).pk

    def hear(self, text: str = "Hola", **changes: Any) -> None:
        receive_messages(self.cast.account, [factories.inbound(text, sender=self.sender, **changes)])

    def hear_somebody_new(self) -> None:
        factories.conversation(self.cast, "Soy nueva")

    def take(self, by: str = "ana") -> None:
        take_conversation(self.pk, by=getattr(self.cast, by))

    def answer(self) -> Message:
        return send_message(self.pk, by=self.cast.ana, client_id=factories.client_id(), text="Te escucho")[0]

    def read_by_the_customer(self) -> None:
        apply_statuses(self.cast.account, [factories.status_update(self.newest_reply(), MessageStatus.READ)])

    def fail_and_discard(self) -> None:
        message = self.newest_reply()
        Message.objects.filter(pk=message.pk).update(status="sent")
        apply_statuses(
            self.cast.account, [factories.status_update(fresh(message), MessageStatus.FAILED, error_code=131026)]
        )
        discard_message(self.pk, message.pk, by=self.cast.ana)

    def newest_reply(self) -> Message:
        message = Message.objects.filter(conversation=self.pk, direction="out", is_note=False).latest("id")
        settled(message)
        return fresh(message)

    def react(self, emoji: str = "👍") -> None:
        """To what Ana answered, and to what the customer wrote themselves."""
        for target in (self.newest_reply(), self.newest_word()):
            self.change(MessageKind.REACTION, emoji, target)

    def edit(self) -> None:
        self.change(MessageKind.EDIT, "Mejor dicho: buenas", self.newest_word())

    def revoke(self) -> None:
        """What was quoted, so that the reply shows it too."""
        word = self.newest_word()
        self.hear("Eso que dije", reply_to_provider_id=word.provider_id)
        self.change(MessageKind.REVOKE, "", word)

    def reply_before_its_original(self) -> None:
        at = timezone.now()
        self.hear("Respondo", reply_to_provider_id="wamid.late", at=at)
        self.hear("Lo de antes", provider_id="wamid.late", at=at - timezone.timedelta(minutes=1))

    def change_number(self) -> None:
        to = factories.identity("595981777888")
        news = factories.inbound("", sender=self.sender, kind=MessageKind.SYSTEM, changed_to=to)
        follow_customers(self.cast.account, [news])

    def change(self, kind: MessageKind, text: str, target: Message) -> None:
        changed = factories.inbound(text, sender=self.sender, kind=kind, target_provider_id=target.provider_id)
        apply_changes(self.cast.account, [changed])

    def newest_word(self) -> Message:
        return Message.objects.filter(conversation=self.pk, direction="in").latest("id")

    def note(self) -> None:
        write_note(self.pk, by=self.cast.luis, client_id=factories.client_id(), text="Ojo con la dirección")

    def read(self) -> None:
        newest = Message.objects.filter(conversation=self.pk, direction="in").latest("id")
        assert mark_read(self.pk, by=self.cast.ana, up_to=newest.pk)

    def rename(self) -> None:
        contact = Conversation.objects.get(pk=self.pk).contact
        Contact.objects.filter(pk=contact.pk).update(first_name="Rosa", is_vip=True)
        renew_contact_copies(contact.pk)

    def release(self) -> None:
        release_conversation(self.pk, by=self.cast.ana)

    def begin(self) -> None:
        begin_conversation(self.pk, by=self.cast.luis)

    def reopen(self) -> None:
        reopen_conversation(self.pk, by=self.cast.luis)

    def close(self) -> None:
        close_conversation(self.pk, by=self.cast.luis, typification_id=factories.leaf().pk, note="Listo")


def fresh(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)


def settled(message: Message) -> None:
    """The worker has handed it over: what the test does next is not mixed with that."""
    wait_until(lambda: not hasattr(fresh(message), "outbox_entry") and fresh(message).provider_id, what="the sending")


# What makes each event happen, in the order of a shift. An event without a line here fails the test.
STORY: list[tuple[str, Callable[[Shift], object]]] = [
    ("MessagesReceived", Shift.hear),
    ("ConversationsQueued", Shift.hear_somebody_new),
    ("ConversationAssigned", Shift.take),
    ("ConversationRead", Shift.read),
    ("MessageQueued", Shift.answer),
    ("MessagesChanged", Shift.read_by_the_customer),
    ("MessagesChanged", Shift.react),
    ("MessagesChanged", lambda shift: shift.react("")),
    ("MessagesChanged", Shift.edit),
    ("MessagesChanged", Shift.revoke),
    ("MessagesChanged", Shift.reply_before_its_original),
    ("MessagesChanged", Shift.change_number),
    ("NoteWritten", Shift.note),
    ("MessagesReceived", lambda shift: shift.hear("Tarde", at=timezone.now() - timezone.timedelta(hours=3))),
    ("MessagesChanged", Shift.fail_and_discard),
    ("ContactCopiesRenewed", Shift.rename),
    ("ConversationReleased", Shift.release),
    # The supervisor takes it: Ana must let go of what she has open.
    ("ConversationAssigned", lambda shift: shift.take("luis")),
    ("ConversationMoved", Shift.begin),
    ("ConversationClosed", Shift.close),
    ("ConversationReopened", Shift.reopen),
]  # fmt: skip


def kinds_of(event: type[Event]) -> Iterator[type[Event]]:
    for each in event.__subclasses__():
        yield each
        yield from kinds_of(each)


@pytest.mark.shows("R28")
def test_every_event_of_the_inbox_has_its_place_in_the_story() -> None:
    assert {each.__name__ for each in kinds_of(ConversationsTouched)} == {name for name, _action in STORY}
    assert set(kinds_of(ConversationsTouched)) <= set(SUBSCRIBERS)


@pytest.mark.shows("R28", "P0-11")
@pytest.mark.faults
def test_old_snapshot_and_pushes_are_the_fresh_snapshot_after_every_event(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stack.cast is not None
    published: list[str] = []
    for kind in kinds_of(ConversationsTouched):
        listeners = [*SUBSCRIBERS[kind], lambda event: published.append(type(event).__name__)]
        monkeypatch.setitem(SUBSCRIBERS, kind, listeners)
    shift = Shift(stack.cast)
    took = []
    with ExitStack() as tabs:
        people = {name: stack.login(name) for name in ("ana", "luis", "admin")}
        panels = [
            panel_of(name, tabs.enter_context(stack.socket(client)), client, threads=[shift.pk])
            for name, client in people.items()
        ]
        for number, (name, act) in enumerate(STORY):
            published.clear()
            before = [panel.shown(panel.state) for panel in panels]
            act(shift)
            assert name in published, f"step {number} announced {published}"
            began = time.monotonic()
            try:
                agree(panels)
            except AssertionError as error:
                raise AssertionError(f"after step {number}, {name}:\n{error}") from None
            took.append(time.monotonic() - began)
            # It is no story if nobody sees a difference.
            assert any(was != panel.shown(panel.state) for was, panel in zip(before, panels, strict=True)), (
                f"step {number}, {name}"
            )
        kinds = Counter(frame["type"] for panel in panels for frame in panel.frames)
    # Everything the contract has to say about work was said at least once.
    assert set(kinds) >= {"put", "drop", "counts", "messages", "detail", "let_go"}
    figure(
        "R28", f"the same as a fresh snapshot after each step, within {max(took):.2f} s; frames {dict(kinds)}",
        data=f"{len({name for name, _ in STORY})} kinds of event, 3 people, a thread and two or three lists each", samples=len(STORY),
    )  # fmt: skip


@pytest.mark.shows("R28")
@pytest.mark.faults
def test_a_panel_that_loses_one_push_is_found_out(stack: Stack) -> None:
    """The control of the test above: without one of the frames it fails."""
    assert stack.cast is not None
    shift = Shift(stack.cast)
    luis = stack.login("luis")
    with stack.socket(luis) as opened:
        panel = panel_of("luis", opened, luis, threads=[shift.pk])
        shift.note()
        frame_like(opened, type="messages")
        with pytest.raises(AssertionError, match="pushed") as caught:
            agree([panel], seconds=0.6)
    control("R28", f"without one of its frames: {str(caught.value).splitlines()[0][:120]}", data="one thread", samples=1)  # fmt: skip


# --- Whose eyes, whose words --------------------------------------------------------------------------------------------------------


@pytest.mark.shows("B-10", "S05")
def test_numbers_are_masked_for_who_may_not_see_them_in_the_very_same_burst(stack: Stack) -> None:
    assert stack.cast is not None
    cast = stack.cast
    blind = factories.agent_of(cast, "beto")
    blind.groups.clear()
    blind.user_permissions.add(Permission.objects.get(codename="view_team_conversations"))
    beto, luis = stack.login("beto"), stack.login("luis")
    with stack.socket(beto) as his, stack.socket(luis) as full:
        for opened in (his, full):
            frame_like(opened, type="hello")
            opened.send('{"type":"watch","watch":"list","topic":"inbox","filter":{}}')
            frame_like(opened, type="watching")
        # Without a name the number is the name.
        conversation = factories.conversation(cast, sender=factories.identity(name=""))
        masked, whole = (frame_like(opened, type="put")["row"] for opened in (his, full))
    assert whole["number"].replace(" ", "") == f"+{factories.ROCIO}" == whole["name"].replace(" ", "")
    assert masked["number"] == masked["name"]
    assert factories.ROCIO[-6:] not in masked["number"].replace(" ", "")
    assert sum(char.isdigit() for char in masked["number"]) <= 6
    address = f"/api/v1/conversations/{conversation.pk}/"
    texts = [
        beto.get(each).text
        for each in (
            address,
            "/api/v1/conversations/",
            "/api/v1/contacts/",
            f"/api/v1/contacts/{conversation.contact_id}/",
        )
    ]
    assert [text for text in texts if "651351" in text.replace(" ", "") or "651 351" in text] == []
    assert beto.get("/api/v1/conversations/").json()["results"][0] == masked
    assert "651 351" in luis.get(address).text


@pytest.mark.shows("004-33", "P0-11")
def test_each_socket_speaks_its_readers_language(stack: Stack) -> None:
    assert stack.cast is not None
    cast = stack.cast
    User.objects.filter(username="luis").update(language="en")
    User.objects.filter(username="admin").update(language="pt-br")
    conversation = factories.taken_conversation(cast)
    message, _ = send_message(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="Hola")
    settled(message)
    said: dict[str, str] = {}
    with ExitStack() as tabs:
        people = {name: stack.login(name) for name in ("ana", "luis", "admin")}
        opened = {name: tabs.enter_context(stack.socket(client)) for name, client in people.items()}
        for each in opened.values():
            frame_like(each, type="hello")
            each.send(
                json.dumps(
                    {"type": "watch", "watch": "thread", "topic": "conversation", "conversation": conversation.pk}
                )
            )
            frame_like(each, type="watching")
        Message.objects.filter(pk=message.pk).update(status="sent")
        apply_statuses(cast.account, [factories.status_update(fresh(message), MessageStatus.FAILED, error_code=131026)])
        for name, each in opened.items():
            pushed = frame_like(each, type="messages")["messages"][-1]
            page = people[name].get(f"/api/v1/conversations/{conversation.pk}/messages/").json()
            assert pushed == next(found for found in page["results"] if found["id"] == message.pk)
            said[name] = pushed["failure"]["reason"]
    assert len(set(said.values())) == 3, said


# --- Cut off ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.faults
@pytest.mark.shows("R21")
def test_a_socket_that_was_cut_catches_up_with_everything_and_nothing_twice(stack: Stack) -> None:
    assert stack.cast is not None
    cast, events, away = stack.cast, scaled(small=100, full=500), scaled(small=5, full=30)
    sender = factories.identity()
    conversation = factories.taken_conversation(cast, sender=sender)
    ana = stack.login("ana")
    address = f"/api/v1/conversations/{conversation.pk}/messages/"
    written: list[str] = []
    reconnected = threading.Event()

    def work() -> None:
        dice = random.Random(21)
        for number in range(events):
            text = f"número {number}"
            if dice.random() < 0.5:
                receive_messages(cast.account, [factories.inbound(text, sender=sender)])
            else:
                write_note(conversation.pk, by=cast.luis, client_id=factories.client_id(), text=text)
            written.append(text)
            if number % 9 == 8:
                release_conversation(conversation.pk, by=cast.luis)
                take_conversation(conversation.pk, by=cast.ana)
            if number == events * 9 // 10:
                # The rest comes while she is reading up.
                reconnected.wait(away + 10)
            time.sleep(away / events * 0.8)

    with stack.socket(ana) as opened:
        panel = panel_of("ana", opened, ana, threads=[conversation.pk])
        worker = threading.Thread(target=closing_connections(work), daemon=True)
        worker.start()
        panel.listen(seconds=0.3)
        # Not a goodbye: the line goes dead.
        opened.socket.shutdown(socket.SHUT_RDWR)
    time.sleep(max(0.0, away - 0.3))
    missed = Conversation.objects.get(pk=conversation.pk).change - panel.state.threads[conversation.pk]["change"]
    with stack.socket(ana) as opened:
        panel.opened = opened
        began = time.monotonic()
        reconnected.set()
        held = panel.state.threads[conversation.pk]
        frame_like(opened, type="hello")
        for name, asked in panel.lists.items():
            opened.send(json.dumps({"type": "watch", "watch": name, "topic": "inbox", "filter": asked}))
        opened.send(
            json.dumps({"type": "watch", "watch": "thread", "topic": "conversation", "conversation": conversation.pk})
        )
        for _watch in (*panel.lists, "thread"):
            frame_like(opened, type="watching")
        # What stood on the screen stays; only what changed since is asked for.
        asked_for = 0
        while True:
            page = ana.get(address, params={"after_change": held["change"]}).json()
            for each in page["results"]:
                keep_newer(held["messages"], each)
            for each in page["events"]:
                keep_newer(held["events"], each)
            asked_for += 1
            held["change"] = page["change"]
            if not page["more"]:
                break
        took = time.monotonic() - began
        lists = panel.snapshot()
        panel.state.lists, panel.state.counts = lists.lists, lists.counts
        worker.join(away + 30)
        assert not worker.is_alive()
        # The page shows the newest hundred; what is older was read before.
        settle(panel, conversation.pk)
    shown = Counter(each["text"] for each in panel.state.threads[conversation.pk]["messages"].values())
    assert shown == Counter(["Hola", *written])
    assert (
        len(panel.state.threads[conversation.pk]["events"])
        == ConversationEvent.objects.filter(conversation=conversation).count()
    )
    assert took <= 2
    figure(
        "R21", f"caught up by {asked_for} requests in {took:.2f} s, 0 missing, 0 twice", data=f"cut for {away} s, {missed} changes not heard", samples=events
    )  # fmt: skip
    control("R21", f"a tab that goes on with what comes next: {missed} changes never shown", data=f"cut for {away} s", samples=events)  # fmt: skip
    assert missed


def settle(panel: Panel, pk: int) -> None:
    """Listen until the thread is what a fresh look, page by page, shows."""
    until = time.monotonic() + 5
    while True:
        panel.listen(seconds=0.2)
        found: dict[int, dict[str, Any]] = {}
        events: dict[int, dict[str, Any]] = {}
        before = ""
        while True:
            params = {"limit": "100"} | ({"before": before} if before else {})
            page = panel.client.get(f"/api/v1/conversations/{pk}/messages/", params=params).json()
            found |= {each["id"]: each for each in page["results"]}
            events |= {each["id"]: each for each in page["events"]}
            before = page["previous"]
            if not before:
                break
        held = panel.state.threads[pk]
        apart = differences(held["messages"], found) + differences(held["events"], events)
        lists = differences(panel.shown(panel.state)["lists"], panel.shown(panel.snapshot())["lists"])
        if not apart and not lists:
            return
        assert time.monotonic() < until, "\n".join([*apart[:10], *lists[:10]])


def closing_connections(work: Callable[[], T]) -> Callable[[], T]:
    """The same for a thread: it leaves no connection behind."""

    def run_it() -> T:
        try:
            return work()
        finally:
            connections.close_all()

    return run_it


# --- Written by many at once --------------------------------------------------------------------------------------------------------


@pytest.fixture
def nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """These ask the database only; nothing is to run in a worker because of them."""
    for kind in SUBSCRIBERS:
        monkeypatch.setitem(SUBSCRIBERS, kind, [])


@pytest.mark.faults
@pytest.mark.shows("R27")
def test_asking_for_what_changed_misses_nothing_of_eight_writers(
    committed_cast: factories.Cast, nobody_listens: None
) -> None:
    cast, each_writes = committed_cast, scaled(small=25, full=5000)
    ids = [factories.taken_conversation(cast).pk for _number in range(8)]
    writing = threading.Event()
    writing.set()

    def write(seed: int) -> Callable[[], None]:
        def work() -> None:
            dice = random.Random(seed)
            for number in range(each_writes):
                pk = dice.choice(ids)
                # Between the insert and the commit there is always some time; here it is long enough to be seen in a test.
                with transaction.atomic():
                    write_note(pk, by=cast.luis, client_id=factories.client_id(), text=f"{seed}/{number}")
                    if number % 5 == 0:
                        take_conversation(pk, by=cast.ana if number % 10 else cast.luis) if is_free_for(
                            pk, cast, number
                        ) else None
                    time.sleep(dice.random() * 0.004)

        return work

    def follow() -> tuple[dict[int, int], set[int]]:
        """Every conversation by its own counter."""
        messages: dict[int, int] = {}
        events: set[int] = set()
        reached = dict.fromkeys(ids, 0)
        last_round = False
        while not last_round:
            last_round = not writing.is_set()
            # They ask often, but leave the writers some of the processor.
            time.sleep(0.005)
            for pk in ids:
                page = changes_after(Conversation.objects.get(pk=pk), reached[pk])
                messages |= {each["id"]: each["change"] for each in page["results"]}
                events |= {each["id"] for each in page["events"]}
                last_round = last_round and not page["more"]
                reached[pk] = page["change"]
        return messages, events

    def follow_naively() -> set[int]:
        """`id > last` over the serial column."""
        seen: set[int] = set()
        last, last_round = 0, False
        while not last_round:
            last_round = not writing.is_set()
            time.sleep(0.001)
            found = list(Message.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True))
            seen |= set(found)
            last = max(found, default=last)
        return seen

    with ThreadPoolExecutor(10) as pool:
        followed, naively = (pool.submit(closing_connections(each)) for each in (follow, follow_naively))
        writers = [pool.submit(closing_connections(write(seed))) for seed in range(8)]
        try:
            for writer in writers:
                writer.result()
        finally:
            writing.clear()
        (messages, events), naive = followed.result(), naively.result()
    everything = set(Message.objects.values_list("pk", flat=True))
    assert len(everything) == 8 * each_writes + 8
    missed, missed_naively = everything - set(messages), everything - naive
    data = f"8 writers x {each_writes}"
    figure(
        "R27", f"asking after a change: {len(missed)} of {len(everything)} missed", data=data, samples=len(everything)
    )
    control(
        "R27", f"«id > last»: {len(missed_naively)} of {len(everything)} missed", data=data, samples=len(everything)
    )
    assert missed == set()
    assert events == set(ConversationEvent.objects.values_list("pk", flat=True))
    assert messages == dict(Message.objects.values_list("pk", "change"))
    # The control: the obvious way loses some.
    assert missed_naively


def is_free_for(pk: int, cast: factories.Cast, number: int) -> bool:
    """Whether this writer may take it now: a supervisor from anybody, an agent only what is nobody's."""
    conversation = Conversation.objects.select_for_update().get(pk=pk)
    return conversation.assignee_id != cast.luis.pk if number % 10 == 0 else conversation.assignee_id is None


def commits_in_between(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Somebody else commits right after the messages were read and before the events are."""
    read, is_done = rows.message_rows, threading.Event()

    def read_and_be_overtaken(queryset: Any) -> list[dict[str, Any]]:
        found = read(queryset)
        if not is_done.is_set():
            is_done.set()
            all_well(together([act]))
        return found

    monkeypatch.setattr(rows, "message_rows", read_and_be_overtaken)


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
        counting.count_soon(tab, watch)  # type: ignore[arg-type]
        teller = counting.counting[asyncio.get_running_loop()].teller
        assert teller is not None
        await teller

    run(work())
    assert [each["counts"]["pending"] for each in tab.frames] == [0, 1]
