"""What the sockets of this process watch, and with whose eyes: what the topics of the inbox share."""

from __future__ import annotations

from dataclasses import dataclass, field

from channels.db import database_sync_to_async

from accounts.models import User
from core.realtime.socket import Socket
from inbox import rows
from inbox.audience import Audience
from inbox.filters import InboxFilter

INBOX, CONVERSATION = "inbox", "conversation"

read_rows = database_sync_to_async(rows.read_conversations, thread_sensitive=False)
read_audience = database_sync_to_async(
    lambda user_id: Audience.of(User.objects.get(pk=user_id)), thread_sensitive=False
)


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


def is_followed(socket: Socket, watch: ListWatch | ThreadWatch) -> bool:
    """Whether the name still stands for this very watch: the client may have let go, or asked for another one."""
    return socket.watches.get(watch.name, ("", None))[1] is watch


def thread_watches(socket: Socket) -> list[ThreadWatch]:
    return [watch for _topic, watch in socket.watches.values() if isinstance(watch, ThreadWatch)]


async def audience_of(socket: Socket) -> Audience:
    """Read once per socket and after each change of teams, campaigns or role (inbox.topics.renew_audience)."""
    audience: Audience | None = getattr(socket, "audience", None)
    if audience is None:
        audience = socket.audience = await read_audience(socket.scope["user"].pk)
    return audience


def language_of(socket: Socket) -> str:
    return str(getattr(socket.scope["user"], "language", "") or "es")
