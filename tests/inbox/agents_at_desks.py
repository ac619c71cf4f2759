"""Agents at their desks, from outside: a signed-in browser's requests and its socket, no line of the product's code.

Each works in a thread of their own. Frames only wake them; what there is to do they read anew, as the panel does, and what is refused
(a colleague was faster, the clock ended it) is refused: they go on with something else.
"""

from __future__ import annotations

import contextlib
import json
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection

from tests.stack import PATIENCE_SECONDS, Stack

CONVERSATIONS = "/api/v1/conversations/"
# How long an agent looks at nothing new before they look anyway: a push is a courtesy.
LOOKS_AGAIN_SECONDS = 2.0
SNOOZED_SECONDS = 8
# To whom something is said later, one of each campaign, and how much later.
LATER = (15, 95, 125)
LATER_SECONDS = 8
TAKEN_AT_ONCE = 6


@dataclass
class Outcomes:
    """With what the campaign's conversations may end."""

    normal: int
    quick: int


@dataclass
class Plan:
    """What somebody does once with some customers; shared, so that the next one who has them finishes them."""

    manual_campaign: int
    outcomes: Outcomes
    # The auxiliary in which everybody works.
    ready: int
    # By customer and deed: done already, by whomever.
    done: set[tuple[int, str]] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def once(self, customer: int, deed: str) -> bool:
        with self.lock:
            is_new = (customer, deed) not in self.done
            self.done.add((customer, deed))
            return is_new


