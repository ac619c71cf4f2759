"""What was said: messages in both directions, bounded, and the counts that prove «exactly once»."""

import base64
import secrets
from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

# A status never goes back. `failed` stands apart: it may follow `sent`, and nothing follows it.
LADDER = {"accepted": 0, "sent": 1, "delivered": 2, "read": 3, "failed": 4}


@dataclass
class Message:
    """`direction` is seen from the business: `in` is what a customer wrote."""

    id: str
    customer_id: str
    number_id: str
    direction: Literal["in", "out"]
    kind: str
    content: dict[str, Any]
    at: float
    # in: pending (no 200 yet), stored (webhook answered 200), read (the business marked it). out: LADDER.
    state: str
    text: str = ""
    media_id: str = ""
    opaque: str = ""
    to: str = ""
    by_user_id: bool = False
    reply_to: str = ""
    error: dict[str, Any] | None = None
    statuses: list[tuple[str, float]] = field(default_factory=list)

    @property
    def is_on_phone(self) -> bool:
        """What failed, or is still on its way, the customer has not got."""
        return self.direction == "in" or self.state in ("delivered", "read")

    def view(self) -> dict[str, Any]:
        media = {"id": self.media_id, "url": f"/control/media/{self.media_id}"} if self.media_id else None
        return {
            "id": self.id,
            "customer": self.customer_id,
            "number": self.number_id,
            "direction": self.direction,
            "kind": self.kind,
            "text": self.text,
            "content": self.content,
            "media": media,
            "at": self.at,
            "state": self.state,
            "to": self.to,
            "opaque": self.opaque,
            "reply_to": self.reply_to,
            "error": self.error,
            "statuses": [{"status": status, "at": at} for status, at in self.statuses],
        }

    def advance(self, status: str, at: float) -> None:
        self.statuses.append((status, at))
        if self.state != "failed" and LADDER.get(status, 0) > LADDER.get(self.state, 0):
            self.state = status


class Messages:
    """Bounded: the oldest are forgotten. The counts are kept apart and outlive the messages."""

    KEPT = 100_000
    KEPT_PER_CHAT = 2_000

    def __init__(self) -> None:
        self._by_id: OrderedDict[str, Message] = OrderedDict()
        self._chats: dict[tuple[str, str], deque[Message]] = {}
        self.accepted = 0
        self.received = 0
        self.by_opaque: Counter[str] = Counter()
        self.by_to: Counter[str] = Counter()

    def add(self, message: Message) -> Message:
        self._by_id[message.id] = message
        chat = self._chats.setdefault((message.customer_id, message.number_id), deque(maxlen=self.KEPT_PER_CHAT))
        chat.append(message)
        if message.direction == "out":
            self.accepted += 1
            self.by_to[message.to] += 1
            if message.opaque:
                self.by_opaque[message.opaque] += 1
        else:
            self.received += 1
        while len(self._by_id) > self.KEPT:
            self._by_id.popitem(last=False)
        return message

    def get(self, message_id: str) -> Message | None:
        return self._by_id.get(message_id)

    def chat(self, customer_id: str, number_id: str) -> list[Message]:
        return list(self._chats.get((customer_id, number_id), ()))

    def sent(self, *, to: str = "", opaque: str = "") -> Iterator[Message]:
        """What the business sent and was accepted, oldest first."""
        for message in self._by_id.values():
            if message.direction == "out" and to in ("", message.to) and opaque in ("", message.opaque):
                yield message


def new_wamid(address: str, *, incoming: bool) -> str:
    """The layout of the real thing: a small binary frame around the other party and a random hexadecimal id.

    Never seeded: a product that met this id before the simulator restarted would take the message for a repetition.
    """
    who = address.encode()[:127]
    unique = ("3A" + secrets.token_hex(9) if incoming else secrets.token_hex(9)).upper().encode()
    frame = b"\x1c\x18" + bytes([len(who)]) + who + b"\x15\x02\x00" + (b"\x12" if incoming else b"\x11")
    frame += b"\x18" + bytes([len(unique)]) + unique + b"\x00"
    return "wamid." + base64.b64encode(frame).decode()
