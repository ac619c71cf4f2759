"""Both themes, every size, the reader's language, and no mouse: what holds on each screen whatever it shows."""

from __future__ import annotations

import datetime
import re
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import Page, ViewportSize, expect

from accounts.models import User
from tests import factories
from tests.browser.conftest import PHONE, Sit
from tests.browser.looking import (
    assert_fits,
    findings,
    open_and_take,
    spanish_words,
    tab_to,
    tell_a_long_story,
    visible_words,
    words_translated_otherwise,
)
from tests.stack import Stack

pytestmark = pytest.mark.browser

SMALL: ViewportSize = {"width": 360, "height": 640}


@pytest.mark.shows("P0-43", "P0-46", "P0-47")
def test_axe_finds_nothing_serious_on_any_screen_in_either_theme(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down(None)
    assert findings(ana) == []
    ana.goto(f"{stack.url}/")
    ana.get_by_label("Usuario").fill("ana")
    ana.get_by_label("Contraseña", exact=True).fill(factories.PASSWORD)
    ana.keyboard.press("Enter")
    expect(ana.get_by_text("Todo respondido")).to_be_visible()
    assert findings(ana) == []

    tell_a_long_story(stack)
    expect(ana.locator(".conversation-row")).to_have_count(4)
    open_and_take(ana)
    stack.simulator("PATCH", "/control/customers/rocio", json={"fails_with": 131026})
    ana.locator("#desk-composer").fill("No llega")
    ana.keyboard.press("Enter")
    ana.get_by_role("button", name="Reintentar").wait_for()
    ana.get_by_role("button", name="Nota interna").click()
    ana.locator("#desk-composer").fill("Llamar el sábado")
    ana.keyboard.press("Enter")
    ana.locator('.message[data-kind="note"]').wait_for()
    assert findings(ana) == []

    ana.locator("button.aux").click()
    assert findings(ana) == []
    ana.keyboard.press("Escape")
    stack.simulator("PATCH", "/control/customers/rocio", json={"fails_with": None})
    ana.get_by_role("button", name="Reintentar").click()
    ana.locator("#desk-finish:not([aria-disabled])").click()
    ana.get_by_role("dialog").get_by_text("Interesado").click()
    assert findings(ana) == []
    ana.keyboard.press("Escape")

    ana.set_viewport_size(PHONE)
    assert findings(ana) == []
    ana.get_by_role("button", name="Volver a la lista").click()
    assert findings(ana) == []


def test_axe_does_find_what_is_wrong(sit_down: Sit) -> None:
    """The negative control of the test above."""
    page = sit_down(None)
    page.evaluate(
        "document.querySelector('label').remove(); document.querySelector('h1').className = 'faint'; document.querySelector('h1').style.color = '#ddd'"
    )
    assert any("label" in finding for finding in findings(page))


@pytest.mark.shows("P0-1", "P0-46")
@pytest.mark.parametrize("size", [SMALL, PHONE], ids=["360x640", "390x844"])
def test_nothing_scrolls_sideways_on_a_phone(stack: Stack, sit_down: Sit, size: ViewportSize) -> None:
    ana = sit_down(None, viewport=size, has_touch=True)
    assert_fits(ana)
    ana.get_by_label("Usuario").fill("ana")
    ana.get_by_label("Contraseña", exact=True).fill(factories.PASSWORD)
    ana.keyboard.press("Enter")
    tell_a_long_story(stack)
    expect(ana.locator(".conversation-row")).to_have_count(4)
    assert_fits(ana)
    open_and_take(ana, "Supercali")
    expect(ana.locator(".conversation-row").first).to_be_hidden()
    assert_fits(ana)
    ana.locator("#desk-composer").fill("palabra" * 60)
    assert_fits(ana)
    expect(ana.get_by_role("button", name="Enviar")).to_be_in_viewport(ratio=1)
    ana.keyboard.press("Control+Enter")
    ana.get_by_role("img", name="Entregado").wait_for()
    ana.get_by_role("button", name="Más acciones").click()
    assert_fits(ana)
    ana.get_by_role("menuitem", name="Ficha del contacto").click()
    expect(ana.get_by_role("complementary", name="Ficha del contacto")).to_be_in_viewport()
    assert_fits(ana)
    ana.get_by_role("button", name="Cerrar el panel").click()
    ana.get_by_role("button", name="Finalizar").click()
    expect(ana.get_by_role("dialog").get_by_role("button", name="Finalizar")).to_be_in_viewport(ratio=1)
    assert_fits(ana)
    ana.get_by_role("button", name="Cancelar").click()
    ana.get_by_role("button", name="Volver a la lista").click()
    expect(ana.locator(".conversation-row").first).to_be_visible()
    for path in ("/accounts/2fa/", "/accounts/password/change/"):
        ana.goto(f"{stack.url}{path}")
        assert_fits(ana)


@pytest.mark.shows("P0-48")
def test_no_english_is_left_on_the_spanish_desk(stack: Stack, sit_down: Sit) -> None:
    english = words_translated_otherwise()
    assert {"Pending", "Take", "Search in this tray"} <= english
    # The way out is closed to her while she has somebody in hand, and that page is read too.
    ana = sit_down("ana", forgives="/accounts/logout/")
    seen = visible_words(ana)
    tell_a_long_story(stack)
    expect(ana.locator(".conversation-row")).to_have_count(4)
    ana.locator(".conversation-row", has_text="Íñigo").click()
    ana.get_by_text("Nadie está a cargo todavía").wait_for()
    seen |= visible_words(ana)
    open_and_take(ana)
    ana.locator("#desk-composer").fill("Hola")
    ana.keyboard.press("Enter")
    ana.get_by_role("img", name="Entregado").wait_for()
    for button in (
        ana.locator(".list-title .icon-button").first,
        ana.locator("button.aux"),
        ana.locator("[popovertarget=account-menu]"),
    ):
        button.click()
        seen |= visible_words(ana)
        ana.keyboard.press("Escape")
    ana.locator("#desk-finish:not([aria-disabled])").click()
    ana.get_by_role("dialog").get_by_text("Interesado").click()
    seen |= visible_words(ana)
    ana.keyboard.press("Escape")
    ana.locator(".thread-head h2").click()
    ana.keyboard.press("?")
    seen |= visible_words(ana)
    ana.keyboard.press("Escape")
    ana.locator("#desk-search").fill("zzzz")
    ana.get_by_text("Nada coincide").wait_for()
    seen |= visible_words(ana)
    for path in ("/accounts/2fa/", "/accounts/password/change/", "/accounts/logout/"):
        ana.goto(f"{stack.url}{path}")
        seen |= visible_words(ana)
    assert len(seen) > 100
    assert seen & english == {"English"}  # as a language is named in itself


@pytest.mark.shows("P0-48")
@pytest.mark.parametrize(("language", "catalogue"), [("pt-br", "pt_BR"), ("en", "")])
def test_the_desk_in_another_language_is_whole_and_its_times_are_the_readers(
    stack: Stack, sit_down: Sit, language: str, catalogue: str
) -> None:
    assert stack.cast
    at = timezone.now() - datetime.timedelta(minutes=40)
    conversation = factories.taken_conversation(stack.cast, text="12345", sender=factories.identity(), at=at)
    ana = sit_down("ana", timezone_id="America/New_York")
    # The person's own zone, whatever the machine says.
    User.objects.filter(username="ana").update(language=language, time_zone="Asia/Tokyo")
    ana.goto(f"{stack.url}/?tray=pending&c={conversation.pk}")
    expect(ana.locator("html")).to_have_attribute("lang", re.compile(f"^{language}$", re.I))
    bubble = ana.locator('.message[data-direction="in"]')
    expect(bubble.locator(".bubble-meta time")).to_have_text(at.astimezone(ZoneInfo("Asia/Tokyo")).strftime("%H:%M"))
    seen = visible_words(ana)
    ana.keyboard.press("?")
    ana.get_by_role("dialog").wait_for()
    seen |= visible_words(ana)
    assert len(seen) > 80
    foreign = words_translated_otherwise(catalogue) if catalogue else spanish_words()
    assert seen & foreign - {"English", "Español"} == set()


@pytest.mark.shows("P0-48")
def test_what_the_server_refuses_it_refuses_in_the_readers_language(
    stack: Stack, sit_down: Sit, complaints: list[str]
) -> None:
    assert stack.cast
    conversation = factories.taken_conversation(stack.cast, sender=factories.identity())
    ana = sit_down("ana")
    said = ana.evaluate(
        """async (own) => {
          const token = document.cookie.match(/csrftoken=([^;]+)/)?.[1] ?? JSON.parse(document.getElementById('bootstrap').textContent).csrf;
          const ask = async (method, path, body, headers = { 'X-CSRFToken': token, 'Content-Type': 'application/json' }) =>
            (await (await fetch('/api/v1/' + path, { method, body, headers })).json()).error.message;
          return [await ask('GET', 'conversations/999999999/'), await ask('PUT', 'conversations/', '{}'), await ask('POST', own, '{'), await ask('POST', own, '{}'),
            await ask('POST', own, 'a=1', { 'X-CSRFToken': token, 'Content-Type': 'text/plain' }), await ask('POST', own, '{}', { 'Content-Type': 'application/json' }),
            await ask('GET', 'conversations/?tray=nowhere')];
        }""",
        f"conversations/{conversation.pk}/messages/",
    )
    assert all(said)
    english = re.compile(r"\b(the|not|is|are|method|request|allowed|found|invalid|failed|field)\b", re.IGNORECASE)
    assert [each for each in said if english.search(each)] == []
    # The browser's own words about what was refused.
    complaints.clear()


@pytest.mark.shows("P0-44", "P0-33")
def test_a_conversation_is_taken_answered_noted_and_closed_without_a_mouse(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana")
    # One after the other: of two that are read together, who comes first is nobody's promise.
    for number, (words, customer) in enumerate((("Hola", "rocio"), ("Boa tarde", "joao")), start=1):
        stack.write(words, customer=customer)
        expect(ana.locator(".conversation-row")).to_have_count(number)

    tab_to(ana, ana.locator(".conversation-row", has_text="João"), most=20)
    ana.keyboard.press("ArrowDown")
    expect(ana.locator(".conversation-row", has_text="Rocío")).to_be_focused()
    ana.keyboard.press("Enter")
    expect(ana.get_by_role("heading", name="Rocío Benítez Duarte").first).to_be_visible()
    expect(ana.get_by_role("button", name="Tomar")).to_have_count(2)
    tab_to(ana, ana.locator(".composer").get_by_role("button", name="Tomar"), most=1)
    ana.keyboard.press("Enter")
    composer = ana.locator("#desk-composer")
    expect(composer).to_be_focused()
    ana.keyboard.type("Buenos días.")
    ana.keyboard.press("Shift+Enter")
    ana.keyboard.type("¿En qué te ayudo?")
    ana.keyboard.press("Enter")
    expect(ana.get_by_role("img", name="Entregado")).to_be_visible()
    expect(composer).to_be_focused()
    expect(composer).to_have_value("")

    tab_to(ana, ana.get_by_role("button", name="Nota interna"), most=4, key="Shift+Tab")
    ana.keyboard.press("Enter")
    expect(composer).to_be_focused()
    ana.keyboard.type("Pide factura")
    ana.keyboard.press("Enter")
    expect(ana.locator('.message[data-kind="note"]')).to_contain_text("Pide factura")

    tab_to(ana, ana.locator("#desk-finish"), most=11, key="Shift+Tab")
    ana.keyboard.press("Enter")
    dialog = ana.get_by_role("dialog")
    search = dialog.get_by_role("searchbox")
    expect(search).to_be_focused()
    ana.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(ana.locator("#desk-finish")).to_be_focused()  # where it was opened from

    ana.keyboard.press("Enter")
    expect(search).to_be_focused()
    ana.keyboard.type("propuesta por")
    ana.keyboard.press("Tab")
    ana.keyboard.press("Space")
    expect(dialog.get_by_role("status")).to_contain_text("Atendidos")
    ana.keyboard.press("Control+Enter")
    expect(dialog).to_be_hidden()
    expect(ana.locator("#desk-finish")).to_be_focused()
    expect(ana.get_by_role("tab", name=re.compile("Atendidos"))).to_contain_text("1")

    # The list by its keys.
    ana.keyboard.press("/")
    expect(ana.locator("#desk-search")).to_be_focused()
    ana.keyboard.press("Escape")
    ana.get_by_role("tab", name=re.compile("En curso")).focus()
    ana.keyboard.press("ArrowLeft")
    expect(ana.get_by_role("tab", name=re.compile("Pendiente"))).to_be_focused()
    ana.keyboard.press("j")
    expect(ana.locator('.conversation-row[aria-current="true"]')).to_contain_text("João")


@pytest.mark.shows("P0-43")
def test_the_chosen_theme_stays_and_never_flashes(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana", color_scheme="light")
    day = background(ana)
    with ana.expect_response("**/me/preferences/"):
        ana.get_by_role("button", name="Tema").click()
    night = background(ana)
    assert night != day
    # Every frame with a body, from the first one on.
    ana.add_init_script("""window.grounds = new Set();
        const look = () => { if (document.body) window.grounds.add(getComputedStyle(document.body).backgroundColor); requestAnimationFrame(look); };
        requestAnimationFrame(look);""")
    for path in ("/", "/accounts/2fa/"):
        ana.goto(f"{stack.url}{path}")
        ana.wait_for_load_state("networkidle")
        assert ana.evaluate("[...grounds]") == [night]
    ana.goto(f"{stack.url}/accounts/logout/")
    ana.get_by_role("button", name="Salir").click()
    expect(ana.get_by_label("Usuario")).to_be_visible()
    ana.wait_for_function("() => window.grounds.size > 0")
    assert ana.evaluate("[...grounds]") == [night]


def background(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))
