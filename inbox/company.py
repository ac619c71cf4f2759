"""Company in a conversation: who else has it open, told to those who may see it and to nobody else (P0-31, docs/socket.md)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from channels.db import database_sync_to_async

from accounts.models import User
from core.api import encode
from core.realtime.hub import Hub
from core.realtime.socket import Socket
from core.text import hue, initials
from inbox import viewing
from inbox.topics import leave_company
from inbox.viewing import Doing
from inbox.watches import ThreadWatch, audience_of, read_rows, thread_watches


class CompanyTopic:
    """Ids of conversations in which somebody came, went or began to write; who it is is read anew by each process."""

    async def watch(self, socket: Socket, name: str, frame: Mapping[str, Any]) -> None:
        # Company comes with the thread: there is nothing to follow by itself.
        socket.push(encode({"type": "error", "code": "malformed", "watch": name}))

    async def deliver(self, hub: Hub, ids: set[Any]) -> None:
        await show_company(hub, {each for each in ids if isinstance(each, int)})

    async def resync(self, hub: Hub) -> None:
        """Nothing to heal: everybody says again within seconds what they do."""


async def hear_doing(socket: Socket, watch: object, frame: Mapping[str, Any]) -> bool:
    """Take in what the tab says its person does in the conversation it watches. False: the frame means nothing."""
    word = frame.get("doing")
    if not isinstance(watch, ThreadWatch) or not isinstance(word, str) or word not in set(Doing):
        return False
    if frame.get("conversation") != watch.conversation_id:
        # Of the one that was open before: its tab has gone on.
        return isinstance(frame.get("conversation"), int)
    doing, user_id = Doing(word), socket.scope["user"].pk
    row = (await read_rows({watch.conversation_id})).get(watch.conversation_id)
    # Whoever may not see it (any more) is not there, whatever their tab believes.
    if row is None or not (await audience_of(socket)).sees(row):
        doing = Doing.AWAY
    watch.has_company = doing is not Doing.AWAY
    await asyncio.to_thread(viewing.tell_doing, watch.conversation_id, user_id, doing)
    return True


async def leave_all(socket: Socket) -> None:
    """A tab is gone: its person is, unless another of their tabs says otherwise within seconds."""
    for watch in thread_watches(socket):
        await leave_company(socket, watch)


async def show_company(hub: Hub, ids: Iterable[int]) -> None:
    watching: dict[int, list[tuple[Socket, ThreadWatch]]] = {}
    for socket in list(hub.sockets):
        for watch in thread_watches(socket):
            if watch.conversation_id in ids:
                watching.setdefault(watch.conversation_id, []).append((socket, watch))
    if not watching:
        return
    found = await read_rows(set(watching))
    doing = await asyncio.to_thread(viewing.doing_in, list(watching))
    people = await read_people({user_id for each in doing.values() for user_id in each})
    for conversation_id, watchers in watching.items():
        row = found.get(conversation_id)
        here = [
            people[user_id] | {"doing": what.value, "seconds": seconds_of(what)}
            for user_id, what in doing[conversation_id].items()
            if user_id in people
        ]
        for socket, watch in watchers:
            if row is not None and (await audience_of(socket)).sees(row):
                mine = socket.scope["user"].pk
                others = [each for each in here if each["id"] != mine]
                socket.push(
                    encode({"type": "company", "watch": watch.name, "conversation": conversation_id, "people": others})
                )


def seconds_of(doing: Doing) -> float:
    """For how long it may be believed without being said again."""
    return viewing.LOOKED_FOR_SECONDS if doing is Doing.LOOKING else viewing.WRITTEN_FOR_SECONDS


@partial(database_sync_to_async, thread_sensitive=False)
def read_people(ids: set[int]) -> dict[int, dict[str, Any]]:
    return {
        user.pk: {"id": user.pk, "name": user.name, "initials": initials(user.name), "hue": hue(user.pk)}
        for user in User.objects.filter(pk__in=ids, is_active=True)
    }
