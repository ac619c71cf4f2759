"""What holds on every screen of the product, whoever added it: accessible in both themes and sizes, in the reader's language, large enough to
press, reflowing, still for whoever wants it still, and never in the wrong theme.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from accounts.actions import change_preferences
from accounts.models import User
from tests.browser.conftest import DESKTOP, PHONE, Sit
from tests.browser.looking import (
    findings,
    open_and_take,
    tell_a_long_story,
    visible_words,
    words_translated_otherwise,
)
from tests.browser.screens import ENTRANCE, pages
from tests.stack import Stack

pytestmark = pytest.mark.browser

# What somebody may press, smaller than 24 by 24 pixels: but for links within sentences and what the browser draws itself (WCAG 2.5.8).
SMALL_TARGETS = """() => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [role=tab], [role=switch], [role^=menuitem]")]
  .filter((element) => {
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || element.closest("[inert], [aria-hidden=true], .visually-hidden, .skip-link")) return false;
    const style = getComputedStyle(element);
    if (element.matches("a") && style.display === "inline" && element.closest("p, li, dd, td, small, .hint, .banner, .breadcrumbs, .crumbs, [class*=bubble], label")) return false;
    let box = element.getBoundingClientRect();
    // Whoever presses the words of a field, or the frame around it, presses the field.
    for (const label of element.labels ?? []) { const { width, height } = label.getBoundingClientRect(); box = { width: Math.max(box.width, width), height: Math.max(box.height, height) }; }
    return box.width > 0 && box.height > 0 && (box.width < 23.5 || box.height < 23.5);
  })
  .map((element) => `${element.outerHTML.slice(0, 110)} ${Math.round(element.getBoundingClientRect().width)}x${Math.round(element.getBoundingClientRect().height)}`)"""

# What runs out of the window to the side, outside of anything that scrolls by itself.
SIDEWAYS = """() => document.documentElement.scrollWidth <= innerWidth + 1 ? [] : [...document.querySelectorAll("body *")]
  .filter((element) => element.checkVisibility() && element.getBoundingClientRect().right > innerWidth + 1).slice(0, 3)
  .map((element) => `${element.tagName}.${element.className}`.slice(0, 100))"""

MOVING = """() => [...document.querySelectorAll("*")].filter((element) => {
    const style = getComputedStyle(element);
    const long = (text) => text.split(",").some((each) => parseFloat(each) > 0.011);
    return (style.transitionProperty !== "none" && long(style.transitionDuration)) || (style.animationName !== "none" && long(style.animationDuration));
  }).slice(0, 3).map((element) => `${element.tagName}.${element.className}`.slice(0, 100))"""


def tell_stories(stack: Stack) -> None:
    for customer in ("rocio", "inigo", "joao"):
        stack.write("Hola, ¿me ayudan?", customer=customer)


@pytest.fixture
def as_admin(stack: Stack, sit_down: Sit) -> Page:
    """An administrator: every page is open to them."""
    tell_stories(stack)
    return sit_down("admin")


# Asked once for all these tests: an address is a page or none.
is_page: dict[str, bool] = {}


def visit(page: Page, stack: Stack, path: str) -> bool:
    """Go there. Tell whether it is a page to be looked at: what only takes something in, answers a program or leads elsewhere is none."""
    if path not in is_page:
        asked = page.request.get(f"{stack.url}{path}", max_redirects=0)
        assert asked.status < 500, f"{path}: {asked.status}"
        is_page[path] = asked.status == 200 and asked.headers["content-type"].startswith("text/html")
    if not is_page[path]:
        return False
    answer = page.goto(f"{stack.url}{path}")
    assert answer is not None
    assert answer.status == 200, path
    page.wait_for_load_state("load")
    if path == "/":
        page.locator(".conversation-row").first.wait_for()
    return True


def each_page(page: Page, stack: Stack) -> Iterator[str]:
    for path in pages():
        if visit(page, stack, path):
            yield path


@pytest.mark.shows("P0-43", "P0-46", "P0-47")
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1440x900", "390x844"])
def test_axe_finds_nothing_serious_on_any_page_in_either_theme(
    stack: Stack, as_admin: Page, size: dict[str, int]
) -> None:
    as_admin.set_viewport_size(size)  # type: ignore[arg-type]
    found, seen = {}, 0
    for path in each_page(as_admin, stack):
        seen += 1
        if wrong := findings(as_admin):
            found[path] = wrong
    assert found == {}
    assert seen >= 5, "the pages of the product were not found"


@pytest.mark.shows("P0-48")
def test_no_english_is_left_on_any_spanish_page(stack: Stack, as_admin: Page) -> None:
    english = words_translated_otherwise()
    left = {}
    for path in each_page(as_admin, stack):
        if words := (visible_words(as_admin) & english) - {"English"}:
            left[path] = sorted(words)
    assert left == {}


def test_english_that_is_left_is_found(stack: Stack, as_admin: Page) -> None:
    """The negative control of the test above."""
    change_preferences(User.objects.get(username="admin"), language="en")
    as_admin.goto(f"{stack.url}/settings/")
    assert visible_words(as_admin) & words_translated_otherwise() - {"English"}


@pytest.mark.shows("P0-46")
def test_everything_one_may_press_is_large_enough(stack: Stack, as_admin: Page) -> None:
    assert found_at(as_admin, stack, [DESKTOP, PHONE], SMALL_TARGETS) == {}


@pytest.mark.shows("P0-46")
def test_every_page_reflows_when_it_is_enlarged(stack: Stack, as_admin: Page) -> None:
    # 200 % and 400 % of a laptop; to a page, being enlarged is having less room.
    sizes: list[ViewportSize] = [{"width": 720, "height": 450}, {"width": 320, "height": 640}]
    assert found_at(as_admin, stack, sizes, SIDEWAYS) == {}


def found_at(page: Page, stack: Stack, sizes: list[ViewportSize], script: str) -> dict[tuple[str, int], list[str]]:
    """What the script finds on each page, at each of the sizes."""
    found = {}
    for path in each_page(page, stack):
        for size in sizes:
            page.set_viewport_size(size)
            if wrong := page.evaluate(script):
                found[path, size["width"]] = wrong
    return found


@pytest.mark.shows("P0-46")
def test_nothing_moves_for_whoever_wants_it_still(stack: Stack, as_admin: Page) -> None:
    as_admin.emulate_media(reduced_motion="reduce")
    moving = {path: found for path in each_page(as_admin, stack) if (found := as_admin.evaluate(MOVING))}
    assert moving == {}


@pytest.mark.shows("P0-43", "P0-46", "P0-48")
def test_the_entrance_holds_all_of_that_too(stack: Stack, sit_down: Sit) -> None:
    page = sit_down(None)
    english = words_translated_otherwise()
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        for path in ENTRANCE:
            if visit(page, stack, f"/{path}"):
                assert findings(page) == [], path
                assert page.evaluate(SMALL_TARGETS) == [], path
                assert page.evaluate(SIDEWAYS) == [], path
                assert (visible_words(page) & english) - {"English"} == set(), path


@pytest.mark.shows("P0-43", "P0-46", "P0-48")
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1440x900", "390x844"])
def test_the_step_of_the_first_entry_holds_all_of_that_too(stack: Stack, sit_down: Sit, size: dict[str, int]) -> None:
    page = sit_down("ana", viewport=size, first_entry=True)
    assert findings(page) == []
    page.get_by_role("button", name="Revisar permisos").click()
    page.get_by_role("dialog", name="Avisos y permisos").wait_for()
    assert findings(page) == []
    assert page.evaluate(SMALL_TARGETS) == []
    assert (visible_words(page) & words_translated_otherwise()) - {"English"} == set()


@pytest.mark.shows("P0-46")
def test_an_open_conversation_is_pressed_reflows_and_keeps_still_as_every_page_does(
    stack: Stack, sit_down: Sit
) -> None:
    page = sit_down("ana")
    tell_a_long_story(stack)
    open_and_take(page)
    page.emulate_media(reduced_motion="reduce")
    page.get_by_role("button", name="Nota interna").click()
    page.locator("#desk-composer").fill("Llamar el sábado")
    page.keyboard.press("Enter")
    page.locator('.message[data-kind="note"]').wait_for()
    page.get_by_role("button", name="Responder", exact=True).click()
    assert page.evaluate(SMALL_TARGETS) == []
    assert page.evaluate(MOVING) == []
    for width, height in ((1100, 800), (720, 450), (390, 844), (320, 640)):
        page.set_viewport_size({"width": width, "height": height})
        expect(page.locator("#desk-composer")).to_be_visible()
        assert page.evaluate(SMALL_TARGETS) == [], width
        assert page.evaluate(SIDEWAYS) == [], width


@pytest.mark.shows("P0-43")
@pytest.mark.parametrize(("chosen", "system"), [("dark", "light"), ("light", "dark")])
def test_the_first_frame_has_the_chosen_theme_before_any_script_runs(
    stack: Stack, sit_down: Sit, complaints: list[str], chosen: str, system: str
) -> None:
    page = sit_down("ana", color_scheme=system)
    change_preferences(User.objects.get(username="ana"), theme=chosen)
    page.evaluate("navigator.serviceWorker.getRegistration().then((one) => one?.unregister())")
    page.route("**/*.js", lambda route: route.abort())
    page.goto(f"{stack.url}/", wait_until="domcontentloaded")
    styled(page)
    assert is_dark(page) == (chosen == "dark")
    page.unroute("**/*.js")
    # The scripts that were kept away.
    assert all("ERR_FAILED" in each for each in complaints)
    complaints.clear()


def styled(page: Page) -> None:
    """Nothing is painted before: the page waits for its style sheets."""
    page.wait_for_function(
        "() => { const all = [...document.querySelectorAll('link[rel=stylesheet]')]; return all.length && all.every((each) => each.sheet); }"
    )


def is_dark(page: Page) -> bool:
    """By what is painted: the ground of the page, drawn into one pixel."""
    return bool(
        page.evaluate(
            """() => { const pen = document.createElement("canvas").getContext("2d"); pen.fillStyle = getComputedStyle(document.body).backgroundColor;
              pen.fillRect(0, 0, 1, 1); const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data; return red + green + blue < 380; }"""
        )
    )


@pytest.mark.shows("P0-43")
def test_without_a_user_the_browsers_own_choice_holds_from_the_first_frame(stack: Stack, browser: Browser) -> None:
    context: BrowserContext = browser.new_context(color_scheme="light", locale="es-PY")
    context.add_init_script("localStorage.setItem('theme', 'dark')")
    page = context.new_page()
    page.goto(f"{stack.url}/accounts/login/", wait_until="commit")
    page.locator("body").wait_for(state="attached")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    styled(page)
    assert is_dark(page)
    assert re.search("<script src=[^>]*theme", page.content())
    context.close()
