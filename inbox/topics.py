"""Who may watch lists and threads, and what is pushed when conversations change (docs/socket.md)."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from channels.db import database_sync_to_async
from django.utils import translation

from core.api import encode
from core.realtime.bus import announce
from core.realtime.hub import DATABASE_AWAY, Hub
from core.realtime.hub import hub as socket_hub
from core.realtime.socket import Socket
from core.refusals import Invalid
from inbox import rows
from inbox.audience import Audience
from inbox.counting import count_soon
from inbox.events import ConversationsTouched
from inbox.filters import InboxFilter
from inbox.viewing import Doing, tell_doing
from inbox.watches import (
    CONVERSATION,
    INBOX,
    ListWatch,
    ThreadWatch,
    audience_of,
    is_followed,
    language_of,
    read_audience,
    read_rows,
    thread_watches,
)

logger = logging.getLogger(__name__)

TURN_SECONDS = 0.005
FRAME_MESSAGES = 100
# More rows at once than a list shows: reading it anew costs everybody less than telling it row by row (R26).
ROWS_AT_ONCE = 250


def show(event: ConversationsTouched) -> None:
    """Wired to every event about conversations: ids only, once per event however many rows it touched."""
    announce(INBOX, event.conversation_ids)


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
        # Somebody looks at these: they do not wait until everybody's lists are told, nor do the lists suffer what befalls them.
        try:
            await deliver_threads(hub, ids, batch)
        finally:
            await self.deliver_lists(hub, ids, batch)

    async def deliver_lists(self, hub: Hub, ids: set[int], batch: Batch) -> None:
        turn = time.monotonic()
        for socket in list(hub.sockets):
            if time.monotonic() - turn > TURN_SECONDS:
                # Frames, pings and the ingress have their turn in the middle of a long row of sockets, but not after each of them:
                # a turn of the loop costs as much as a frame.
                await asyncio.sleep(0)
                turn = time.monotonic()
            try:
                audience = await audience_of(socket)
                for _topic, watch in list(socket.watches.values()):
                    if isinstance(watch, ListWatch):
                        self.offer(socket, audience, watch, ids, batch)
            except DATABASE_AWAY:
                raise
            except Exception:
                # The others' lists do not wait for one that is broken; its own is read again within a minute.
                logger.exception("realtime: a list could not be told")

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
        await deliver_missed(socket, watch)
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
        try:
            await deliver_to_watchers(batch.found[conversation_id], watchers)
        except DATABASE_AWAY:
            raise
        except Exception:
            # The other threads do not wait for one that is broken; what it missed comes with its next change.
            logger.exception("realtime: a thread could not be told")


async def deliver_to_watchers(row: dict[str, Any], watchers: list[tuple[Socket, ThreadWatch]]) -> None:
    seen_by = []
    for socket, watch in watchers:
        if (await audience_of(socket)).sees(row):
            seen_by.append((socket, watch))
        else:
            await let_go(socket, watch)
    if seen_by:
        await deliver_thread(row["id"], row, seen_by)


async def deliver_missed(socket: Socket, watch: ThreadWatch) -> None:
    """Push what changed between the reading of the watched row and the watch: it was told to those who watched already, and no more."""
    row = (await read_rows({watch.conversation_id})).get(watch.conversation_id)
    if row is None or not is_followed(socket, watch):
        return
    if not (await audience_of(socket)).sees(row):
        await let_go(socket, watch)
    elif row["change"] > watch.change or row["version"] > watch.version:
        await deliver_thread(watch.conversation_id, row, [(socket, watch)])


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


def drop(watch: ListWatch, row: Mapping[str, Any]) -> bytes:
    return encode({"type": "drop", "watch": watch.name, "id": row["id"], "version": row["version"]})


def was_within_reach(audience: Audience, row: Mapping[str, Any]) -> bool:
    """A row that just left somebody's sight (a colleague took it) may still stand in the list they read before."""
    return row["campaign_id"] in audience.campaign_ids or row["team_id"] in audience.team_ids


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
