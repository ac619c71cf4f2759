"""Who may watch lists and threads, and what is pushed when conversations change (docs/socket.md)."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from django.utils import translation

from accounts.models import User
from core.api import encode
from core.realtime.bus import announce
from core.realtime.hub import DATABASE_AWAY, Hub
from core.realtime.hub import hub as socket_hub
from core.realtime.socket import Socket
from core.refusals import Invalid
from inbox import rows
from inbox.audience import Audience
from inbox.events import ConversationsTouched
from inbox.filters import InboxFilter
from inbox.listing import counts
from inbox.viewing import Doing, tell_doing

logger = logging.getLogger(__name__)

INBOX, CONVERSATION = "inbox", "conversation"
COUNTS_SECONDS, COUNTS_AT_ONCE = 0.5, 2
# After a round of counting it rests so many times as long as that took, and never longer than this.
COUNTS_REST, COUNTS_MOST_SECONDS = 3.0, 3.0
TURN_SECONDS = 0.005
FRAME_MESSAGES = 100
# More rows at once than a list shows: reading it anew costs everybody less than telling it row by row (R26).
ROWS_AT_ONCE = 250

read_rows = database_sync_to_async(rows.read_conversations, thread_sensitive=False)
read_audience = database_sync_to_async(
    lambda user_id: Audience.of(User.objects.get(pk=user_id)), thread_sensitive=False
)
read_counts = database_sync_to_async(counts, thread_sensitive=False)


def show(event: ConversationsTouched) -> None:
    """Wired to every event about conversations: ids only, once per event however many rows it touched."""
    announce(INBOX, event.conversation_ids)


@dataclass(eq=False)
class ListWatch:
    name: str
    asked: InboxFilter
    # Rows this watch was given: what may have to be taken back.
    given: set[int] = field(default_factory=set)


@dataclass(eq=False)
class ThreadWatch:
    name: str
    conversation_id: int
    change: int
    version: int
    # Whether this tab said that somebody sits before it (inbox.company).
    has_company: bool = False


class InboxTopic:
    """Lists of conversations. Also carries what changed to the threads, which are the same rows seen from nearer."""

    async def watch(self, socket: Socket, name: str, frame: Mapping[str, Any]) -> ListWatch | None:
        try:
            user = socket.scope["user"]
            asked = InboxFilter.read(as_parameters(frame.get("filter", {})), user_id=user.pk, time_zone=user.time_zone)
        except (Invalid, ValueError):
            socket.push(encode({"type": "error", "code": "malformed", "watch": name}))
            return None
        watch = ListWatch(name=name, asked=asked)
        socket.watches[name] = (INBOX, watch)
        socket.push(encode({"type": "watching", "watch": name}))
        return watch

    async def deliver(self, hub: Hub, ids: set[Any]) -> None:
        ids = {each for each in ids if isinstance(each, int)}
        batch = Batch(await read_rows(ids))
        # Somebody looks at these: they do not wait until everybody's lists are told.
        await deliver_threads(hub, ids, batch)
        turn = time.monotonic()
        for socket in list(hub.sockets):
            if time.monotonic() - turn > TURN_SECONDS:
                # Frames, pings and the ingress have their turn in the middle of a long row of sockets, but not after each of them:
                # a turn of the loop costs as much as a frame.
                await asyncio.sleep(0)
                turn = time.monotonic()
            audience = await audience_of(socket)
            for _topic, watch in list(socket.watches.values()):
                if isinstance(watch, ListWatch):
                    self.offer(socket, audience, watch, ids, batch)

    def offer(self, socket: Socket, audience: Audience, watch: ListWatch, ids: set[int], batch: Batch) -> None:
        if len(batch.found) > ROWS_AT_ONCE:
            self.offer_anew(socket, audience, watch, batch)
            return
        touched = False
        for conversation_id in ids:
            row = batch.found.get(conversation_id)
            if row is None:
                continue
            if audience.sees(row):
                touched = True
                belongs = watch.asked.matches(row)
                if belongs is None:
                    socket.push(encode({"type": "stale", "watch": watch.name}))
                elif belongs:
                    watch.given.add(conversation_id)
                    socket.push(batch.put(row, watch, socket, audience))
                else:
                    socket.push(drop(watch, row))
            elif conversation_id in watch.given or was_within_reach(audience, row):
                touched = True
                watch.given.discard(conversation_id)
                socket.push(drop(watch, row))
        if touched:
            count_soon(socket, watch)

    def offer_anew(self, socket: Socket, audience: Audience, watch: ListWatch, batch: Batch) -> None:
        if any(
            audience.sees(row) or row["id"] in watch.given or was_within_reach(audience, row)
            for row in batch.found.values()
        ):
            socket.push(encode({"type": "stale", "watch": watch.name}))
            count_soon(socket, watch)

    async def resync(self, hub: Hub) -> None:
        for socket in list(hub.sockets):
            for _topic, watch in list(socket.watches.values()):
                if isinstance(watch, ListWatch):
                    socket.push(encode({"type": "stale", "watch": watch.name}))
                    count_soon(socket, watch)


class ConversationTopic:
    """One conversation's thread. Its rows are announced under the inbox topic; here a watch is granted or refused."""

    async def watch(self, socket: Socket, name: str, frame: Mapping[str, Any]) -> ThreadWatch | None:
        asked = frame.get("conversation")
        # bool is an int to Python; a client that sends `true` means nothing we know.
        conversation_id = asked if isinstance(asked, int) and not isinstance(asked, bool) else None
        row = (await read_rows({conversation_id})).get(conversation_id) if conversation_id is not None else None
        audience = await audience_of(socket)
        if row is None or not audience.sees(row):
            # The same frame for what is not theirs and for what does not exist (S03).
            socket.push(encode({"type": "let_go", "watch": name, "id": conversation_id}))
            return None
        watch = ThreadWatch(name=name, conversation_id=row["id"], change=row["change"], version=row["version"])
        socket.watches[name] = (CONVERSATION, watch)
        # From here on everything is pushed: who has read as far as this already need not read again.
        socket.push(encode({"type": "watching", "watch": name, "change": watch.change, "version": watch.version}))
        return watch

    async def deliver(self, hub: Hub, ids: set[Any]) -> None:
        await deliver_threads(hub, ids, Batch(await read_rows(ids)))

    async def resync(self, hub: Hub) -> None:
        ids = {watch.conversation_id for socket in hub.sockets for watch in thread_watches(socket)}
        if ids:
            await deliver_threads(hub, ids, Batch(await read_rows(ids)))


