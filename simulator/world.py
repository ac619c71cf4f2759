"""The simulated world: who writes, what the business sends them, and what becomes of it."""

import asyncio
import base64
import itertools
from collections.abc import Coroutine
from typing import Any

from simulator import payloads, refusals
from simulator.access import Access
from simulator.checks import Outgoing
from simulator.config import BusinessNumber, Clock, Config
from simulator.courier import Change, Courier
from simulator.customers import Customer, Customers, demo_customers, digits_of, new_customer, words_of
from simulator.events import Hub
from simulator.faults import Faults
from simulator.media import MediaStore, sample_photo
from simulator.messages import Message, Messages, new_wamid
from simulator.templates import demo_templates

WINDOW_SECONDS = payloads.WINDOW_SECONDS
ACTIVITY_SECONDS = 0.25

# How the page calls what a webhook carries.
_WORDS = {
    "text": "texto",
    "image": "foto",
    "location": "ubicación",
    "sent": "enviado",
    "delivered": "entregado",
    "read": "leído",
    "failed": "fallido",
}


class World:
    """Lives on one event loop. Another thread goes through `server.Running`, never here directly."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.clock = Clock()
        self.faults = Faults(config.seed)
        self.hub = Hub()
        self.courier = Courier(config, self.clock, self.faults, self._show_activity)
        self.public_url = ""
        self._serial = itertools.count(1)
        self._photos = itertools.count()
        self._tasks: set[asyncio.Task[None]] = set()
        self._activity_due = False
        self._begin()

    def _begin(self) -> None:
        self.customers = Customers(demo_customers())
        self.messages = Messages()
        self.media = MediaStore()
        self.templates = demo_templates()
        self.numbers = self.config.numbers()
        # What the token may do and see, and whether an app listens to the account's webhooks.
        self.access = Access(wabas=(self.config.waba_id,))
        self.is_subscribed = True
        # When each customer last wrote to each number: what opens the 24 h window.
        self._wrote_at: dict[tuple[str, str], float] = {}
        # Which chat each open page is showing. Who looks at a chat has read it.
        self.viewers: dict[str, tuple[str, str]] = {}

    def reset(self) -> None:
        for task in self._tasks:
            task.cancel()
        self.courier.drop()
        self.courier.serve(self.config.webhook_url, self.config.app_secret)
        self.clock.offset = 0.0
        self._begin()
        self.faults.reset()
        self.hub.publish("resync", {})

    # ── People ───────────────────────────────────────────────────────────────────────────────────────────────────

    def add_customer(self, wanted: dict[str, Any]) -> Customer:
        person = self.customers.add(new_customer(wanted, serial=next(self._serial)))
        self._show_customer(person)
        return person

    def change_customer(self, person: Customer, values: dict[str, Any]) -> None:
        if "phone" in values:
            values["wa_id"] = digits_of(values.pop("phone"))
        if "answers" in values:
            values["answers"] = words_of(values["answers"])
        self.customers.change(person, **values)
        for number_id in self.numbers:
            self._catch_up(person, number_id)
        self._show_customer(person)

    def customer_view(self, person: Customer) -> dict[str, Any]:
        chats = {}
        for number_id in self.numbers:
            chat = [message for message in self.messages.chat(person.id, number_id) if message.is_on_phone]
            chats[number_id] = {
                "last": chat[-1].view() if chat else None,
                "unseen": [message.id for message in chat if message.state == "delivered"],
                "window_until": self._wrote_at.get((person.id, number_id), -WINDOW_SECONDS) + WINDOW_SECONDS,
            }
        return person.identity() | {"chats": chats}

    # ── A customer writes ────────────────────────────────────────────────────────────────────────────────────────

    def customer_writes(
        self,
        person: Customer,
        kind: str,
        content: dict[str, Any],
        *,
        number: BusinessNumber,
        text: str = "",
        media_id: str = "",
        at: float | None = None,
        message_id: str = "",
        reply_to: str = "",
    ) -> Message:
        message = Message(
            id=message_id or new_wamid(person.wa_id or person.user_id, incoming=True),
            customer_id=person.id,
            number_id=number.id,
            direction="in",
            kind=kind,
            content=content,
            at=self.clock.now() if at is None else at,
            state="pending",
            text=text,
            media_id=media_id,
            reply_to=reply_to,
        )
        self.messages.add(message)
        # The window opens at the message's own time: one that arrives three days late opens nothing.
        chat = (person.id, number.id)
        self._wrote_at[chat] = max(self._wrote_at.get(chat, 0.0), message.at)
        value = payloads.incoming(number, person, message)
        self._offer(number, value, person.id, f"{person.name}: {_WORDS.get(kind, kind)}", message)
        self._show(message)
        return message

    def writes_text(self, person: Customer, text: str, *, number: BusinessNumber, **options: Any) -> Message:
        return self.customer_writes(person, "text", {"text": {"body": text}}, number=number, text=text, **options)

    def sends_photo(
        self,
        person: Customer,
        photo: bytes | None,
        mime_type: str,
        *,
        number: BusinessNumber,
        caption: str = "",
        **options: Any,
    ) -> Message:
        """Without bytes, the sample photo; each one differs from the one before."""
        if photo is None:
            photo, mime_type = sample_photo(next(self._photos)), "image/png"
        media = self.media.add(photo, mime_type, number_id=number.id)
        image = {"mime_type": mime_type, "sha256": media.sha256, "id": media.id, "url": self.media_url(media.id)}
        if caption:
            image = {"caption": caption} | image
        return self.customer_writes(
            person, "image", {"image": image}, number=number, text=caption, media_id=media.id, **options
        )

    def sends_file(
        self,
        person: Customer,
        kind: str,
        content: bytes,
        mime_type: str,
        *,
        number: BusinessNumber,
        caption: str = "",
        filename: str = "",
        **options: Any,
    ) -> Message:
        """Any file a customer may send: `kind` is Meta's word, and `voice` an audio that was spoken into the phone."""
        media = self.media.add(content, mime_type, number_id=number.id, name=filename)
        type_ = "audio" if kind == "voice" else kind
        # Webhooks write the digest in Base64, Graph in hexadecimal.
        digest = base64.b64encode(bytes.fromhex(media.sha256)).decode()
        file: dict[str, Any] = {
            "mime_type": mime_type,
            "sha256": digest,
            "id": media.id,
            "url": self.media_url(media.id),
        }
        if type_ == "audio":
            file["voice"] = kind == "voice"
        if caption:
            file["caption"] = caption
        if filename:
            file["filename"] = filename
        return self.customer_writes(
            person, type_, {type_: file}, number=number, text=caption or filename, media_id=media.id, **options
        )

    def media_url(self, media_id: str, base: str = "") -> str:
        expires = int(self.clock.now()) + self.config.media_url_seconds
        return self.media.address(media_id, base=base or self.public_url, expires=expires)

    # ── The business writes ──────────────────────────────────────────────────────────────────────────────────────

    def find_recipient(self, outgoing: Outgoing) -> Customer | None:
        if outgoing.to:
            return self.customers.by_number(outgoing.to)
        return self.customers.by_user_id(outgoing.user_id)

    def accept(self, number: BusinessNumber, outgoing: Outgoing) -> Message:
        """Takes a message, as the real one does, before knowing whether it can be delivered."""
        person = self.find_recipient(outgoing)
        message = Message(
            id=new_wamid(person.wa_id or person.user_id if person else outgoing.address, incoming=False),
            customer_id=person.id if person else "",
            number_id=number.id,
            direction="out",
            kind=outgoing.kind,
            content=outgoing.content,
            at=self.clock.now(),
            state="accepted",
            text=outgoing.text,
            media_id=outgoing.media_id,
            opaque=outgoing.opaque,
            to=outgoing.address,
            by_user_id=not outgoing.to,
            reply_to=outgoing.reply_to,
        )
        self.messages.add(message)
        if code := self._obstacle(person, number, outgoing):
            self.report(message, "failed", code=code)
        else:
            self._spawn(self._deliver(message))
        return message

    def _obstacle(self, person: Customer | None, number: BusinessNumber, outgoing: Outgoing) -> int:
        if person is None:
            return 131026
        if person.fails_with:
            return person.fails_with
        media = self.media.get(outgoing.media_id)
        if media is not None and not media.looks_like_its_type:
            return 131053
        is_open = self.clock.now() < self._wrote_at.get((person.id, number.id), 0.0) + WINDOW_SECONDS
        return 0 if is_open or outgoing.kind == "template" else 131047

    async def _deliver(self, message: Message) -> None:
        self.report(message, "sent")
        await asyncio.sleep(self.config.delivered_after)
        person = self.customers.get(message.customer_id)
        if person is None or not person.online or message.state != "sent":
            return
        will_be_read = self._is_reading(person, message.number_id)
        if not (will_be_read and self.faults.now.skip_delivered):
            self.report(message, "delivered")
        if will_be_read:
            await asyncio.sleep(self.config.read_after)
        # Asked again: the chat may have been closed, or opened, meanwhile.
        if self._is_reading(person, message.number_id) and message.state in ("sent", "delivered"):
            self.report(message, "read")

    def report(self, message: Message, status: str, *, code: int = 0, at: float | None = None) -> None:
        """Gives the message a status and tells the business by webhook."""
        number = self.numbers[message.number_id]
        at = self.clock.now() if at is None else at
        was_on_phone = message.is_on_phone
        error = payloads.failure(code, *refusals.late(code)) if status == "failed" else None
        message.advance(status, at)
        message.error = error or message.error
        person = self.customers.get(message.customer_id)
        value = payloads.status(number, person, message, status, at=at, error=error)
        who = person.name if person else message.to
        self._offer(number, value, message.customer_id or message.to, f"{who}: {_WORDS[status]}")
        self._show(message)
        if person is not None and person.answers and message.is_on_phone and not was_on_phone:
            self.writes_text(person, person.answers.pop(0), number=number)

    def mark_read_by_business(self, message: Message) -> None:
        """Meta marks every earlier message of the chat with it."""
        for earlier in self.messages.chat(message.customer_id, message.number_id):
            if earlier.direction == "in" and earlier.at <= message.at and earlier.state != "read":
                earlier.state = "read"
                self._show(earlier)

    # ── Phones ───────────────────────────────────────────────────────────────────────────────────────────────────

    def look_at(self, client: str, chat: tuple[str, str] | None) -> None:
        self.viewers.pop(client, None)
        if chat is None:
            return
        self.viewers[client] = chat
        if person := self.customers.get(chat[0]):
            self._catch_up(person, chat[1])

    def read_all(self, person: Customer, number_id: str) -> int:
        waiting = [m for m in self.messages.chat(person.id, number_id) if m.state in ("sent", "delivered")]
        for message in waiting:
            if message.state == "sent":
                self.report(message, "delivered")
            self.report(message, "read")
        return len(waiting)

    def _catch_up(self, person: Customer, number_id: str) -> None:
        """A phone that comes back online receives what waited for it; an open chat reads it."""
        if not person.online:
            return
        if self._is_reading(person, number_id):
            self.read_all(person, number_id)
            return
        for message in self.messages.chat(person.id, number_id):
            # Younger ones are on their way by themselves.
            if message.state == "sent" and self.clock.now() - message.at > self.config.delivered_after:
                self.report(message, "delivered")

    def _is_reading(self, person: Customer, number_id: str) -> bool:
        return person.online and (person.autoread or (person.id, number_id) in self.viewers.values())

    # ── Plumbing ─────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def pending(self) -> int:
        return len(self._tasks) + self.courier.pending

    async def wait_idle(self, timeout: float) -> bool:
        """Whether everything on its way arrived in time."""
        deadline = asyncio.get_running_loop().time() + timeout
        while self.pending:
            if asyncio.get_running_loop().time() >= deadline:
                return False
            await asyncio.sleep(0.01)
        return True

    def counts(self) -> dict[str, int]:
        return {
            "received": self.messages.received,
            "accepted": self.messages.accepted,
            "webhooks_acked": self.courier.acked,
            "webhook_attempts": self.courier.attempts,
            "webhooks_given_up": self.courier.given_up,
            "pending": self.pending,
        }

    def activity(self) -> dict[str, Any]:
        return {"counts": self.counts(), "deliveries": [delivery.view() for delivery in list(self.courier.log)[-20:]]}

    def _offer(
        self, number: BusinessNumber, value: payloads.Json, lane: str, title: str, message: Message | None = None
    ) -> None:
        if not self.is_subscribed:
            # Nobody asked Meta for this account's webhooks.
            return

        def on_result(acked: bool) -> None:
            if message is not None and acked and message.state == "pending":
                message.state = "stored"
                self._show(message)

        self.courier.offer(Change(number.waba_id, value, lane, title, on_result))

    def _show(self, message: Message) -> None:
        if self.hub.has_listeners and message.customer_id:
            self.hub.publish("message", message.view())

    def _show_customer(self, person: Customer) -> None:
        if self.hub.has_listeners:
            self.hub.publish("customer", self.customer_view(person))

    def _show_activity(self) -> None:
        # At most four times a second, whatever the traffic.
        if self._activity_due or not self.hub.has_listeners:
            return
        self._activity_due = True
        asyncio.get_running_loop().call_later(ACTIVITY_SECONDS, self._publish_activity)

    def _publish_activity(self) -> None:
        self._activity_due = False
        self.hub.publish("activity", self.activity())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
