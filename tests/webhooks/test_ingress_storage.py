"""Deliveries are stored once, or not acknowledged; and the same over the wire."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from django.conf import settings

from inbox.models import Conversation, Message
from tests import factories
from tests.connectors.payloads import body as encoded
from tests.running import run
from tests.stack import APP_SECRET, VERIFY_TOKEN, Stack, wait_until
from tests.webhooks.test_ingress import (  # noqa: F401  # two of them are fixtures of every test here, too
    BODY,
    LIMIT,
    SECRET,
    ask,
    hints,
    pieces,
    process_all,
    provider,
    sign,
)
from webhooks import group_commit
from webhooks.group_commit import GroupCommit
from webhooks.ingress import Ingress
from webhooks.models import DeadLetter, Delivery

# --- Stored, once, or not acknowledged -----------------------------------------------------------------------------------------


@asynccontextmanager
async def closing(commit: GroupCommit) -> AsyncIterator[Ingress]:
    yield Ingress(commit)
    if commit.pool is not None:
        await commit.pool.close()


async def deliver_all(commit: GroupCommit, bodies: Sequence[bytes]) -> list[int]:
    async with closing(commit) as ingress:
        asked = [ask(ingress, messages=pieces(body), x_hub_signature_256=sign(body)) for body in bodies]
        return [answer.status for answer in await asyncio.gather(*asked)]


def about_nothing(number: int) -> bytes:
    """A delivery that nothing follows from."""
    return encoded({"object": "whatsapp_business_account", "entry": [], "n": number})


def stored_bodies() -> list[bytes]:
    return sorted(bytes(each) for each in Delivery.objects.values_list("body", flat=True))


@pytest.mark.shows("R05", "R08")
def test_many_deliveries_at_once_are_each_stored_once(transactional_db: None) -> None:
    bodies = [about_nothing(number) for number in range(1000)]
    assert run(deliver_all(GroupCommit(), bodies)) == [200] * 1000
    assert stored_bodies() == sorted(bodies)
    process_all()


class Uncertain(GroupCommit):
    """Every third group fails before it is written; of the rest, some lose the answer to a commit that stands."""

    rounds = 0
    dice = random.Random(7)

    async def insert(self, group: list[tuple[str, bytes]]) -> None:
        self.rounds += 1
        if self.rounds % 3 == 0:
            raise psycopg.OperationalError("the server closed the connection")
        await super().insert(group)
        if self.dice.random() < 0.3:
            raise TimeoutError


@pytest.mark.shows("R05", "R06", "S25")
def test_only_what_was_acknowledged_is_surely_stored_and_a_failing_group_tells_each_of_its_waiters(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Small groups, so that there are many.
    monkeypatch.setattr(group_commit, "GROUP_LIMIT", 5)
    bodies = [about_nothing(number) for number in range(300)]
    acknowledged: set[bytes] = set()
    refused = 0
    # As often as it takes: each round, a group may be lost again.
    for _again in range(60):
        waiting = [body for body in bodies if body not in acknowledged]
        if not waiting:
            break
        statuses = run(deliver_all(Uncertain(), waiting))
        assert set(statuses) <= {200, 503}
        refused += statuses.count(503)
        acknowledged |= {body for body, status in zip(waiting, statuses, strict=True) if status == 200}
        assert acknowledged <= set(stored_bodies())
    # The sender repeats what was not acknowledged: in the end all of it is there; what is there twice, the inbox knows by its id.
    assert (acknowledged, refused > 0) == (set(bodies), True)
    process_all()


@pytest.mark.shows("R06")
def test_with_the_database_away_nobody_is_acknowledged_and_everybody_is_told_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "HOST", "/nonexistent")
    assert run(deliver_all(GroupCommit(), [BODY] * 20)) == [503] * 20


class Hanging(GroupCommit):
    async def insert(self, group: list[tuple[str, bytes]]) -> None:
        await asyncio.sleep(60)


@pytest.mark.shows("R06")
def test_a_database_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_commit, "STATEMENT_SECONDS", 0.05)
    assert run(deliver_all(Hanging(), [BODY] * 3)) == [503] * 3


class Broken(GroupCommit):
    async def insert(self, group: list[tuple[str, bytes]]) -> None:
        if b"poison" in b"".join(body for _key, body in group):
            raise ValueError("a programming error")


def test_a_group_that_breaks_in_an_unforeseen_way_leaves_nobody_waiting() -> None:
    async def deliver() -> list[object]:
        commit = Broken()
        first = await asyncio.wait_for(
            asyncio.gather(*(commit.store("", b"poison") for _ in range(5)), return_exceptions=True), 30
        )
        # And the next group is served.
        await asyncio.wait_for(commit.store("", b"good"), 30)
        return list(first)

    assert [type(each) for each in run(deliver())] == [ValueError] * 5


@pytest.mark.shows("S25", "R01")
def test_an_old_delivery_sent_again_changes_nothing(committed_cast: factories.Cast) -> None:
    assert run(deliver_all(GroupCommit(), [BODY])) == [200]
    process_all()
    first = list(Message.objects.values()), list(Conversation.objects.values())
    assert len(first[0]) == 1
    assert run(deliver_all(GroupCommit(), [BODY] * 5)) == [200] * 5
    process_all()
    assert (list(Message.objects.values()), list(Conversation.objects.values())) == first
    assert (Delivery.objects.count(), Delivery.objects.filter(processed_at__isnull=True).count()) == (6, 0)
    assert not DeadLetter.objects.exists()


@pytest.mark.shows("S23")
def test_signed_nonsense_is_acknowledged_and_becomes_a_dead_letter_with_all_of_it(
    committed_cast: factories.Cast,
) -> None:
    nonsense = [b"{not json", b"[]", b'"text"', b"\x00\x01", b'{"object": "whatsapp_business_account", "entry": 5}']
    assert run(deliver_all(GroupCommit(), [*nonsense, BODY])) == [200] * 6
    process_all()
    assert sorted(bytes(each.body) for each in DeadLetter.objects.all()) == sorted(nonsense)
    # Its neighbour in the batch is served.
    assert Message.objects.count() == 1
    assert not Delivery.objects.filter(processed_at__isnull=True).exists()


# --- The same over the wire -----------------------------------------------------------------------------------------------------


def over_http(stack: Stack, body: bytes | Iterator[bytes], signature: str | None, **headers: str) -> httpx.Response:
    if signature is not None:
        headers["X-Hub-Signature-256"] = signature
    return httpx.post(f"{stack.url}/webhooks/meta/", content=body, headers=headers, timeout=60)


@pytest.mark.shows("S22", "S23", "S26")
def test_over_the_wire_only_the_providers_own_deliveries_come_in(stack: Stack) -> None:
    good = sign(BODY, APP_SECRET)
    too_long = b"x" * (LIMIT + 1)
    refusals = [
        over_http(stack, BODY, None), over_http(stack, BODY, sign(BODY, SECRET)), over_http(stack, BODY, good.upper()),
        over_http(stack, b"", sign(b"", APP_SECRET)), over_http(stack, too_long, sign(too_long, APP_SECRET)),
        # In chunks, without a length.
        over_http(stack, iter([b"x" * 65_536] * 50), sign(b"x" * 65_536 * 50, APP_SECRET)),
    ]  # fmt: skip
    assert [each.status_code for each in refusals] == [401, 401, 401, 400, 413, 413]
    assert not Delivery.objects.exists()
    assert over_http(stack, iter([BODY[:50], BODY[50:]]), good).status_code == 200
    wait_until(lambda: Message.objects.count() == 1, what="the message")
    question = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "42"}
    echo = httpx.get(f"{stack.url}/webhooks/meta/", params=question)
    assert (echo.status_code, echo.text, echo.headers["content-type"]) == (200, "42", "text/plain; charset=utf-8")
    assert httpx.get(f"{stack.url}/webhooks/meta/", params=question | {"hub.verify_token": "x"}).status_code == 403


@pytest.mark.shows("S23")
@pytest.mark.parametrize("framing", ["content-length", "chunked"])
def test_over_the_wire_a_body_that_breaks_off_is_neither_stored_nor_acknowledged(stack: Stack, framing: str) -> None:
    address = urlsplit(stack.url)
    half = BODY[:100]
    head = (
        f"POST /webhooks/meta/ HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: application/json\r\n"
        f"X-Hub-Signature-256: {sign(half, APP_SECRET)}\r\n"
    ).encode()
    if framing == "chunked":
        head += b"Transfer-Encoding: chunked\r\n\r\n" + f"{len(half):x}\r\n".encode() + half + b"\r\nnot a size\r\n"
    else:
        head += f"Content-Length: {len(BODY)}\r\n\r\n".encode() + half
    with socket.create_connection((str(address.hostname), int(address.port or 80)), timeout=30) as raw:
        raw.sendall(head)
        raw.shutdown(socket.SHUT_WR)
        heard = b""
        while piece := raw.recv(65_536):
            heard += piece
    # Daphne gives us a request once it is whole; what never becomes whole is answered 400 or not at all.
    assert heard == b"" or heard.startswith(b"HTTP/1.1 400 "), heard[:200]
    assert not Delivery.objects.exists()


@pytest.mark.shows("S23")
def test_over_the_wire_signed_nonsense_is_kept_as_a_dead_letter(stack: Stack) -> None:
    assert over_http(stack, b"{not json", sign(b"{not json", APP_SECRET)).status_code == 200
    letter = wait_until(DeadLetter.objects.first, what="the dead letter")
    assert bytes(letter.body) == b"{not json"
    assert not Message.objects.exists()
