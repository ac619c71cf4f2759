"""What strangers write is shown, never run; files go only to who may see them; every page says what may run in it (S30 … S33, S43 … S45, S55, S56)."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from django.http import HttpResponseBase
from playwright.sync_api import Page, sync_playwright

from accounts.models import AuxState, User
from campaigns.models import Campaign, ChannelAccount, Project
from campaigns.models import Client as Customer
from inbox.actions.closing import close_conversation
from inbox.actions.drafting import save_draft
from inbox.actions.receiving import receive_messages
from inbox.actions.sending import send_message, write_note
from inbox.models import Attachment
from tests import factories
from tests.conftest import CHROMIUM
from tests.security.vectors import MARK, VECTORS
from tests.stack import PATIENCE_SECONDS, Stack, wait_until
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
            page.set_default_timeout(PATIENCE_SECONDS * 1000)
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
    leaf = Typification.objects.filter(parent=top, asks_callback="no").first()
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
        unseen, screens = list(callers), itertools.cycle(range(14))
        until = time.monotonic() + 2 * PATIENCE_SECONDS
        # What is not drawn yet when it is looked at is there at the next walk through.
        while unseen:
            assert time.monotonic() < until, unseen
            page.evaluate("top => document.getElementById('conversation-list').scrollTop = top", next(screens) * 700)
            page.wait_for_timeout(60)
            names_seen |= {plain(each) for each in page.evaluate(TEXTS, ".row-name bdi")}
            previews_seen |= {plain(each) for each in page.evaluate(TEXTS, ".row-preview bdi")}
            unseen = [
                vector
                for vector in callers
                if plain(vector[:120]) not in names_seen
                or not any(each and plain(vector).startswith(each.rstrip("…")) for each in previews_seen)
            ]
        nothing_ran(page)
        # A thread, its header, its side panel; the second half of the attacks arrives while it is open.
        page.goto(f"{stack.url}/?tray=in_progress&c={loud.pk}")
        page.locator(".message").first.wait_for()
        said: set[str] = set()
        gather(page, said)
        until = time.monotonic() + 2 * PATIENCE_SECONDS
        while unsaid := [vector for vector in VECTORS[:half] if plain(vector) not in said]:
            assert time.monotonic() < until, unsaid
            page.evaluate("document.querySelector('.message').scrollIntoView()")
            page.wait_for_timeout(400)
            gather(page, said)
        names_here = (campaign, project, customer, account, colleague, VECTORS[1])
        wait_until(lambda: all(plain(each) in whole(page) for each in names_here), what="everybody's names")
        nothing_ran(page)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(
                receive_messages, cast.account, [factories.inbound(vector, sender=sender) for vector in VECTORS[half:]]
            ).result()
        page.get_by_role("button", name=re.compile("mensajes nuevos")).click()
        wait_until(lambda: gather(page, said) is None and plain(VECTORS[-1]) in said, what="the live half")
        wait_until(
            lambda: gather(page, said) is None and all(plain(vector) in said for vector in VECTORS[half:]),
            what="every one of the live half",
        )
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
        wait_until(lambda: all(plain(each) in whole(page) for each in (inner, VECTORS[2])), what="outcome and note")
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

    def whole(page: Page) -> str:
        composers = page.evaluate("() => [...document.querySelectorAll('#desk-composer')].map((each) => each.value)")
        return plain(" ".join([*page.evaluate(TEXTS, "#desk"), *composers]))

    def gather(page: Page, said: set[str]) -> None:
        said |= {plain(each) for each in page.evaluate(TEXTS, ".message p > bdi")}

    look(stack, work)
