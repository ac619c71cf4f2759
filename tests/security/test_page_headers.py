"""What every page says of itself: not framed, nothing run but its own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
import pytest
from django.db import OperationalError
from django.http import HttpResponse, HttpResponseBase
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from contacts.models import Contact
from inbox.models import Message
from tests import factories
from tests.security.test_content import bytes_of
from tests.security.world import signed_in
from tests.stack import Stack
from tests.untouched import untouched


def directives(response: HttpResponseBase) -> dict[str, list[str]]:
    policy = response.headers["Content-Security-Policy"]
    return {name: values for name, *values in (each.split() for each in policy.split(";") if each.strip())}


SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.DOTALL | re.IGNORECASE)


def check_page(response: HttpResponseBase, name: str) -> str | None:
    """Whether the page keeps the rules; return its nonce, if it has one."""
    policy = directives(response)
    assert policy["frame-ancestors"] == ["'none'"], name
    assert (policy["object-src"], policy["base-uri"], policy["form-action"]) == (["'none'"], ["'none'"], ["'self'"]), (
        name
    )
    assert policy["default-src"] == ["'self'"], name
    for kind in ("script-src", "style-src"):
        strange = [
            each for each in policy[kind] if each != "'self'" and not re.fullmatch(r"'nonce-[\w+/=-]{16,}'", each)
        ]
        assert strange == [], (name, kind)
    assert response.headers["X-Frame-Options"] == "DENY", name
    assert response.headers["X-Content-Type-Options"] == "nosniff", name
    assert response.headers["Referrer-Policy"] == "same-origin", name
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin", name
    nonces = [
        each.removeprefix("'nonce-").removesuffix("'") for each in policy["script-src"] if each.startswith("'nonce-")
    ]
    if not response.headers.get("Content-Type", "").startswith("text/html"):
        return None
    text = bytes_of(response).decode()
    for attributes, code in SCRIPT.findall(text):
        is_data = 'type="application/json"' in attributes
        if code.strip() and not is_data:
            assert nonces, name
            assert f'nonce="{nonces[0]}"' in attributes, (name, attributes)
    markup = SCRIPT.sub("", text)
    assert not re.search(r"<[^>]*\son[a-z]+\s*=", markup), name
    assert not re.search(r"<[^>]*\sstyle\s*=|<style\b", markup), name
    assert not re.search(r"(href|src|action)\s*=\s*[\"']?\s*javascript:", markup, re.IGNORECASE), name
    # Nothing from elsewhere.
    assert not re.search(r"<(script|link|img|iframe)\b[^>]*(src|href)=[\"'](https?:)?//", markup), name
    return nonces[0] if nonces else None


def pages() -> list[str]:
    """Every address that can be asked for without knowing an id, but the API's own."""

    def walk(resolver: URLResolver) -> list[str]:
        found: list[str] = []
        for each in resolver.url_patterns:
            if isinstance(each, URLResolver):
                found += [] if each.namespace == "api" else walk(each)
            elif isinstance(each, URLPattern) and each.name:
                found.append(each.name)
        return found

    addresses = []
    for name in walk(get_resolver()):
        try:
            addresses.append(reverse(name))
        except NoReverseMatch:
            continue
    return addresses


@pytest.mark.shows("S56")
def test_every_page_forbids_to_be_framed_and_lets_nothing_run_but_its_own(cast: factories.Cast) -> None:
    factories.taken_conversation(cast)
    found = pages()
    assert len(found) >= 20
    with_nonce = 0
    for client in (signed_in(cast.ana), Client()):
        for address in found:
            response = client.get(address)
            assert response.status_code < 500, address
            nonce = check_page(response, address)
            if nonce is not None:
                with_nonce += 1
                # Known once, good for nothing.
                assert nonce not in bytes_of(client.get(address)).decode()
    assert with_nonce >= 4


