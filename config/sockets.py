"""The panel's socket: who may connect, and whether they still may."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from functools import partial
from importlib import import_module
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.utils.crypto import constant_time_compare

from accounts import actions, presence, sessions
from accounts.models import User
from accounts.topics import PEOPLE
from core.realtime.bus import announce
from core.realtime.hub import hub
from core.realtime.socket import Socket
from inbox import company
from inbox.topics import renew_audience_if_changed

GRACE_SECONDS = 3.0
# A check each 15 s (core.realtime.socket), so once a minute.
CHECKS_PER_AUDIENCE = 4
SessionStore = import_module(settings.SESSION_ENGINE).SessionStore


class PanelSocket(Socket):
    """One tab of somebody who is signed in."""

    presence_at = 0.0
    checks = 0
    session_digest = ""

    async def admit(self) -> bool:
        user, session = self.scope["user"], self.scope["session"]
        if not user.is_authenticated or sessions.is_expired(
            dict(await database_sync_to_async(session.items, thread_sensitive=False)())
        ):
            return False
        self.session_key = session.session_key
        self.session_digest = sessions.digest(session.session_key)
        await self.note_presence()
        return True

    async def still_valid(self) -> bool:
        await self.note_presence()
        if not await session_stands(self.session_key, self.scope["user"].pk):
            return False
        self.checks += 1
        if self.checks % CHECKS_PER_AUDIENCE == 0:
            # An announcement may have been dropped: what somebody may see is never older than this.
            await renew_audience_if_changed(self)
        return True

    async def note_presence(self) -> None:
        if time.monotonic() - self.presence_at > presence.FRESH_SECONDS / 3:
            self.presence_at = time.monotonic()
            user_id = self.scope["user"].pk
            if await asyncio.to_thread(presence.note_connected, user_id, self.session_digest):
                await stand_in_again(user_id)
                await asyncio.to_thread(announce, PEOPLE, [user_id])

    async def hear(self, watch: object, frame: Mapping[str, Any]) -> bool:
        return await company.hear_doing(self, watch, frame)

    async def left(self) -> None:
        await company.leave_all(self)
        user = self.scope.get("user")
        if user is not None and user.is_authenticated:
            leaving.add(task := asyncio.create_task(note_gone_unless_back(user.pk, self.session_digest)))
            task.add_done_callback(leaving.discard)


# Held here, because the loop itself keeps only weak references to its tasks.
leaving: set[asyncio.Task[None]] = set()


async def note_gone_unless_back(user_id: int, session_digest: str) -> None:
    """A reload closes one socket and opens another: only who is still gone after a moment has left."""
    await asyncio.sleep(GRACE_SECONDS)
    if any(getattr(each, "session_digest", "") == session_digest for each in hub().sockets):
        return
    await asyncio.to_thread(presence.note_gone, user_id, session_digest)
    await asyncio.to_thread(announce, PEOPLE, [user_id])


@partial(database_sync_to_async, thread_sensitive=False)
def stand_in_again(user_id: int) -> None:
    """Somebody came back after their auxiliary was ended for them."""
    actions.stand_in(User.objects.get(pk=user_id))


@partial(database_sync_to_async, thread_sensitive=False)
def session_stands(session_key: str | None, user_id: int) -> bool:
    """Read the session anew: it exists, belongs to this active user, was made with their present password and epoch, in time."""
    stored: dict[str, Any] = SessionStore(session_key).load()
    if str(stored.get(SESSION_KEY)) != str(user_id) or sessions.is_expired(stored):
        return False
    user = User.objects.filter(pk=user_id, is_active=True).first()
    return user is not None and constant_time_compare(stored.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
