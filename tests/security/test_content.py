"""What strangers write is shown, never run; files go only to who may see them; every page says what may run in it (S30 … S33, S43 … S45, S55, S56)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest
from django.db import OperationalError
from django.http import HttpResponse, HttpResponseBase
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from playwright.sync_api import Page, sync_playwright

from accounts.models import AuxState, User
from campaigns.models import Campaign, ChannelAccount, Project
from campaigns.models import Client as Customer
from contacts.models import Contact
from inbox.actions.closing import close_conversation
from inbox.actions.drafting import save_draft
from inbox.actions.receiving import receive_messages
from inbox.actions.sending import send_message, write_note
from inbox.models import Attachment, Message
from tests import factories
from tests.conftest import CHROMIUM
from tests.security.untouched import untouched
from tests.security.vectors import MARK, VECTORS
from tests.security.world import signed_in
from tests.stack import Stack, wait_until
from typification.models import Typification


def bytes_of(response: HttpResponseBase) -> bytes:
    return b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined, arg-type]  # one of the two


# --- Shown, not run ---------------------------------------------------------------------------------------------------------------

WATCHFUL = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""
# Elements and attributes that nothing of ours makes: one of them means that a text became markup.
FOREIGN = """() => [...document.body.querySelectorAll("*")].filter((element) =>
  [...element.attributes].some((attribute) => attribute.name.startsWith("on") || /^\\s*(javascript|data|vbscript):/i.test(attribute.value)) && !element.matches("img[src^='data:']")
  || element.matches("iframe, object, embed, base, meta, math, video, audio:not(#desk-player), details, marquee, style, body script:not([type='application/json'])"))
  .map((element) => element.outerHTML.slice(0, 200))"""
# White space is the reader's: a line separator may stand as a break.
TEXTS = "(selector) => [...document.querySelectorAll(selector)].map((element) => element.textContent)"


def look(stack: Stack, work: Callable[[Page, list[str]], None]) -> None:
    """Let Ana look with a real browser. In a thread of its own: Playwright's loop would otherwise stay in the tests' thread."""
    cookies = stack.login("ana").cookies

    def in_chromium() -> None:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
            )
            context = browser.new_context(viewport={"width": 1440, "height": 1000}, locale="es-PY")
            context.add_cookies([{"name": name, "value": value, "url": stack.url} for name, value in cookies.items()])
            context.add_init_script(WATCHFUL)
            page = context.new_page()
            page.set_default_timeout(10_000)
            dialogs: list[str] = []
            complaints: list[str] = []
            away: list[str] = []
            page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
            page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on(
                "request",
                lambda request: (
                    away.append(request.url) if urlsplit(request.url).netloc != urlsplit(stack.url).netloc else None
                ),
            )
            try:
                work(page, complaints)
                assert (dialogs, complaints, [each for each in away if not each.startswith(("data:", "blob:"))]) == (
                    [],
                    [],
                    [],
                )
            finally:
                browser.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(in_chromium).result()


def nothing_ran(page: Page) -> None:
    assert page.evaluate("window.xss") is None
    assert page.evaluate("window.violations") == []
    assert page.evaluate(FOREIGN) == []


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


@pytest.mark.browser
@pytest.mark.shows("S30", "S33", "S35", "S39", "P0-2")
def test_what_anybody_writes_anywhere_is_shown_letter_by_letter_and_never_runs(stack: Stack) -> None:
    assert stack.cast is not None
    assert len(VECTORS) >= 120
    cast = stack.cast
    # Everything with a name is called like an attack.
    names = iter(vector for vector in VECTORS if len(vector) <= 78)
    Campaign.objects.filter(pk=cast.campaign.pk).update(name=(campaign := next(names)))
    Project.objects.filter(pk=cast.campaign.project_id).update(name=(project := next(names)))
    Customer.objects.filter(pk=cast.campaign.project.client_id).update(name=(customer := next(names)))
    ChannelAccount.objects.filter(pk=cast.account.pk).update(name=(account := next(names)))
    AuxState.objects.update(name=next(names))
    User.objects.filter(username="luis").update(first_name=f"<img src=x onerror={MARK}>", last_name="</b>'\"")
    colleague = f"<img src=x onerror={MARK}> </b>'\""
    top = Typification.objects.get(name="Interesado")
    Typification.objects.filter(pk=top.pk).update(name=(outcome := next(names)))
    leaf = Typification.objects.filter(parent=top).first()
    assert leaf is not None
    Typification.objects.filter(pk=leaf.pk).update(name=(inner := next(names)))
    # Customers called like attacks, saying them.
    callers = VECTORS[::2]
    receive_messages(
        cast.account,
        [
            factories.inbound(vector, sender=factories.identity(phone=f"59599{number:07d}", name=vector))
            for number, vector in enumerate(callers)
        ],
    )
    loud = factories.taken_conversation(cast, sender=factories.identity(name=callers[0]), text="Hola")
    half = len(VECTORS) // 2
    sender = factories.identity(name=callers[0])
    receive_messages(cast.account, [factories.inbound(vector, sender=sender) for vector in VECTORS[: half // 2]])
    for vector in VECTORS[half // 2 : half]:
        write_note(loud.pk, by=cast.luis, client_id=factories.client_id(), text=vector)
    sent, _ = send_message(loud.pk, by=cast.ana, client_id=factories.client_id(), text=VECTORS[0])
    Attachment.objects.create(
        conversation=loud, message=sent, kind="image", name=f'"><img src=x onerror={MARK}>.png', mime="image/png", size=1, state="failed", reason="<b>x</b>"
    )  # fmt: skip
    save_draft(loud.pk, by=cast.ana, mode="reply", text=VECTORS[1], version=0)
    closed = factories.taken_conversation(cast, sender=factories.identity(phone="595970000001", name=callers[1]))
    close_conversation(closed.pk, by=cast.luis, typification_id=leaf.pk, note=VECTORS[2])

    def work(page: Page, complaints: list[str]) -> None:
        page.goto(f"{stack.url}/?tray=pending")
        page.locator(".conversation-row").first.wait_for()
        # The whole list, screen by screen: names and previews.
        names_seen: set[str] = set()
        previews_seen: set[str] = set()
        for screen in range(14):
            page.evaluate("top => document.getElementById('conversation-list').scrollTop = top", screen * 700)
            page.wait_for_timeout(60)
            names_seen |= {plain(each) for each in page.evaluate(TEXTS, ".row-name bdi")}
            previews_seen |= {plain(each) for each in page.evaluate(TEXTS, ".row-preview bdi")}
        assert [vector for vector in callers if plain(vector[:120]) not in names_seen] == []
        assert [
            vector
            for vector in callers
            if not any(each and plain(vector).startswith(each.rstrip("…")) for each in previews_seen)
        ] == []
        nothing_ran(page)
        # A thread, its header, its side panel; the second half of the attacks arrives while it is open.
        page.goto(f"{stack.url}/?tray=in_progress&c={loud.pk}")
        page.locator(".message").first.wait_for()
        said: set[str] = set()
        gather(page, said)
        while True:
            before = len(said)
            page.evaluate("document.querySelector('.message').scrollIntoView()")
            page.wait_for_timeout(400)
            gather(page, said)
            if len(said) == before:
                break
        assert [vector for vector in VECTORS[:half] if plain(vector) not in said] == []
        whole = plain(" ".join(page.evaluate(TEXTS, "#desk")))
        assert [
            each
            for each in (campaign, project, customer, account, colleague, VECTORS[1])
            if plain(each) not in whole + page.input_value("#desk-composer")
        ] == []
        nothing_ran(page)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(
                receive_messages, cast.account, [factories.inbound(vector, sender=sender) for vector in VECTORS[half:]]
            ).result()
        page.get_by_role("button", name=re.compile("mensajes nuevos")).click()
        wait_until(lambda: gather(page, said) is None and plain(VECTORS[-1]) in said, what="the live half")
        page.wait_for_timeout(200)
        gather(page, said)
        assert [vector for vector in VECTORS[half:] if plain(vector) not in said] == []
        nothing_ran(page)
        # The links among them lead to the web, the mail or the telephone, and open apart.
        links = page.evaluate(
            "() => [...document.querySelectorAll('.message p a')].map((a) => [a.protocol, a.rel, a.target])"
        )
        assert {tuple(each) for each in links} <= {
            (scheme, "noopener noreferrer", "_blank") for scheme in ("http:", "https:", "mailto:", "tel:")
        }
        # The closing dialog.
        page.get_by_role("button", name="Finalizar").first.click()
        dialog = page.get_by_role("dialog")
        dialog.locator(".option").first.wait_for()
        assert plain(outcome) in plain(" ".join(page.evaluate(TEXTS, "dialog .option b")))
        nothing_ran(page)
        # What was closed: outcome, note and event.
        page.goto(f"{stack.url}/?tray=attended&c={closed.pk}")
        page.locator(".conversation-row").first.wait_for()
        page.get_by_text("Hola").first.wait_for()
        whole = plain(" ".join(page.evaluate(TEXTS, "#desk")))
        assert [each for each in (inner, VECTORS[2]) if plain(each) not in whole] == []
        nothing_ran(page)
        # And what the address itself says.
        page.goto(f"{stack.url}/?search=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E&tray=%3Cscript%3E&c=%3Cb%3E")
        page.get_by_text("<img src=x onerror=alert(1)>").first.wait_for()
        nothing_ran(page)
        assert complaints == []
        for address in (
            "/accounts/login/?next=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
            "/%3Cscript%3Ealert(1)%3C/script%3E",
        ):
            page.goto(stack.url + address)
            assert page.evaluate("[window.violations, window.xss ?? null]") == [[], None]
        # The browser's own words about the pages that are not there.
        assert {"404" in each for each in complaints} == {True}
        complaints.clear()

    def gather(page: Page, said: set[str]) -> None:
        said |= {plain(each) for each in page.evaluate(TEXTS, ".message p > bdi")}

    look(stack, work)


# --- What every page says -----------------------------------------------------------------------------------------------------------


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
