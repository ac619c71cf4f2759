"""Who works while the desk is measured, the conversations that are, and the customers who write meanwhile. Django is set up before this."""

from __future__ import annotations

import hashlib
import hmac
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import httpx
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection

from accounts.models import User
from inbox.actions.assignment import take_conversation
from inbox.actions.receiving import receive_messages
from inbox.models import Conversation
from runner.places import ROOT
from runner.product import WORKERS, worker_command
from tests import factories
from tests.stack import APP_SECRET, Stack

SWITCHES = 12
SWITCH_MESSAGES = 60
BATCH = 400


@dataclass
class House:
    """Who works, and the conversations that are measured. The others' are posted to as well."""

    cast: factories.Cast
    cookies: list[str]
    mine: int
    phone: str
    switches: list[int]
    long: int
    others: list[str] = field(default_factory=list)


def make_house(*, agents: int, rows: int, long: int) -> House:
    cast = factories.make_cast()
    ana = cast.ana
    people = [factories.agent_of(cast, f"agente{number:03d}") for number in range(agents)]
    receive(cast, [factories.inbound("Hola", sender=factories.identity(f"5959{number:08d}")) for number in range(rows)])
    found = list(Conversation.objects.order_by("pk").values_list("pk", "contact_digits"))
    for (pk, _digits), agent in zip(found, people, strict=False):
        take_conversation(pk, by=agent)
    mine, phone = found[agents]
    take_conversation(mine, by=ana)
    switches = []
    for pk, digits in found[agents + 1 : agents + 1 + SWITCHES]:
        take_conversation(pk, by=ana)
        fill(cast, digits, SWITCH_MESSAGES, mark=f"medida-cambio-{pk}z")
        switches.append(pk)
    longest, digits = found[agents + 1 + SWITCHES]
    take_conversation(longest, by=ana)
    fill(cast, digits, long, mark=f"medida-larga-{longest}z")
    store = import_module(settings.SESSION_ENGINE).SessionStore
    cookies = [session_of(store, agent) for agent in people]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return House(
        cast=cast, cookies=cookies, mine=mine, phone=phone, switches=switches, long=longest,
        others=[each for _pk, each in found[:agents]],
    )  # fmt: skip


def receive(cast: factories.Cast, messages: list[Any]) -> None:
    for start in range(0, len(messages), BATCH):
        receive_messages(cast.account, messages[start : start + BATCH])


def fill(cast: factories.Cast, digits: str, count: int, *, mark: str) -> None:
    """A conversation of so many messages. It opens at the first that nobody read, or at its end: both carry the mark."""
    sender = factories.identity(digits)
    texts = [mark, *(f"Mensaje {index} de una conversación con historia" for index in range(count - 2)), mark]
    receive(cast, [factories.inbound(text, sender=sender) for text in texts])


def session_of(store: Any, user: User) -> str:
    session = store()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session.create()
    key: str = session.session_key
    return key


@contextmanager
def own_workers(stack: Stack) -> Iterator[None]:
    """The product's own workers in the place of the one that tests make do with: what is sent waits for no delivery."""
    stack.kill("worker")
    for name in WORKERS:
        stack.commands[name] = [str(each) for each in worker_command(name)]
        stack.start(name)
    yield


@contextmanager
def listening(stack: Stack, cookies: list[str]) -> Iterator[None]:
    """Two hundred tabs that follow their lists."""
    port = int(stack.url.rpartition(":")[2])
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks._tabs"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps({"port": port, "cookies": cookies}) + "\n")
    process.stdin.flush()
    if cookies and process.stdout.readline().strip() != "open":
        raise SystemExit("The agents' tabs could not be opened.")
    try:
        yield
    finally:
        process.kill()
        process.wait()


# --- Customers write -----------------------------------------------------------------------------------------------------------


class Customers:
    """They write at a steady pace, whatever the answers take; each delivery is signed as Meta's."""

    def __init__(self, url: str) -> None:
        self.client = httpx.Client(base_url=url, timeout=20)
        self.sent: dict[str, float] = {}
        self.refused = 0

    def write(self, phone: str, text: str) -> None:
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "595217281000", "phone_number_id": factories.PHONE_NUMBER_ID},
            "contacts": [{"profile": {"name": "Rocío Benítez"}, "wa_id": phone}],
            "messages": [
                {"from": phone, "id": f"wamid.{hashlib.sha256(f'{phone}{text}'.encode()).hexdigest()[:40]}", "timestamp": str(int(time.time())), "type": "text", "text": {"body": text}}
            ],
        }  # fmt: skip
        content = json.dumps(
            {
                "object": "whatsapp_business_account",
                "entry": [{"id": factories.WABA_ID, "changes": [{"field": "messages", "value": value}]}],
            }
        ).encode()
        signature = hmac.new(APP_SECRET.encode(), content, hashlib.sha256).hexdigest()
        self.sent[text] = time.time() * 1000
        answer = self.client.post(
            "/webhooks/meta/",
            content=content,
            headers={"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={signature}"},
        )
        self.refused += answer.status_code != 200

    def steadily(
        self, house: House, *, seconds: float, per_second: float, mine_every: int = 0, mark: str = "llega"
    ) -> None:
        began = time.monotonic()
        for number in range(int(seconds * per_second)):
            time.sleep(max(0.0, began + number / per_second - time.monotonic()))
            if mine_every and number % mine_every == 0:
                self.write(house.phone, f"medida-{mark}-{number}z")
            else:
                self.write(house.others[number * 7 % len(house.others)], f"otra {mark} {number} {began}")


@contextmanager
def busy(stack: Stack, house: House, *, per_second: float, seconds: float) -> Iterator[None]:
    """Others' customers write meanwhile."""
    customers = Customers(stack.url)
    thread = threading.Thread(target=customers.steadily, args=(house,), kwargs={"seconds": seconds, "per_second": per_second, "mark": f"ruido{time.monotonic()}"}, daemon=True)  # fmt: skip
    thread.start()
    try:
        yield
    finally:
        thread.join(seconds + 20)
