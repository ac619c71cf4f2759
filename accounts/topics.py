"""What people's own changes mean to their sockets: a kick, or a hint to read `me/` and `users/` again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from accounts.events import AccessRevoked, AuxStateLeft, AuxStateSwitched, MembershipChanged, SessionEnded
from core.api import encode
from core.realtime.bus import announce
from core.realtime.hub import Hub
from core.realtime.socket import SIGNED_OUT, Socket

SESSIONS, ACCESS, PEOPLE = "sessions", "access", "people"
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
