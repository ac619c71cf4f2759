"""Who is let in, for how long, and that the door closes everywhere at once (S12 … S16)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from importlib import import_module
from statistics import median
from typing import Any

import pytest
import time_machine
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
from core.realtime.bus import announce
from tests import factories
from tests.security.watching import closing_code, is_alive
from tests.security.world import signed_in
from tests.stack import Stack, frame_like
from tests.untouched import untouched

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
        # Two on a machine of its own: beside other tests the clock is theirs, too.
        assert took <= 15
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
