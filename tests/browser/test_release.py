"""A tab of yesterday's release: it takes the new one by itself, once, unless somebody is in the middle of something."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import Sit
from tests.stack import Stack

pytestmark = pytest.mark.browser

NEWS = "Hay una versión nueva"


def renew_the_server(page: Page) -> list[str]:
    """From now on the server says that it is of another release. Returns the list that the page's loads are noted in."""
    loads: list[str] = []

    def connect(tab: WebSocketRoute) -> None:
        server = tab.connect_to_server()
        server.on_message(lambda said: tab.send(re.sub(r'("release": ?)"[^"]+"', r'\1"9.9.9"', str(said))))

    page.route_web_socket(re.compile(r"/ws/$"), connect)
    page.on("domcontentloaded", lambda loaded: loads.append(loaded.url))
    return loads


def test_a_tab_of_another_release_reloads_once_and_then_only_says_so(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana")
    loads = renew_the_server(ana)
    ana.goto(f"{stack.url}/")
    expect(ana.get_by_text(NEWS)).to_be_visible()
    assert len(loads) == 2


def test_nobody_who_is_writing_is_interrupted(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana")
    loads = renew_the_server(ana)
    # As soon as there is something to write in, before the server has said hello.
    ana.add_init_script("""new MutationObserver((_, self) => {
        const search = document.getElementById("desk-search");
        if (search) { search.focus(); self.disconnect(); }
    }).observe(document, {childList: true, subtree: true});""")
    ana.goto(f"{stack.url}/")
    expect(ana.get_by_text(NEWS)).to_be_visible()
    assert len(loads) == 1
