"""What people's own changes mean to their sockets: a kick, or a hint to read `me/` and `users/` again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from channels.db import database_sync_to_async

from accounts.events import (
    AccessRevoked,
    AuxStateLeft,
    AuxStateOverran,
    AuxStateSwitched,
    MembershipChanged,
    SessionEnded,
)
from accounts.models import AgentStateInterval, TeamMember, User
from core.api import encode
from core.realtime.bus import announce
from core.realtime.hub import Hub
from core.realtime.socket import SIGNED_OUT, Socket

SESSIONS, ACCESS, PEOPLE, OVERRUNS = "sessions", "access", "people", "overruns"
PRESENCE_SECONDS = 2.0

Renew = Callable[[Hub, int], Awaitable[None]]


def kick_session(event: SessionEnded) -> None:
    announce(SESSIONS, [event.session_digest])
    announce(PEOPLE, [event.user_id])


def kick_user(event: AccessRevoked) -> None:
    announce(SESSIONS, [event.user_id])


def renew_user(event: MembershipChanged) -> None:
    announce(ACCESS, [event.user_id])


def show_aux_state(event: AuxStateSwitched | AuxStateLeft) -> None:
    announce(PEOPLE, [event.user_id])


def tell_of_overrun(event: AuxStateOverran) -> None:
    announce(OVERRUNS, [event.user_id])


class Unwatchable:
    """Topics that everybody hears without asking: there is nothing to watch."""

    async def watch(self, socket: Socket, name: str, frame: Mapping[str, Any]) -> None:
        socket.push(encode({"type": "error", "code": "malformed", "watch": name}))

    async def resync(self, hub: Hub) -> None:
        return


class SessionTopic(Unwatchable):
    """Sessions that ended. An id is a user (all of their sessions) or a session's digest."""

    async def deliver(self, hub: Hub, ids: set[Any]) -> None:
        leaving = [
            each for each in hub.sockets if each.scope["user"].pk in ids or getattr(each, "session_digest", None) in ids
        ]
        # The announcement only makes us look: the session's own state decides (a forged message ends nobody's work).
        checks = await asyncio.gather(*(each.still_valid() for each in leaving))
        await asyncio.gather(*(each.end(SIGNED_OUT) for each, valid in zip(leaving, checks, strict=True) if not valid))

    async def resync(self, hub: Hub) -> None:
        # A kick may have been missed: every socket asks the database whether its session still stands.
        await self.deliver(hub, {each.scope["user"].pk for each in hub.sockets})


class AccessTopic(Unwatchable):
    """Users whose teams or campaigns changed. `renew` is given by the wiring: it knows what watches there are above."""

    def __init__(self, *, renew: Renew) -> None:
        self.renew = renew

    async def deliver(self, hub: Hub, ids: set[Any]) -> None:
        for user_id in ids:
            await self.renew(hub, user_id)
            for socket in list(hub.sockets):
                if socket.scope["user"].pk == user_id:
                    socket.push(encode({"type": "me"}))

    async def resync(self, hub: Hub) -> None:
        # Somebody may have left a team while nobody listened: what their sockets remember of it would go on showing it.
        await self.deliver(hub, {each.scope["user"].pk for each in hub.sockets})


class PeopleTopic(Unwatchable):
    """Somebody came, left or switched auxiliary: told to all at most once in two seconds."""

    def __init__(self) -> None:
        self.telling: asyncio.Task[None] | None = None

    async def deliver(self, hub: Hub, ids: set[Any]) -> None:
        for socket in list(hub.sockets):
            if socket.scope["user"].pk in ids:
                socket.push(encode({"type": "me"}))
        if self.telling is None or self.telling.done():
            self.telling = asyncio.create_task(self.tell(hub))

    async def tell(self, hub: Hub) -> None:
        await asyncio.sleep(PRESENCE_SECONDS)
        for socket in list(hub.sockets):
            socket.push(encode({"type": "presence"}))


class OverrunTopic(Unwatchable):
    """Somebody is in an auxiliary for too long: told to them, and to who supervises their teams."""

    async def deliver(self, hub: Hub, ids: set[Any]) -> None:
        wanted = {each for each in ids if isinstance(each, int)}
        told = await who_is_told(wanted, {socket.scope["user"].pk for socket in hub.sockets})
        for socket in list(hub.sockets):
            for user_id in told.get(socket.scope["user"].pk, ()):
                socket.push(encode({"type": "overrun", "user": user_id}))


@partial(database_sync_to_async, thread_sensitive=False)
def who_is_told(user_ids: set[int], here: set[int]) -> dict[int, list[int]]:
    """Of those who are here: whom each is told of. An announcement of somebody who is in time tells nobody."""
    late = set(
        AgentStateInterval.objects.filter(
            user_id__in=user_ids, ended_at__isnull=True, overrun_at__isnull=False
        ).values_list("user_id", flat=True)
    )
    told = {user_id: [user_id] for user_id in sorted(late & here)}
    teams = TeamMember.objects.filter(user_id__in=late).values("team")
    leading = TeamMember.objects.filter(team__in=teams, is_supervisor=True, user_id__in=here).values("user_id")
    for each in User.objects.filter(pk__in=leading, is_active=True).order_by("pk"):
        supervised = User.objects.supervised_by(each).filter(pk__in=late).order_by("pk")
        told.setdefault(each.pk, []).extend(supervised.values_list("pk", flat=True))
    return told
