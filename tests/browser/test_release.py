"""A tab of yesterday's release: it takes the new one by itself, once, unless somebody is in the middle of something."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Sit
from tests.stack import Stack

pytestmark = pytest.mark.browser

NEWS = "Hay una versión nueva"


def serve_as_old(page: Page, *, times: int) -> list[str]:
    """Let the desk's page claim the release before, so many times. Returns the list its loads are noted in."""
    loads: list[str] = []

    def answer(route: Route) -> None:
        if route.request.resource_type != "document":
            return route.fallback()
        response = route.fetch()
        loads.append(route.request.url)
        named = re.compile(rf'("release": ?)"{re.escape(settings.RELEASE)}"')
        body, found = named.subn(r'\1"0.0.1"', response.text())
        assert found == 1
        return route.fulfill(response=response, body=body if len(loads) <= times else response.text())

    page.route(re.compile(r"/(\?.*)?$"), answer)
    return loads


def test_a_tab_of_another_release_reloads_once_and_then_only_says_so(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana")
    loads = serve_as_old(ana, times=1)
    ana.goto(f"{stack.url}/")
    ana.get_by_text("Conectado", exact=True).wait_for()
    ana.wait_for_timeout(1_500)
    assert len(loads) == 2
    expect(ana.get_by_text(NEWS)).to_have_count(0)

    ana.unroute_all()
    loads = serve_as_old(ana, times=9)
    ana.goto(f"{stack.url}/")
    expect(ana.get_by_text(NEWS)).to_be_visible()
    ana.wait_for_timeout(1_500)
    assert len(loads) == 1


def test_nobody_who_is_writing_is_interrupted(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana")
    loads = serve_as_old(ana, times=9)
    # As soon as there is something to write in, before the server has said hello.
    ana.add_init_script("""new MutationObserver((_, self) => {
        const search = document.getElementById("desk-search");
        if (search) { search.focus(); self.disconnect(); }
    }).observe(document, {childList: true, subtree: true});""")
    ana.goto(f"{stack.url}/")
    expect(ana.get_by_text(NEWS)).to_be_visible()
    assert len(loads) == 1