class Batch:
    """Rows of one delivery, each encoded once per pair of eyes (whole or masked numbers) and language."""

    def __init__(self, found: dict[int, dict[str, Any]]) -> None:
        self.found = found
        self.encoded: dict[tuple[int, bool, str], bytes] = {}
        # The desk names its lists alike in every tab: the whole frame is the same for all with the same eyes.
        self.frames: dict[tuple[int, bool, str, str, str], bytes] = {}

    def put(self, row: dict[str, Any], watch: ListWatch, socket: Socket, audience: Audience) -> bytes:
        key = (row["id"], audience.sees_numbers, language_of(socket), watch.name, watch.asked.order)
        if key not in self.frames:
            self.frames[key] = b'{"type":"put","watch":%s,"row":%s,"sort_key":%s}' % (
                encode(watch.name),
                self.row(row, socket, audience),
                encode(watch.asked.sort_key(row)),
            )
        return self.frames[key]

    def row(self, row: dict[str, Any], socket: Socket, audience: Audience) -> bytes:
        key = (row["id"], audience.sees_numbers, language_of(socket))
        if key not in self.encoded:
            with translation.override(key[2]):
                self.encoded[key] = encode(rows.show_conversation(row, sees_numbers=audience.sees_numbers))
        return self.encoded[key]


