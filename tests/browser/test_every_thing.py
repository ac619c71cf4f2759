"""What holds on every screen holds on those about something, too: pages whose address names it, refused forms, empty lists, wrong turns."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import DESKTOP, PHONE, Sit
from tests.browser.examples import make_examples
from tests.browser.looking import findings, visible_words, words_translated_otherwise
from tests.browser.screens import pages, pages_about
from tests.browser.test_every_screen import MOVING, SIDEWAYS, SMALL_TARGETS, visit
from tests.stack import Stack

pytestmark = pytest.mark.browser

# Shared out: one test is over within some minutes, also on a busy machine.
PARTS = 4

# What axe finds serious within each dialog, opened one after the other. Behind an open one there is nothing to press.
IN_DIALOGS = """async () => { const found = [];
    for (const dialog of document.querySelectorAll("dialog")) {
      if (dialog.open) continue;
      dialog.showModal();
      const { violations } = await axe.run(dialog, { resultTypes: ["violations"] });
      dialog.close();
      found.push(...violations.filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes }) => `#${dialog.id}, ${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`));
    } return found; }"""


def wrong_with(page: Page, english: set[str]) -> Iterator[str]:
    """Whatever does not hold of the page that is open: at a desk by day, on a phone by night, enlarged, and with its dialogs open.

    The colours do not follow the size nor the order of things the theme: both sizes in both themes are looked at on every page without a
    name of something in its address (test_every_screen.py), which is drawn with the same parts.
    """
    page.set_viewport_size(DESKTOP)
    yield from findings(page, themes=("light",))
    # Axe asked for stillness: whoever wants it has it.
    yield from (f"it moves: {each}" for each in page.evaluate(MOVING))
    yield from (f"not in Spanish: {each}" for each in sorted((visible_words(page) & english) - {"English"}))
    yield from page.evaluate(IN_DIALOGS)
    for width, height in ((1440, 900), (720, 450), (390, 844), (320, 640)):
        page.set_viewport_size({"width": width, "height": height})
        yield from (f"out of {width} px: {each}" for each in page.evaluate(SIDEWAYS))
        if width in (DESKTOP["width"], PHONE["width"]):
            yield from (f"too small at {width} px: {each}" for each in page.evaluate(SMALL_TARGETS))
    page.set_viewport_size(PHONE)
    yield from (f"on a phone, {each}" for each in findings(page, themes=("dark",)))


def is_whole_page(page: Page, stack: Stack, path: str) -> bool:
    """Whether it is looked at by itself: not a step that is only posted, a file, or a fragment of another page."""
    asked = page.request.get(f"{stack.url}{path}", max_redirects=0)
    assert asked.status < 500, f"{path}: {asked.status}"
    assert asked.status != 404, f"{path} is about something that is not there: tests/browser/examples.py"
    return asked.status == 200 and asked.headers["content-type"].startswith("text/html") and "<html" in asked.text()


@pytest.mark.shows("P0-43", "P0-46", "P0-47", "P0-48")
@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_about_something_holds_all_of_that_too(stack: Stack, sit_down: Sit, part: int) -> None:
    assert stack.cast is not None
    english, wrong, seen = words_translated_otherwise(), {}, 0
    paths = pages_about(make_examples(stack.cast))[part::PARTS]
    admin = sit_down("admin")
    for path in paths:
        if not is_whole_page(admin, stack, path):
            continue
        admin.set_viewport_size(DESKTOP)
        admin.goto(f"{stack.url}{path}")
        if admin.locator("[data-behaviour=guest]").count():
            admin.wait_for_load_state("networkidle")
        seen += 1
        if found := list(wrong_with(admin, english)):
            wrong[path] = found
    assert wrong == {}, wrong
    assert seen >= 8, "the pages of the product were not found"


@pytest.mark.shows("P0-43", "P0-48")
def test_a_list_in_which_nothing_was_found_holds_all_of_that_too(stack: Stack, sit_down: Sit) -> None:
    """Those that have nothing yet are looked at with all other pages."""
    admin, english, wrong, seen = sit_down("admin"), words_translated_otherwise(), {}, 0
    for path in pages():
        asked = f"{stack.url}{path}?q=zzqq"
        if path == "/" or 'class="empty"' not in admin.request.get(asked, max_redirects=0).text():
            continue
        seen += 1
        admin.goto(asked)
        found = [*findings(admin, themes=("light",)), *((visible_words(admin) & english) - {"English"})]
        wrong |= {path: found} if found else {}
    assert wrong == {}, wrong
    assert seen >= 10, "the lists of the product were not found"


@pytest.mark.shows("P0-43", "P0-46", "P0-48")
def test_a_form_that_is_refused_holds_all_of_that_too(stack: Stack, sit_down: Sit, complaints: list[str]) -> None:
    admin, english, wrong, seen = sit_down("admin"), words_translated_otherwise(), {}, 0
    for path in (each for each in pages() if each.endswith("/new/")):
        if not visit(admin, stack, path):
            continue
        form = admin.locator("main form[method=post]").last
        with admin.expect_navigation() as gone:
            # As it is: whatever has to be said is missing. The browser itself would not let it go.
            form.evaluate("form => { form.noValidate = true; form.requestSubmit(); }")
        if gone.value.status == 400:
            seen += 1
            found = [*findings(admin), *((visible_words(admin) & english) - {"English"}), *admin.evaluate(SIDEWAYS)]
            wrong |= {path: found} if found else {}
    assert wrong == {}, wrong
    assert seen >= 5, "no form was refused"
    # The browser's own words about each.
    assert all("status of 400" in each for each in complaints), complaints
    complaints.clear()


@pytest.mark.shows("P0-43", "P0-46", "P0-48")
def test_the_pages_for_when_something_is_wrong_hold_all_of_that_too(
    stack: Stack, sit_down: Sit, complaints: list[str]
) -> None:
    # A service worker would ask by itself, past the answers below.
    ana, english = sit_down("ana", service_workers="block"), words_translated_otherwise()
    with translation.override("es"):
        bodies = {code: render_to_string(f"{code}.html") for code in (400, 429, 500, 503)}
    for code, body in bodies.items():
        ana.route(f"**/broken/{code}/", partial(answer_with, status=code, body=body))
    broken = ((f"/broken/{code}/", code) for code in bodies)
    wrong = {}
    for path, code in (("/no-such-page/", 404), ("/settings/users/", 403), *broken):
        answer = ana.goto(f"{stack.url}{path}")
        assert answer is not None
        assert answer.status == code
        expect(ana.get_by_role("heading", level=1)).to_be_visible()
        wrong |= {code: found} if (found := list(wrong_with(ana, english))) else {}
    assert wrong == {}, wrong
    complaints.clear()


def answer_with(route: Route, *, status: int, body: str) -> None:
    route.fulfill(status=status, content_type="text/html; charset=utf-8", body=body)
