"""The second factor, and how long a session lasts."""

from __future__ import annotations

import asyncio
import time

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.core import mail
from django.test import Client

from accounts import sessions
from accounts.models import AgentStateInterval, User
from config.asgi import application
from core.models import JournalEntry
from core.realtime import socket as realtime_socket
from tests import factories
from tests.running import run
from tests.security.test_sessions import SessionStore, sign_in
from tests.security.world import signed_in

# --- The second factor ------------------------------------------------------------------------------------------------------------


def code_for(secret: str) -> str:
    counters = list(yield_hotp_counters_from_time())
    return format_hotp_value(hotp_value(secret, counters[len(counters) // 2]))


@pytest.mark.shows("S13", "S14")
def test_with_a_second_factor_the_password_alone_opens_nothing(cast: factories.Cast) -> None:
    secret = generate_totp_secret()
    TOTP.activate(cast.ana, secret)
    with time_machine.travel(1_800_000_000, tick=False) as clock:
        client = Client()
        first = sign_in("ana", client=client)
        assert (first.status_code, first.headers["Location"].partition("?")[0]) == (302, "/accounts/2fa/authenticate/")
        before = client.cookies["session"].value
        assert client.get("/api/v1/me/").status_code == 401
        assert client.get("/").status_code == 302
        good = code_for(secret)
        wrong = client.post(
            "/accounts/2fa/authenticate/",
            {"code": "000000" if good != "000000" else "111111"},
            REMOTE_ADDR="203.0.113.7",
        )
        assert wrong.status_code == 200
        assert client.get("/api/v1/me/").status_code == 401
        assert not JournalEntry.objects.filter(verb="signed_in").exists()
        answer = client.post("/accounts/2fa/authenticate/", {"code": good}, REMOTE_ADDR="203.0.113.7")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/")
        assert client.get("/api/v1/me/").json()["username"] == "ana"
        assert client.cookies["session"].value != before
        assert JournalEntry.objects.filter(verb="signed_in").count() == 1
        # A code is good once, also for somebody who saw it typed.
        thief = Client()
        sign_in("ana", client=thief)
        thief.post("/accounts/2fa/authenticate/", {"code": good}, REMOTE_ADDR="203.0.113.7")
        assert thief.get("/api/v1/me/").status_code == 401
        clock.shift(60)


@pytest.mark.shows("S14")
def test_guessing_codes_is_stopped(cast: factories.Cast) -> None:
    secret = generate_totp_secret()
    TOTP.activate(cast.ana, secret)
    with time_machine.travel(1_800_000_000, tick=False):
        client = Client()
        sign_in("ana", client=client)
        good = code_for(secret)
        for number in range(10):
            code = f"{(int(good) + 1 + number) % 1_000_000:06}"
            client.post("/accounts/2fa/authenticate/", {"code": code}, REMOTE_ADDR="203.0.113.7")
        client.post("/accounts/2fa/authenticate/", {"code": good}, REMOTE_ADDR="203.0.113.7")
        assert client.get("/api/v1/me/").status_code == 401


# --- How long it lasts ------------------------------------------------------------------------------------------------------------


def age(client: Client, *, idle: float = 0, old: float = 0) -> None:
    """The session's owner was away for `idle` seconds, and signed in `old` seconds ago."""
    store = SessionStore(client.cookies[settings.SESSION_COOKIE_NAME].value)
    store[sessions.ACTIVE], store[sessions.STARTED] = time.time() - idle, time.time() - max(old, idle)
    store.save()


def last_active(client: Client) -> float:
    return float(SessionStore(client.cookies[settings.SESSION_COOKIE_NAME].value)[sessions.ACTIVE])


@pytest.mark.shows("S16")
@pytest.mark.parametrize(
    ("idle", "old", "stands"),
    [(3500, 3500, True), (3605, 3605, False), (0, 12 * 3600 - 60, True), (0, 12 * 3600 + 5, False)],
)
def test_a_session_ends_after_an_idle_hour_and_after_a_working_day(
    cast: factories.Cast, idle: int, old: int, stands: bool
) -> None:
    sign_in("ana", client=(client := Client()))
    client.get("/api/v1/me/")
    age(client, idle=idle, old=old)
    assert client.get("/api/v1/me/").status_code == (200 if stands else 401)
    assert client.get("/").status_code == (200 if stands else 302)
    # Whoever was away does not stand in their auxiliary any more.
    assert AgentStateInterval.objects.filter(user=cast.ana, ended_at__isnull=True).exists() is stands


@pytest.mark.shows("S16")
def test_background_polls_do_not_keep_a_session_awake_and_people_do(cast: factories.Cast) -> None:
    client = signed_in(cast.ana)
    age(client, idle=1800)
    then = last_active(client)
    for _poll in range(3):
        assert client.get("/api/v1/conversations/", headers={"X-Background": "1"}).status_code == 200
    assert last_active(client) == then
    client.get("/api/v1/conversations/")
    assert last_active(client) > then + 1700
    # Nor does a poll bring one back that was over.
    age(client, idle=3605)
    assert client.get("/api/v1/conversations/", headers={"X-Background": "1"}).status_code == 401
    assert client.get("/api/v1/conversations/").status_code == 401


async def open_tab(client: Client) -> WebsocketCommunicator:
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    headers = [
        (b"host", b"127.0.0.1"),
        (b"origin", b"http://127.0.0.1"),
        (b"cookie", f"{settings.SESSION_COOKIE_NAME}={key}".encode()),
    ]
    return WebsocketCommunicator(application, "/ws/", headers=headers)


@pytest.mark.shows("S16")
def test_an_open_socket_ends_with_its_session_and_pings_do_not_keep_it(
    committed_cast: factories.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(realtime_socket, "CHECK_SECONDS", 0.2)
    clients = {
        "idle": signed_in(committed_cast.ana),
        "overlong": signed_in(committed_cast.luis),
        "awake": signed_in(committed_cast.eva),
    }

    async def watch() -> dict[str, int | None]:
        tabs = {name: await open_tab(client) for name, client in clients.items()}
        for tab in tabs.values():
            assert (await tab.connect())[0]
        await sync_to_async(age)(clients["idle"], idle=3605)
        await sync_to_async(age)(clients["overlong"], old=12 * 3600 + 5)
        await sync_to_async(age)(clients["awake"], idle=3500)
        ended: dict[str, int | None] = dict.fromkeys(tabs)
        # Twelve beats of life for whoever is awake, and as many as it takes for the others to be seen to have ended.
        for beat in range(300):
            if beat >= 12 and None not in (ended["idle"], ended["overlong"]):
                break
            for name, tab in tabs.items():
                if ended[name] is None:
                    await tab.send_json_to({"type": "ping"})
                    ended[name] = await code_of(tab)
            await asyncio.sleep(0.1)
        await tabs["awake"].disconnect()
        return ended

    assert run(watch()) == {"idle": 4401, "overlong": 4401, "awake": None}
    # The heartbeat left no trace of a person.
    assert last_active(clients["awake"]) < time.time() - 3400


async def code_of(tab: WebsocketCommunicator) -> int | None:
    while not tab.output_queue.empty():
        frame = await tab.receive_output()
        if frame["type"] == "websocket.close":
            return int(frame["code"])
    return None


@pytest.mark.shows("S16")
def test_an_ended_session_opens_no_socket(committed_cast: factories.Cast) -> None:
    clients = [signed_in(committed_cast.ana), signed_in(committed_cast.luis), signed_in(None)]
    clients[2].cookies[settings.SESSION_COOKIE_NAME] = "x" * 32
    age(clients[0], idle=3605)
    age(clients[1], old=12 * 3600 + 5)

    async def knock() -> list[bool]:
        tabs = [await open_tab(client) for client in clients]
        return [bool((await tab.connect())[0]) for tab in tabs]

    assert run(knock()) == [False, False, False]


@pytest.mark.shows("P0-48")
@pytest.mark.parametrize(("language", "said"), [("es", "Tú, o alguien"), ("en", "You, or somebody"), ("pt-br", "Você")])
def test_letters_about_a_password_speak_as_the_product_does(cast: factories.Cast, language: str, said: str) -> None:
    User.objects.filter(pk=cast.ana.pk).update(email="ana@example.com")
    for email in ("ana@example.com", "nadie@example.com"):
        Client().post("/accounts/password/reset/", {"email": email}, REMOTE_ADDR="203.0.113.9", HTTP_ACCEPT_LANGUAGE=language)  # fmt: skip
    known, unknown = (next(each for each in mail.outbox if each.to == [to]) for to in ("ana@example.com", "nadie@example.com"))  # fmt: skip
    for letter in (known, unknown):
        assert said in letter.body
        assert "usted" not in letter.body.lower()
        assert "signup" not in letter.body
    assert "/password/reset/key/" in known.body
    assert "/password/reset/key/" not in unknown.body