async def deliver_threads(hub: Hub, ids: Iterable[int], batch: Batch) -> None:
    """Push what each watched thread does not have yet: one query per conversation, however many people watch it."""
    watching: dict[int, list[tuple[Socket, ThreadWatch]]] = {}
    for socket in list(hub.sockets):
        for watch in thread_watches(socket):
            if watch.conversation_id in batch.found and watch.conversation_id in ids:
                watching.setdefault(watch.conversation_id, []).append((socket, watch))
    for conversation_id, watchers in watching.items():
        row = batch.found[conversation_id]
        seen_by = []
        for socket, watch in watchers:
            if (await audience_of(socket)).sees(row):
                seen_by.append((socket, watch))
            else:
                await let_go(socket, watch)
        if seen_by:
            await deliver_thread(conversation_id, row, seen_by)


async def let_go(socket: Socket, watch: ThreadWatch) -> None:
    """Whoever may not see it any more is told so, and the others see them leave."""
    socket.watches.pop(watch.name, None)
    socket.push(encode({"type": "let_go", "watch": watch.name, "id": watch.conversation_id}))
    await leave_company(socket, watch)


async def leave_company(socket: Socket, watch: ThreadWatch) -> None:
    if watch.has_company:
        watch.has_company = False
        await asyncio.to_thread(tell_doing, watch.conversation_id, socket.scope["user"].pk, Doing.AWAY)


async def deliver_thread(conversation_id: int, row: dict[str, Any], watchers: list[tuple[Socket, ThreadWatch]]) -> None:
    after = min(watch.change for _socket, watch in watchers)
    languages = {language_of(socket) for socket, _watch in watchers}
    # Up to the counter of the row in hand: all of that was committed before either of the two queries, so neither can skip past
    # what commits between them. What came since was announced and follows.
    upto = row["change"]
    changes = {language: await read_changes(conversation_id, after, upto, language) for language in languages}
    for socket, watch in watchers:
        messages, events = changes[language_of(socket)]
        mine = [each for each in messages if each["change"] > watch.change]
        my_events = [each for each in events if each["change"] > watch.change]
        for start in range(0, max(len(mine), 1), FRAME_MESSAGES):
            if mine or my_events:
                chunk = mine[start : start + FRAME_MESSAGES]
                is_last = start + FRAME_MESSAGES >= len(mine)
                frame = {
                    "type": "messages", "watch": watch.name, "conversation": conversation_id,
                    # Whoever is cut off between two frames goes on from what they got.
                    "change": upto if is_last else chunk[-1]["change"],
                    "messages": chunk, "events": my_events if start == 0 else [],
                }  # fmt: skip
                socket.push(encode(frame))
        watch.change = max(watch.change, upto)
        if row["version"] > watch.version:
            watch.version = row["version"]
            socket.push(
                encode(
                    {"type": "detail", "watch": watch.name, "conversation": conversation_id, "version": row["version"]}
                )
            )


@partial(database_sync_to_async, thread_sensitive=False)
def read_changes(
    conversation_id: int, after: int, upto: int, language: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    with translation.override(language):
        return (
            rows.changed_messages(conversation_id, after, upto),
            rows.changed_events(conversation_id, after, upto),
        )


def count_soon(socket: Socket, watch: ListWatch) -> None:
    """At most two counts a second per list, fewer where many ask: a burst of a thousand rows is counted once at its end."""
    counting.setdefault(asyncio.get_running_loop(), Counting()).soon(socket, watch)


@dataclass(eq=False)
class Counting:
    """Lists of this process whose counts changed. One task counts for all of them: a task for each tab woke a thousand times a second.

    Whoever asks the same is counted for once, two questions at a time: a thousand tabs must not keep the database counting.
    """

    due: dict[ListWatch, Socket] = field(default_factory=dict)
    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(COUNTS_AT_ONCE))
    teller: asyncio.Task[None] | None = None

    def soon(self, socket: Socket, watch: ListWatch) -> None:
        self.due[watch] = socket
        if self.teller is None or self.teller.done():
            self.teller = asyncio.create_task(self.tell())

    async def tell(self) -> None:
        took = 0.0
        while self.due:
            # Two hundred agents are two hundred questions: counting never takes more than a share of the process from what is read.
            await asyncio.sleep(min(max(COUNTS_SECONDS, took * COUNTS_REST), COUNTS_MOST_SECONDS))
            began = time.monotonic()
            # Taken before counting: a row that changes while the database counts is counted once more.
            due, self.due = self.due, {}
            asking: dict[tuple[Audience, InboxFilter], list[tuple[Socket, ListWatch]]] = defaultdict(list)
            try:
                for watch, socket in due.items():
                    if is_followed(socket, watch):
                        # The audience of now, not of when the row changed: it may have shrunk meanwhile (S04).
                        question = (await audience_of(socket), replace(watch.asked, tray=None, order="-last_activity"))
                        asking[question].append((socket, watch))
                await asyncio.gather(*(self.answer(*each) for each in asking.items()))
            except DATABASE_AWAY as error:
                logger.warning("realtime: counts wait: %s", type(error).__name__)
                self.due = {**due, **self.due}
            except Exception:
                logger.exception("realtime: counts failed")
            took = time.monotonic() - began

    async def answer(self, question: tuple[Audience, InboxFilter], askers: list[tuple[Socket, ListWatch]]) -> None:
        async with self.turn:
            found = await read_counts(*question)
        frames: dict[str, bytes] = {}
        for socket, watch in askers:
            if is_followed(socket, watch):
                if watch.name not in frames:
                    frames[watch.name] = encode({"type": "counts", "watch": watch.name, "counts": found})
                socket.push(frames[watch.name])


