"""A real Chromium, and people sitting in front of it. A console error or a page error fails the test that caused it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize

from tests.stack import PATIENCE_SECONDS, Stack

DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}

Sit = Callable[..., Page]

# Nobody is as quick as a test: what it presses on a page that has come, but whose scripts do not listen yet, is pressed in vain.
LOADED = "addEventListener('load', () => { document.documentElement.dataset.loaded = ''; });"
NOT_LOADED = "html:not([data-loaded])"


@pytest.fixture
def complaints() -> list[str]:
    """What the browsers of this test complained about. A test that provokes a refusal on purpose clears it."""
    return []


@pytest.fixture
def sit_down(stack: Stack, browser: Browser, complaints: list[str]) -> Iterator[Sit]:
    """`sit_down("ana")`: Ana at her desk, in a browser of her own; returns her page. `None` stands before the door.

    She signed in by a request: that the form does the same is shown by those who come to it. `forgives`: words of a complaint that what
    she does provokes rightly.
    """
    contexts = []
    stack.forget_throttles()

    def sit(
        username: str | None,
        *,
        viewport: ViewportSize = DESKTOP,
        first_entry: bool = False,
        forgives: str = "",
        **options: Any,
    ) -> Page:
        context = browser.new_context(viewport=viewport, locale="es-PY", **options)
        contexts.append(context)
        if not first_entry:
            # Whoever was here before has answered about permissions.
            context.add_init_script("localStorage.setItem('ventanilla.device.seen', '1')")
        context.add_init_script(LOADED)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_SECONDS * 1000)
        page.add_locator_handler(page.locator(NOT_LOADED), lambda: page.wait_for_load_state("load"), no_wait_after=True)
        page.on(
            "console",
            lambda message: complaints.extend(
                each for each in complaint_of(username, message) if not forgives or forgives not in each
            ),
        )
        page.on("pageerror", lambda error: complaints.append(f"{username}: {error}"))
        if username is None:
            page.goto(f"{stack.url}/accounts/login/")
            return page
        cookies = stack.login(username).cookies
        context.add_cookies([{"name": name, "value": value, "url": stack.url} for name, value in cookies.items()])
        page.goto(f"{stack.url}/")
        page.get_by_text("Conectado", exact=True).wait_for()
        return page

    yield sit
    for context in contexts:
        context.close()
    assert complaints == []


def complaint_of(username: str | None, message: ConsoleMessage) -> list[str]:
    """What the console holds against the page, with its address; nothing where all is well."""
    address = message.location.get("url", "")
    # Who writes on while a message leaves is told that the server's copy was emptied, and writes over it: that is how it works.
    is_draft_emptied = "409" in message.text and address.endswith("/draft/")
    # Whoever leaves a page at once lets go of a socket that was still knocking.
    is_left = "closed before the connection is established" in message.text
    is_error = message.type == "error" and not (is_draft_emptied or is_left)
    return [f"{username}: {message.text} {address}"] if is_error else []
