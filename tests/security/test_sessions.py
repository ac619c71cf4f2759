"""Who is let in, for how long, and that the door closes everywhere at once (S12 … S16)."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from importlib import import_module
from statistics import median
from typing import Any

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
from django.contrib.auth import hashers
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client, override_settings
from websockets.exceptions import InvalidStatus

from accounts import sessions
from accounts.actions import change_role, create_user, deactivate_user, revoke_access
from accounts.models import AgentStateInterval, User
from config.asgi import application
from core.models import JournalEntry
from core.realtime import socket as realtime_socket
from core.realtime.bus import announce
from tests import factories
from tests.running import run
from tests.security.untouched import untouched
from tests.security.watching import closing_code, is_alive
from tests.security.world import signed_in
from tests.stack import Stack, frame_like

SessionStore = import_module(settings.SESSION_ENGINE).SessionStore
LOGIN = "/accounts/login/"
PRODUCTION_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.MD5PasswordHasher",
]


def sign_in(
    username: str,
    password: str = factories.PASSWORD,
    *,
    address: str = "203.0.113.7",
    client: Client | None = None,
    **extra: Any,
) -> HttpResponse:
    client = client or Client()
    return client.post(LOGIN, {"login": username, "password": password}, REMOTE_ADDR=address, **extra)  # type: ignore[return-value]  # the stubs' own subclass


def is_in(response: HttpResponse) -> bool:
    return response.status_code == 302


def words_of(response: HttpResponse) -> str:
    """What stands on the page for people, without tags and tokens."""
    text = re.sub(r"<script.*?</script>|<style.*?</style>|<[^>]*>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(text.split())


# --- The door closes everywhere at once -------------------------------------------------------------------------------------------


def log_out(stack: Stack, browser: Any) -> None:
    assert browser.post("/accounts/logout/").status_code == 200


def change_password(stack: Stack, browser: Any) -> None:
    new = "otra-clave-todavía-más-larga"
    form = {"oldpassword": factories.PASSWORD, "password1": new, "password2": new}
    answer = browser.post("/accounts/password/change/", data=form)
    # To the login, with nothing to come back to that the old password opened.
    assert (answer.status_code, answer.url.path, answer.url.query) == (200, LOGIN, b"")


ENDINGS: dict[str, Callable[[Stack, Any], object]] = {
    "log-out": log_out,
    "password change": change_password,
    "deactivation": lambda stack, browser: deactivate_user(User.objects.get(username="ana").pk, by=None),
    "role change": lambda stack, browser: change_role(User.objects.get(username="ana").pk, role="supervisor", by=None),
    "an admin's order": lambda stack, browser: revoke_access(User.objects.get(username="ana").pk, by=None),
}


@pytest.mark.shows("S12")
@pytest.mark.parametrize("ending", ENDINGS)
def test_every_tab_closes_within_two_seconds_and_the_api_answers_401(stack: Stack, ending: str) -> None:
    ana, elsewhere, luis = stack.login("ana"), stack.login("ana"), stack.login("luis")
    with (
        stack.socket(ana) as tab,
        stack.socket(ana) as other_tab,
        stack.socket(elsewhere) as far,
        stack.socket(luis) as his,
    ):
        for opened in (tab, other_tab, far, his):
            frame_like(opened, type="hello")
        ENDINGS[ending](stack, ana)
        began = time.monotonic()
        assert [closing_code(opened) for opened in (tab, other_tab)] == [4401, 4401]
        if ending == "log-out":
            # One browser left; the other stays.
            assert is_alive(far)
            assert elsewhere.get("/api/v1/me/").status_code == 200
        else:
            assert closing_code(far) == 4401
            assert elsewhere.get("/api/v1/me/").status_code == 401
        took = time.monotonic() - began
        assert is_alive(his)
        assert took <= 2
    assert ana.get("/api/v1/me/").status_code == 401
    with pytest.raises(InvalidStatus) as refusal, stack.socket(ana):
        pass
    assert refusal.value.response.status_code == 403


@pytest.mark.shows("S12", "S60")
def test_a_forged_announcement_ends_nobodys_session(stack: Stack) -> None:
    ana = stack.login("ana")
    with stack.socket(ana) as opened:
        frame_like(opened, type="hello")
        announce("sessions", [User.objects.get(username="ana").pk, sessions.digest(ana.cookies["session"]), "x"])
        announce("nonsense", ["x"])
        time.sleep(0.3)
        assert is_alive(opened)


@pytest.mark.shows("S12")
def test_somebody_deactivated_cannot_come_back_and_is_told_so_only_with_the_right_password(
    cast: factories.Cast,
) -> None:
    deactivate_user(cast.ana.pk, by=cast.admin)
    client = Client()
    wrong, right = sign_in("ana", "no-es-esta-clave", client=client), sign_in("ana", client=client)
    assert (wrong.status_code, right.status_code, right.headers["Location"]) == (200, 302, "/accounts/inactive/")
    assert client.get("/api/v1/me/").status_code == 401
    assert not AgentStateInterval.objects.filter(ended_at__isnull=True).exists()


# --- Coming in -----------------------------------------------------------------------------------------------------------------


@pytest.mark.shows("S13")
def test_the_session_and_csrf_keys_of_before_the_login_are_worth_nothing_after_it(cast: factories.Cast) -> None:
    planted = SessionStore()
    planted["planted"] = True
    planted.save()
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = planted.session_key
    client.get(LOGIN)
    csrf = client.cookies["csrf"].value
    assert is_in(sign_in("ana", client=client))
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert key != planted.session_key
    assert client.cookies["csrf"].value != csrf
    assert client.get("/api/v1/me/").json()["username"] == "ana"
    # Whoever planted the key holds nothing.
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = planted.session_key
    assert thief.get("/api/v1/me/").status_code == 401
    assert not Session.objects.filter(pk=planted.session_key).exists()


@pytest.mark.shows("S13")
def test_a_session_of_one_person_is_not_carried_into_anothers(cast: factories.Cast) -> None:
    client = signed_in(cast.ana)
    before = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.post("/accounts/logout/")
    sign_in("luis", client=client)
    assert client.get("/api/v1/me/").json()["username"] == "luis"
    assert not Session.objects.filter(pk=before).exists()


@pytest.mark.shows("S13")
def test_cookies_are_out_of_reach_of_scripts_and_other_sites(cast: factories.Cast) -> None:
    client = Client()
    sign_in("ana", client=client)
    cookie = client.cookies["session"]
    assert (cookie["httponly"], cookie["samesite"], cookie["domain"]) == (True, "Lax", "")


@pytest.mark.shows("S14")
def test_guessing_a_password_is_stopped_for_that_user_and_address_and_for_nobody_else(cast: factories.Cast) -> None:
    with time_machine.travel(1_800_000_000, tick=False) as clock:
        answers = [sign_in("admin", f"intento-{number}") for number in range(20)]
        assert not any(is_in(each) for each in answers)
        # Five tries; the others were not even compared.
        assert len({words_of(each) for each in answers[:5]}) == 1
        assert len({words_of(each) for each in answers[5:]}) == 1
        assert words_of(answers[0]) != words_of(answers[5])
        # Even the right password does not open it now: the guesser learns nothing from hitting it.
        assert not is_in(sign_in("admin"))
        # A header does not make another address of it.
        assert not is_in(sign_in("admin", headers={"X-Forwarded-For": "198.51.100.1"}))
        # The admin comes in from where they are, and colleagues from the same address too.
        assert is_in(sign_in("admin", address="198.51.100.9"))
        clock.shift(61)
        assert is_in(sign_in("luis"))
        clock.shift(5 * 60)
        assert is_in(sign_in("admin"))


@pytest.mark.shows("S14")
def test_one_address_trying_many_names_is_stopped_too(cast: factories.Cast) -> None:
    with time_machine.travel(1_800_000_000, tick=False) as clock:
        for number in range(20):
            assert not is_in(sign_in(f"nombre{number}", "una-clave-cualquiera"))
        assert not is_in(sign_in("ana"))
        assert is_in(sign_in("ana", address="198.51.100.9"))
        clock.shift(61)
        assert is_in(sign_in("ana"))


@pytest.mark.shows("S14")
def test_a_right_password_in_between_does_not_reset_the_count(cast: factories.Cast) -> None:
    with time_machine.travel(1_800_000_000, tick=False):
        for number in range(5):
            sign_in("admin", f"intento-{number}")
            assert is_in(sign_in("ana"))
        assert not is_in(sign_in("admin"))


@pytest.mark.shows("S14")
def test_a_name_that_does_not_exist_is_answered_as_one_that_does(cast: factories.Cast) -> None:
    create_user("sinclave", role="agent", password=None)
    pages = {}
    for name in ("ana", "nadie", "sinclave"):
        cache.clear()
        answers = [sign_in(name, f"intento-{number}") for number in range(7)]
        pages[name] = [(each.status_code, words_of(each), sorted(each.headers)) for each in answers]
    assert pages["ana"] == pages["nadie"] == pages["sinclave"]
    assert "nadie" not in pages["nadie"][0][1]


@pytest.mark.shows("S14")
def test_a_name_that_does_not_exist_takes_as_long_as_one_that_does(
    cast: factories.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    with override_settings(PASSWORD_HASHERS=PRODUCTION_HASHERS):
        cast.ana.set_password(factories.PASSWORD)
        cast.ana.save()
        hashed: list[str] = []
        encode = hashers.Argon2PasswordHasher.encode
        verify = hashers.Argon2PasswordHasher.verify
        monkeypatch.setattr(
            hashers.Argon2PasswordHasher,
            "encode",
            lambda self, *args, **kw: hashed.append("encode") or encode(self, *args, **kw),
        )
        monkeypatch.setattr(
            hashers.Argon2PasswordHasher,
            "verify",
            lambda self, *args, **kw: hashed.append("verify") or verify(self, *args, **kw),
        )
        took: dict[str, list[float]] = {"ana": [], "nadie": []}
        for _round in range(3):
            for name, times in took.items():
                cache.clear()
                began = time.perf_counter()
                sign_in(name, "no-es-esta-clave")
                times.append(time.perf_counter() - began)
    assert hashed == ["verify", "encode"] * 3
    known, unknown = median(took["ana"]), median(took["nadie"])
    print(f"S14: wrong password {known * 1000:.0f} ms, unknown user {unknown * 1000:.0f} ms (median of 3, Argon2)")
    assert 0.5 < known / unknown < 2


@pytest.mark.shows("S14", "S15")
def test_asking_for_a_new_password_does_not_tell_whether_the_address_is_known(cast: factories.Cast) -> None:
    User.objects.filter(pk=cast.ana.pk).update(email="ana@example.com")
    known, unknown = (
        Client().post("/accounts/password/reset/", {"email": email}, REMOTE_ADDR="203.0.113.7", follow=True)
        for email in ("ana@example.com", "nadie@example.com")
    )
    assert (known.redirect_chain, words_of(known)) == (unknown.redirect_chain, words_of(unknown))
    assert {each.to[0] for each in mail.outbox} <= {"ana@example.com", "nadie@example.com"}


@pytest.mark.shows("S33")
@pytest.mark.parametrize(
    "there",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "https:evil.example"],
)
def test_nobody_is_sent_away_after_signing_in(cast: factories.Cast, there: str) -> None:
    answer = Client().post(
        f"{LOGIN}?next={there}",
        {"login": "ana", "password": factories.PASSWORD, "next": there},
        REMOTE_ADDR="203.0.113.7",
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def test_nobody_signs_up(cast: factories.Cast) -> None:
    form = {"username": "intruso", "password1": factories.PASSWORD, "email": "x@example.com"}
    with untouched():
        assert b'name="password1"' not in Client().get("/accounts/signup/").content
        Client().post("/accounts/signup/", form)
    assert not User.objects.filter(username="intruso").exists()


@pytest.mark.shows("S20")
def test_looking_at_the_log_out_page_does_not_log_out(cast: factories.Cast) -> None:
    ana = signed_in(cast.ana)
    ana.get("/accounts/logout/")
    assert ana.get("/api/v1/me/").status_code == 200


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
        for _beat in range(12):
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