# By loop, as the hub: one per process, and tests run several.
counting: WeakKeyDictionary[asyncio.AbstractEventLoop, Counting] = WeakKeyDictionary()


def is_followed(socket: Socket, watch: ListWatch) -> bool:
    """Whether the name still stands for this very watch: the client may have let go, or asked for another list."""
    return socket.watches.get(watch.name) == (INBOX, watch)


def thread_watches(socket: Socket) -> list[ThreadWatch]:
    return [watch for _topic, watch in socket.watches.values() if isinstance(watch, ThreadWatch)]


def drop(watch: ListWatch, row: Mapping[str, Any]) -> bytes:
    return encode({"type": "drop", "watch": watch.name, "id": row["id"], "version": row["version"]})


def was_within_reach(audience: Audience, row: Mapping[str, Any]) -> bool:
    """A row that just left somebody's sight (a colleague took it) may still stand in the list they read before."""
    return row["campaign_id"] in audience.campaign_ids or row["team_id"] in audience.team_ids


async def audience_of(socket: Socket) -> Audience:
    """Read once per socket and after each change of teams, campaigns or role (`forget_audience`)."""
    audience: Audience | None = getattr(socket, "audience", None)
    if audience is None:
        audience = socket.audience = await read_audience(socket.scope["user"].pk)
    return audience


async def renew_audience_if_changed(socket: Socket) -> None:
    known: Audience | None = getattr(socket, "audience", None)
    if known is not None and known != await read_audience(socket.scope["user"].pk):
        await renew_audience(socket_hub(), socket.scope["user"].pk)


async def renew_audience(hub: Hub, user_id: int) -> None:
    """What the user may see changed: lists are read again, and threads they lost are let go at once (S04)."""
    for socket in [each for each in hub.sockets if each.scope["user"].pk == user_id]:
        audience = socket.audience = await read_audience(user_id)
        ids = {watch.conversation_id for watch in thread_watches(socket)}
        found = await read_rows(ids) if ids else {}
        for watch in thread_watches(socket):
            row = found.get(watch.conversation_id)
            if row is None or not audience.sees(row):
                await let_go(socket, watch)
        for _topic, followed in list(socket.watches.values()):
            if isinstance(followed, ListWatch):
                followed.given.clear()
                socket.push(encode({"type": "stale", "watch": followed.name}))
                count_soon(socket, followed)


def language_of(socket: Socket) -> str:
    return str(getattr(socket.scope["user"], "language", "") or "es")


def as_parameters(asked: object) -> dict[str, list[str]]:
    """A JSON filter in the form of a query string: one reader for both doors."""
    if not isinstance(asked, Mapping) or len(asked) > 20:
        raise ValueError
    parameters = {}
    for name, value in asked.items():
        values = value if isinstance(value, list) else [value]
        if len(values) > 200:
            raise ValueError
        parameters[str(name)] = [as_text(each) for each in values]
    return parameters


def as_text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, str | int):
        return str(value)
    raise ValueError