class Desk:
    """One agent's browser, and the person before it."""

    def __init__(self, stack: Stack, username: str, plan: Plan) -> None:
        self.stack, self.username, self.plan = stack, username, plan
        self.heard: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        self.error: BaseException | None = None
        self.rests = False
        # How often they were told that something about themselves changed, when they looked last.
        self.looked_at_me = 0
        self.ignored: set[int] = set()
        self.is_over, self.is_woken = threading.Event(), threading.Event()
        self.orders: list[Callable[[], None]] = []
        self.door, self.line = threading.Lock(), contextlib.ExitStack()
        self.sign_in()
        self.threads = [
            threading.Thread(target=self.guarded, args=(each,), daemon=True) for each in (self.listen, self.work)
        ]

    # --- Coming and going -------------------------------------------------------------------------------------------------------------

    def sign_in(self) -> None:
        with self.door:
            self.client: httpx.Client = self.stack.login(self.username)
            self.open_panel()

    def open_panel(self) -> None:
        self.line.close()
        self.opened: ClientConnection = self.line.enter_context(self.stack.socket(self.client))
        for name, asked in (("mine", {"assignee": "me"}), ("waiting", {"tray": "pending"})):
            self.opened.send(json.dumps({"type": "watch", "watch": name, "topic": "inbox", "filter": asked}))

    def sign_out(self) -> int:
        """The answer's status: refused or not. The server closes the sockets of a session that ended."""
        return self.client.post("/accounts/logout/").status_code

    def begin(self) -> None:
        for each in self.threads:
            each.start()

    def end(self) -> None:
        """Go home: whatever is left is left. The socket closes as it does when a laptop is shut."""
        self.is_over.set()
        self.is_woken.set()
        with self.door:
            self.line.close()
        for each in self.threads:
            if each is not threading.current_thread() and each.is_alive():
                each.join(2 * PATIENCE_SECONDS)

    def guarded(self, do: Callable[[], None]) -> None:
        try:
            do()
        except BaseException as error:  # noqa: BLE001  # the test reads it
            if not self.is_over.is_set():
                self.error = error

    # --- Listening --------------------------------------------------------------------------------------------------------------------

    def listen(self) -> None:
        while not self.is_over.is_set():
            opened = self.opened
            try:
                frame = json.loads(opened.recv(timeout=1))
            except TimeoutError:
                continue
            except ConnectionClosed:
                self.is_over.wait(0.2)
                self.come_back(opened)
                continue
            self.heard[frame["kind"] if frame["type"] == "news" else frame["type"]] += 1
            self.is_woken.set()

    def come_back(self, lost: ClientConnection) -> None:
        """As the panel does where the line is lost; whoever signed in again has another one already, and who signed out is refused."""
        with self.door, contextlib.suppress(InvalidHandshake, OSError, ConnectionClosed):
            if self.opened is lost and not self.is_over.is_set():
                self.open_panel()

    # --- Working ----------------------------------------------------------------------------------------------------------------------

    def work(self) -> None:
        while not self.is_over.is_set():
            is_woken = self.is_woken.wait(LOOKS_AGAIN_SECONDS)
            self.is_woken.clear()
            while self.orders:
                self.orders.pop(0)()
            if self.rests or self.is_over.is_set():
                continue
            if not is_woken or self.heard["me"] != self.looked_at_me:
                self.stay_ready()
            for offer in self.read("/api/v1/offers/"):
                self.answer_offer(offer)
            mine = self.in_hand()
            for row in mine:
                self.attend(row)
            if len(mine) < TAKEN_AT_ONCE:
                self.take_some(TAKEN_AT_ONCE - len(mine))

    def stay_ready(self) -> None:
        """Who was too slow for several offers in a row gets nothing new until they say that they are there."""
        self.looked_at_me = self.heard["me"]
        me = self.client.get("/api/v1/me/")
        if me.status_code == 200 and me.json()["aux_state"] and not me.json()["aux_state"]["accepts_new"]:
            self.switch(self.plan.ready)

    def read(self, path: str, **asked: Any) -> list[dict[str, Any]]:
        answer = self.client.get(path, params=asked)
        assert answer.status_code == 200, f"{path} {asked}: {answer.text[:300]}"
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    def in_hand(self) -> list[dict[str, Any]]:
        return [
            row
            for tray in ("pending", "in_progress")
            for row in self.read(CONVERSATIONS, assignee="me", tray=tray, limit=100)
            if row["status"] != "snoozed"
        ]

    def do(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, refusals: tuple[int, ...] = (403, 404, 409)
    ) -> bool:
        """Whether it was done. Anything but a rule's refusal is an error of the test."""
        answer = self.client.request(method, path, json=body or {})
        code = answer.json()["error"]["code"] if answer.status_code >= 400 else "done"
        self.answers[code] += 1
        assert answer.status_code < 400 or answer.status_code in refusals, f"{method} {path}: {answer.text[:300]}"
        return answer.status_code < 400

    def answer_offer(self, offer: dict[str, Any]) -> None:
        customer, address = number_of(offer["conversation"]), f"/api/v1/offers/{offer['id']}/answer/"
        if offer["id"] in self.ignored:
            return
        if customer % 10 == 4 and self.plan.once(customer, "ignore"):
            self.ignored.add(offer["id"])
        elif customer % 10 == 3 and self.plan.once(customer, "decline"):
            self.do("DELETE", address)
        else:
            self.do("PUT", address)

    def take_some(self, most: int) -> None:
        waiting = self.read(
            CONVERSATIONS,
            tray="pending",
            assignee="none",
            campaign=self.plan.manual_campaign,
            order="waiting",
            limit=most,
        )
        for row in waiting:
            self.do("PUT", f"{CONVERSATIONS}{row['id']}/assignment/")

    def attend(self, row: dict[str, Any]) -> None:
        """Answer who was not answered, finish with who said what there was to say; who is silent is the clock's."""
        address, customer = f"{CONVERSATIONS}{row['id']}/", number_of(row)
        if row["needs_first_reply"]:
            self.do(
                "POST",
                f"{address}messages/",
                {"client_id": str(uuid.uuid4()), "text": "Te escucho. ¿Es por el pedido?"},
            )
        elif row["waiting_since"]:
            self.finish(address, customer)

    def finish(self, address: str, customer: int) -> None:
        kind, outcomes = customer % 10, self.plan.outcomes
        if kind == 0 and self.plan.once(customer, "transfer") and self.transfer(address):
            return
        if kind == 1 and self.plan.once(customer, "snooze"):
            until = datetime.now(UTC) + timedelta(seconds=SNOOZED_SECONDS)
            # Said too late on a machine that is slow today, it is no time to come any more.
            self.do("PUT", f"{address}snooze/", {"until": until.isoformat()}, refusals=(400, 403, 404, 409))
            return
        if customer in LATER and self.said_later(address, customer):
            return
        if kind == 2:
            self.do("POST", f"{address}closure/", {"typification": outcomes.quick, "mode": "quick"})
            return
        self.do("POST", f"{address}closure/", {"typification": outcomes.normal, "note": "Listo", "mode": "normal"})

    def said_later(self, address: str, customer: int) -> bool:
        """Whether something is still to be said to them: written once, it goes out by itself."""
        if self.plan.once(customer, "later"):
            due_at = datetime.now(UTC) + timedelta(seconds=LATER_SECONDS)
            words = {
                "client_id": str(uuid.uuid4()),
                "text": "Te confirmo: sale mañana",
                "due_at": due_at.isoformat(),
            }
            # As with a snooze: said too late, it is no time to come.
            return self.do("POST", f"{address}scheduled/", words, refusals=(400, 403, 404, 409))
        waiting = self.client.get(f"{address}scheduled/")
        return waiting.status_code == 200 and any(each["state"] == "pending" for each in waiting.json()["results"])

    def transfer(self, address: str) -> bool:
        """To whoever of the campaign is online; whether there was anybody."""
        offered = self.client.get(f"{address}transfer/")
        others = [each for each in offered.json()["agents"] if each["allowed"]] if offered.status_code == 200 else []
        return bool(others) and self.do(
            "POST", f"{address}transfer/", {"user": others[0]["id"], "note": "Pregunta por la factura"}
        )

    # --- Orders, done between two customers -------------------------------------------------------------------------------------------

    def order(self, what: Callable[[], None]) -> threading.Event:
        """Have something done by this agent; the event says that it was."""
        done = threading.Event()

        def obey() -> None:
            what()
            done.set()

        self.orders.append(obey)
        self.is_woken.set()
        return done

    def switch(self, aux_state: int) -> None:
        answer = self.client.put("/api/v1/me/aux-state/", json={"aux_state": aux_state})
        assert answer.status_code == 200, answer.text[:300]


def number_of(row: dict[str, Any]) -> int:
    """Customers are called by a number, which says what becomes of them."""
    return int(row["name"].split()[-1])
