"""A whole shift without a mouse: from signing in to signing out (P0-44)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import Sit
from tests.browser.looking import tab_to
from tests.stack import Stack

pytestmark = pytest.mark.browser


def forbid_the_mouse(page: Page) -> None:
    """Whatever comes from a pointer fails the test: the page itself says so."""
    page.add_init_script(
        "for (const name of ['pointerdown', 'mousedown', 'touchstart']) addEventListener(name, () => { throw new Error('a pointer was used'); }, true)"
    )


@pytest.mark.shows("P0-44")
def test_a_whole_shift_by_keyboard_alone(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down(None, first_entry=True)
    forbid_the_mouse(ana)
    ana.goto(f"{stack.url}/accounts/login/")
    for label in ("Usuario o correo", "Contraseña"):
        tab_to(ana, ana.get_by_label(label, exact=True), most=8)
        ana.keyboard.type("ana" if label == "Usuario o correo" else factories.PASSWORD)
    ana.keyboard.press("Enter")
    ana.get_by_text("Conectado", exact=True).wait_for()
    for customer in ("rocio", "inigo"):
        stack.write("Hola", customer=customer)
    expect(ana.locator(".conversation-row")).to_have_count(2)

    # The step of the first entry: in, through it, and out again to where one was.
    review = ana.get_by_role("button", name="Revisar permisos")
    tab_to(ana, review, most=12)
    ana.keyboard.press("Enter")
    dialog = ana.get_by_role("dialog", name="Avisos y permisos")
    expect(dialog).to_be_visible()
    volume = dialog.get_by_label("Nuevo mensaje", exact=True).or_(dialog.locator("#volume-message")).first
    tab_to(ana, volume, most=14)
    ana.keyboard.press("ArrowLeft")
    expect(volume).to_have_value("50")
    ana.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    # On a break and back.
    aux = ana.locator("button.aux")
    tab_to(ana, aux, most=60)
    ana.keyboard.press("Enter")
    for name in ("Descanso", "Mixto"):
        choice = ana.get_by_role("menuitemradio", name=name)
        for _step in range(14):
            if choice.evaluate("element => element === document.activeElement"):
                break
            ana.keyboard.press("ArrowDown")
        ana.keyboard.press("Enter")
        expect(aux).to_contain_text(name)
        if name == "Descanso":
            expect(aux).to_be_focused()
            ana.keyboard.press("Enter")

    # Two conversations, one after the other: taken, answered, noted, closed.
    for number in range(2):
        ana.keyboard.press("/")
        search = ana.locator("#desk-search")
        expect(search).to_be_focused()
        ana.keyboard.press("Escape")
        ana.get_by_role("tab", name=re.compile("Pendiente")).focus()
        ana.keyboard.press("Enter")
        expect(ana.locator(".conversation-row")).to_have_count(2 - number)
        ana.keyboard.press("j")
        expect(ana.locator('.conversation-row[aria-current="true"]')).to_have_count(1)
        ana.locator(".composer").get_by_role("button", name="Tomar").wait_for()
        ana.locator("#desk-list").or_(ana.locator(".list-pane")).first.focus()
        ana.locator('.conversation-row[aria-current="true"]').focus()
        tab_to(ana, ana.locator(".composer").get_by_role("button", name="Tomar"), most=60)
        ana.keyboard.press("Enter")
        composer = ana.locator("#desk-composer")
        expect(composer).to_be_focused()
        ana.keyboard.type(f"Respuesta {number}")
        ana.keyboard.press("Enter")
        expect(ana.get_by_text(f"Respuesta {number}").last).to_be_visible()
        # Answered is what the server knows; until then there is nothing to finish.
        expect(ana.locator("#desk-finish")).not_to_have_attribute("aria-disabled", "true")
        tab_to(ana, ana.locator("#desk-finish"), most=60, key="Shift+Tab")
        ana.keyboard.press("Enter")
        closing = ana.get_by_role("dialog")
        expect(closing.get_by_role("searchbox")).to_be_focused()
        ana.keyboard.type("propuesta por")
        ana.keyboard.press("Tab")
        ana.keyboard.press("Space")
        ana.keyboard.press("Control+Enter")
        expect(closing).to_be_hidden()
        expect(ana.get_by_role("tab", name=re.compile("Atendidos"))).to_contain_text(str(number + 1))

    # The sheet of keys, and the way out.
    ana.locator(".conversation-row").first.or_(ana.locator("#desk")).first.focus()
    ana.keyboard.press("?")
    expect(ana.get_by_role("dialog")).to_be_visible()
    ana.keyboard.press("Escape")
    account = ana.get_by_role("button", name=re.compile("Cuenta"))
    account.focus()
    ana.keyboard.press("Enter")
    tab_to(ana, ana.get_by_role("button", name=re.compile("Salir|Cerrar sesión")), most=12)
    ana.keyboard.press("Enter")
    ana.wait_for_url(re.compile("/accounts/login/"))
