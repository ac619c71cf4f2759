"""Views whose modules are read when they are to be shown: slow to come, not to be had, or there before anybody asked."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Sit
from tests.stack import Stack, wait_until

pytestmark = pytest.mark.browser

HELP = re.compile(r"/static/js/desk/views/help\.[0-9a-f]+\.js$")
THREAD = re.compile(r"/static/js/desk/views/thread\.[0-9a-f]+\.js$")


def hold(page: Page, address: re.Pattern[str]) -> list[Route]:
    """What is asked for there from now on waits in this list."""
    held: list[Route] = []

    def keep(route: Route) -> None:
        held.append(route)

    page.route(address, keep)
    return held


def let_go(page: Page, held: list[Route]) -> None:
    wait_until(lambda: bool(page.wait_for_timeout(20) or held), what="the module is asked for")
    for route in held:
        route.continue_()


def sheet(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Atajos de teclado")


def test_a_dialog_that_comes_late_takes_the_focus_and_gives_it_back(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana", service_workers="block")
    held = hold(ana, HELP)
    ana.goto(f"{stack.url}/")
    ana.get_by_text("Conectado", exact=True).wait_for()
    opener = ana.get_by_role("button", name=re.compile("^Ordenar"))
    opener.focus()
    ana.keyboard.press("?")
    expect(sheet(ana)).to_have_count(0)
    # No other key does anything meanwhile: the dialog was asked for.
    ana.keyboard.press("/")
    expect(opener).to_be_focused()
    let_go(ana, held)
    expect(sheet(ana)).to_be_visible()
    assert sheet(ana).evaluate("(dialog) => dialog.contains(document.activeElement)")
    ana.keyboard.press("Escape")
    expect(sheet(ana)).to_have_count(0)
    expect(opener).to_be_focused()


def test_a_dialog_that_cannot_be_read_says_so_and_is_there_at_the_next_press(
    stack: Stack, sit_down: Sit, complaints: list[str]
) -> None:
    ana = sit_down("ana", service_workers="block")
    ana.route(HELP, lambda route: route.abort())
    ana.goto(f"{stack.url}/")
    ana.get_by_text("Conectado", exact=True).wait_for()
    ana.keyboard.press("?")
    expect(ana.get_by_role("alert").filter(has_text="Sin conexión con el servidor")).to_be_visible()
    expect(sheet(ana)).to_have_count(0)
    ana.unroute(HELP)
    ana.keyboard.press("?")
    expect(sheet(ana)).to_be_visible()
    complaints.clear()


def test_the_pane_of_a_conversation_that_comes_late_has_the_focus_where_one_writes(stack: Stack, sit_down: Sit) -> None:
    stack.write("Buenos días")
    ana = sit_down("ana", service_workers="block")
    held = hold(ana, THREAD)
    ana.goto(f"{stack.url}/?tray=pending")
    row = ana.locator(".conversation-row").first
    row.focus()
    ana.keyboard.press("Enter")
    expect(row).to_have_attribute("aria-current", "true")
    expect(ana.locator(".thread-pane")).to_have_attribute("aria-busy", "true")
    let_go(ana, held)
    expect(ana.locator(".message").filter(has_text="Buenos días")).to_be_visible()
    # Where one writes, or where it says why not yet.
    expect(ana.locator("#desk-composer:focus, .composer-closed:focus")).to_have_count(1)


def test_what_was_not_opened_yet_opens_without_a_connection(stack: Stack, sit_down: Sit, complaints: list[str]) -> None:
    ana = sit_down("ana")
    # A browser forgets what it read after the first 250 addresses, and the desk's own modules are nearly as many.
    ana.add_init_script("performance.setResourceTimingBufferSize(5000)")
    ana.goto(f"{stack.url}/")
    ana.get_by_text("Conectado", exact=True).wait_for()
    # Read ahead, while the browser is idle.
    ana.wait_for_function(
        "() => performance.getEntriesByType('resource').some((each) => each.name.includes('/desk/views/help.') && each.responseEnd > 0)"
    )
    ana.context.set_offline(True)
    ana.keyboard.press("?")
    expect(sheet(ana)).to_be_visible()
    complaints.clear()