@pytest.mark.shows("S56", "S55", "S45")
def test_the_pages_of_what_went_wrong_keep_the_same_rules_and_tell_nothing(
    cast: factories.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, without_token = signed_in(cast.ana), signed_in(cast.ana, csrf=True)
    ana.raise_request_exception = False

    def fail(error: Exception) -> Callable[..., HttpResponse]:
        def view(*args: object, **kwargs: object) -> HttpResponse:
            raise error

        return view

    wrong: dict[str, HttpResponseBase] = {
        "404": ana.get("/no-such-page/"), "404 of the API": ana.get("/api/v1/no-such-thing/"), "403": without_token.post("/accounts/logout/"),
        "400": ana.get("/accounts/login/", headers={"Host": "evil.example"}), "405": ana.delete("/"), "redirect": Client().get("/"),
        "401": Client().get("/api/v1/me/"), "403 of a file": Client().get("/media/00000000-0000-0000-0000-000000000001/"),
    }  # fmt: skip
    monkeypatch.setattr("inbox.views.me_with_work", fail(ZeroDivisionError("secret detail")))
    wrong["500"] = ana.get("/")
    monkeypatch.setattr("inbox.api.me.me_with_work", fail(ZeroDivisionError("secret detail")))
    wrong["500 of the API"] = ana.get("/api/v1/me/")
    monkeypatch.setattr("inbox.views.me_with_work", fail(OperationalError("secret host is down")))
    wrong["503"] = ana.get("/")
    monkeypatch.setattr("inbox.api.me.me_with_work", fail(OperationalError("secret host is down")))
    wrong["503 of the API"] = ana.get("/api/v1/me/")
    # Already the session cannot be read.
    monkeypatch.setattr(
        "django.contrib.sessions.backends.db.SessionStore._get_session_from_db",
        fail(OperationalError("secret host is down")),
    )
    wrong["503 before any view"] = ana.get("/")
    wrong["503 of the API before any view"] = ana.get("/api/v1/me/")
    for name, response in wrong.items():
        status = name.split(" ", maxsplit=1)[0]
        assert status == "redirect" or response.status_code == int(status), (name, response.status_code)
        if not name.startswith(("403 of a file",)):
            check_page(response, name)
        text = "" if response.streaming else response.content.decode()  # type: ignore[attr-defined]  # a plain response
        assert not re.search(
            r"secret|Traceback|ZeroDivision|OperationalError|Django|settings|/work/|site-packages", text
        ), name
        if status == "503":
            assert response.headers["Retry-After"] == "2", name


@pytest.mark.shows("S55")
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "evil.example:80",
        "127.0.0.1@evil.example",
        "",
        "localhost/x",
        "[::1",
        "a b",
    ],
)
def test_a_host_that_is_not_ours_is_refused(cast: factories.Cast, host: str) -> None:
    with untouched():
        for address in ("/accounts/login/", "/accounts/password/reset/", "/api/v1/me/", "/"):
            assert Client().get(address, headers={"Host": host}).status_code == 400
        form = {"email": "ana@example.com"}
        assert Client().post("/accounts/password/reset/", form, headers={"Host": host}).status_code == 400
    # Nor does a proxy's header say who we are.
    here = Client().get("/", headers={"X-Forwarded-Host": "evil.example"})
    assert (here.status_code, here.headers["Location"]) == (302, "/accounts/login/?next=/")


@pytest.mark.shows("S45")
def test_over_the_wire_nothing_is_served_that_is_not_meant_to_be(stack: Stack) -> None:
    hidden = (
        "/.git/config", "/.git/HEAD", "/.env", "/.data/", "/manage.py", "/pyproject.toml", "/config/settings.py", "/static/", "/static", "/static/js/",
        "/static/../config/settings.py", "/static/%2e%2e/config/settings.py", "/static/..%2fconfig%2fsettings.py", "/static/%2e%2e%2f.env", "/static//etc/passwd",
        "/static/....//....//etc/passwd", "/static/..%5c..%5cetc", "/static/%00", "/static/missing.css", "/static/js/desk/main.js.map", "/static/staticfiles.json.bak",
        "/media/", "/admin/", "/emergency/", "/metrics", "/debug/", "/__debug__/", "/server-status", "/api/", "/api/v1/", "/graphql", "/swagger", "/redoc",
    )  # fmt: skip
    address = urlsplit(stack.url)
    answers = {}
    with httpx.Client(base_url=stack.url) as client:
        for path in hidden:
            # As it is: no library may tidy the path up.
            request = client.build_request("GET", stack.url)
            request.url = request.url.copy_with(raw_path=path.encode())
            response = client.send(request)
            answers[path] = (
                response.status_code,
                re.findall(r"Traceback|Exception|DEBUG|Twisted|SECRET|root:", response.text),
            )
        assert answers == dict.fromkeys(hidden, (404, []))
        for method in ("TRACE", "TRACK", "CONNECT", "DEBUG", "PROPFIND"):
            for path in ("/", "/api/v1/me/", "/accounts/login/", "/webhooks/meta/", "/healthz", "/static/icons.svg"):
                response = client.request(method, path, headers={"X-Echo": "canary"})
                assert response.status_code in (400, 401, 403, 404, 405, 501), (method, path, response.status_code)
                assert "canary" not in response.text
        assert client.post("/static/icons.svg").status_code == 405
        assert client.get("/api/v1/schema/").status_code == 401
        foreign = client.get("/accounts/login/", headers={"Host": "evil.example"})
        assert (foreign.status_code, "evil.example" in foreign.text) == (400, False)
        # The API lets no other site read it.
        cross = client.options(
            "/api/v1/me/", headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "PUT"}
        )
        assert not [name for name in cross.headers if name.lower().startswith("access-control-")]
    assert address.hostname == "127.0.0.1"


@pytest.mark.shows("S45")
def test_health_names_nobody_and_nothing(cast: factories.Cast) -> None:
    factories.taken_conversation(cast, text="xyzzy")
    health = Client().get("/healthz")
    assert health.status_code == 200
    assert set(health.json()) == {"status", "database", "redis", "workers", "queues", "backlog"}
    assert not re.search(r"xyzzy|Roc|Ana|\d{6,}", json.dumps(health.json()))
    assert Contact.objects.exists()
    assert Message.objects.exists()
