"""The palette, the keys and their sheet, and the panes: what a hand on the keyboard reaches, and what stays as it was left."""

from __future__ import annotations

import datetime
import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from inbox.models import Conversation
from tests import factories
from tests.browser.conftest import Sit
from tests.browser.looking import findings
from tests.browser.test_finding import begin, heading
from tests.stack import Stack, wait_until

pytestmark = pytest.mark.browser


def command(page: Page, words: str, expected: str | re.Pattern[str]) -> None:
    """Ctrl-K, some words, Enter on the first."""
    page.keyboard.press("Control+k")
    palette = page.get_by_role("combobox", name=re.compile("Busca una conversación"))
    expect(palette).to_be_focused()
    page.keyboard.type(words)
    expect(page.get_by_role("option", selected=True)).to_contain_text(expected)
    page.keyboard.press("Enter")
    expect(palette).to_be_hidden()


@pytest.mark.shows("P1-7", "P0-44", "P0-33")
def test_the_palette_finds_people_and_does_what_the_keys_do(stack: Stack, sit_down: Sit) -> None:
    assert stack.cast
    ids = begin(stack, ("Rocío Benítez", "595991651351"), ("Martín Peralta", "5491155550142"))
    ana = sit_down("ana")
    command(ana, "0991 651351", "Rocío Benítez")
    heading(ana, "Rocío Benítez")
    ana.keyboard.press("Control+k")
    expect(ana.get_by_role("combobox", name=re.compile("Busca una conversación"))).to_be_focused()
    # What is refused stands there with its reason, and does nothing.
    ana.keyboard.type("finalizar con")
    expect(ana.get_by_role("option", name=re.compile("Finalizar con tipificación"))).to_contain_text(
        "Toma la conversación para finalizarla."
    )
    assert findings(ana) == []
    ana.keyboard.press("Escape")
    command(ana, "tomar", "Tomar la conversación")
    expect(ana.locator("#desk-composer")).to_be_focused()
    ana.keyboard.type("Buenas")
    ana.keyboard.press("Enter")
    expect(ana.locator('.message[data-direction="out"]')).to_have_count(1)
    command(ana, "plantillas", "Plantillas")
    expect(ana.get_by_role("dialog", name="Plantilla para Rocío Benítez")).to_be_visible()
    ana.keyboard.press("Escape")
    # From the composer: one shortcut opens the closing dialog; the palette opens it with the outcome chosen.
    expect(ana.locator("#desk-finish")).not_to_have_attribute("aria-disabled", "true")
    ana.keyboard.press("Alt+c")
    expect(ana.get_by_role("dialog").get_by_role("searchbox")).to_be_focused()
    ana.keyboard.press("Escape")
    command(ana, "propuesta por correo", "Finalizar: Interesado › Pide propuesta por correo")
    dialog = ana.get_by_role("dialog")
    expect(dialog.get_by_role("radio", name="Pide propuesta por correo")).to_be_checked()
    ana.keyboard.press("Control+Enter")
    expect(dialog).to_be_hidden()
    wait_until(lambda: Conversation.objects.get(pk=ids["Rocío Benítez"]).status == "closed", what="the closing")
    command(ana, "tema: oscuro", "Tema: oscuro")
    expect(ana.locator("html")).to_have_attribute("data-theme", "dark")
    command(ana, "auxiliar reunion", "Auxiliar: Reunión")
    expect(ana.locator(".statusbar .aux")).to_contain_text("Reunión")
    command(ana, "ir a atendidos", "Ir a Atendidos")
    expect(ana.get_by_role("tab", name=re.compile("Atendidos"))).to_have_attribute("aria-selected", "true")


@pytest.mark.shows("P1-8", "P0-44")
def test_the_sheet_shows_every_key_and_a_person_may_choose_their_own(stack: Stack, sit_down: Sit) -> None:
    assert stack.cast
    begin(stack, ("Rocío Benítez", "595991651351"), ("Martín Peralta", "5491155550142"))
    ana = sit_down("ana")
    expect(ana.locator(".conversation-row")).to_have_count(2)
    ana.keyboard.press("j")
    heading(ana, "Martín Peralta")
    ana.keyboard.press("j")
    heading(ana, "Rocío Benítez")
    ana.keyboard.press("Alt+ArrowUp")
    heading(ana, "Martín Peralta")
    ana.keyboard.press("?")
    sheet = ana.get_by_role("dialog", name="Atajos de teclado")
    take = sheet.get_by_role("listitem").filter(has_text="Tomar la conversación")
    expect(take).to_contain_text("AltT")
    assert findings(ana) == []
    # One that another action has is refused by name; a free one is taken, and the sheet stays open.
    take.get_by_role("button").click()
    ana.keyboard.press("Alt+p")
    expect(take).to_contain_text("Ya la usa «Devolverla a Pendiente»")
    ana.keyboard.press("Control+w")
    expect(take).to_contain_text("Esa la usan el navegador")
    ana.keyboard.press("Alt+g")
    expect(take).to_contain_text("AltG")
    wait_until(lambda: User.objects.get(username="ana").desk_keys == {"take": "Alt+G"}, what="her own key")
    sheet.get_by_role("switch", name="Atajos de una sola tecla").uncheck()
    # Whoever wants Enter to break the line sends with Ctrl+Enter, and the sheet says so.
    sheet.get_by_role("switch", name="Enter envía el mensaje").uncheck()
    expect(sheet.get_by_role("listitem").filter(has_text="Enviar el mensaje")).to_contain_text("Ctrl↵")
    ana.keyboard.press("Escape")
    ana.reload()
    heading(ana, "Martín Peralta")
    expect(ana.locator(".composer").get_by_role("button", name="Tomar")).to_be_visible()
    ana.locator(".list-heading").click()
    ana.keyboard.press("j")
    ana.keyboard.press("Alt+t")
    ana.keyboard.press("Alt+g")
    expect(ana.locator("#desk-composer")).to_be_focused()
    heading(ana, "Martín Peralta")
    # Esc leads from the conversation to the list, and the list is one stop.
    ana.keyboard.press("Escape")
    ana.keyboard.press("Escape")
    expect(ana.locator('.conversation-row[aria-current="true"]')).to_be_focused()
    ana.keyboard.press("Alt+r")
    expect(ana.locator("#desk-composer")).to_be_focused()
    ana.keyboard.type("Uno")
    ana.keyboard.press("Enter")
    ana.keyboard.type("dos")
    expect(ana.locator("#desk-composer")).to_have_value("Uno\ndos")
    ana.keyboard.press("Control+Enter")
    expect(ana.locator('.message[data-direction="out"]')).to_contain_text("dos")
    expect(ana.locator('.message[data-direction="out"]')).to_have_count(1)


@pytest.mark.shows("P1-9", "P0-1")
def test_panes_are_resized_by_mouse_and_keys_hidden_and_remembered(stack: Stack, sit_down: Sit) -> None:
    begin(stack, ("Rocío Benítez", "595991651351"))
    ana = sit_down("ana")
    ana.locator(".conversation-row").click()
    heading(ana, "Rocío Benítez")
    pane, side = ana.locator(".list-pane"), ana.locator(".side")
    of_list = ana.get_by_role("separator", name="Ancho de la lista")

    def width(of: str) -> int:
        return round((ana.locator(of).bounding_box() or {"width": 0})["width"])

    wait_until(lambda: (width(".list-pane"), width(".side")) == (340, 336), what="the panes")
    of_list.focus()
    for key, expected in (("ArrowRight", 356), ("ArrowLeft", 340), ("End", 440), ("Home", 300), ("ArrowLeft", 300)):
        ana.keyboard.press(key)
        wait_until(lambda expected=expected: width(".list-pane") == expected, what=key)  # type: ignore[misc]
    expect(of_list).to_have_attribute("aria-valuenow", "300")
    box = of_list.bounding_box()
    assert box
    ana.mouse.move(box["x"] + 4, 400)
    ana.mouse.down()
    ana.mouse.move(box["x"] + 64, 400, steps=5)
    ana.mouse.up()
    wait_until(lambda: width(".list-pane") == 360, what="the drag")
    ana.get_by_role("separator", name="Ancho de la ficha").press("End")
    wait_until(lambda: width(".side") == 420, what="the wider card")
    assert findings(ana) == []
    ana.reload()
    heading(ana, "Rocío Benítez")
    wait_until(lambda: (width(".list-pane"), width(".side")) == (360, 420), what="the panes as they were left")
    of_list.press("Enter")
    expect(pane).to_be_hidden()
    ana.reload()
    heading(ana, "Rocío Benítez")
    expect(pane).to_be_hidden()
    ana.get_by_role("separator", name="Mostrar la lista").press("Enter")
    expect(pane).to_be_visible()
    ana.get_by_role("button", name=re.compile("panel lateral|ficha", re.I)).first.click()
    expect(side).to_be_hidden()

    # Three from 1280, two from 900, one below, with a way back.
    ana.set_viewport_size({"width": 1100, "height": 800})
    expect(pane).to_be_visible()
    expect(ana.locator(".thread-pane")).to_be_visible()
    expect(side).to_be_hidden()
    ana.set_viewport_size({"width": 800, "height": 700})
    expect(pane).to_be_hidden()
    ana.get_by_role("button", name="Volver a la lista").click()
    expect(pane).to_be_visible()
    expect(ana.locator(".thread-pane")).to_be_hidden()


@pytest.mark.shows("P0-1")
def test_three_panes_then_two_then_one_with_a_way_back(stack: Stack, sit_down: Sit) -> None:
    begin(stack, ("Rocío Benítez", "595991651351"))
    ana = sit_down("ana")
    ana.locator(".conversation-row").click()
    heading(ana, "Rocío Benítez")
    panes = [ana.locator(each) for each in (".list-pane", ".thread-pane", ".side")]
    for width, height, shown in (
        (1280, 800, (True, True, True)), (1279, 800, (True, True, False)), (900, 700, (True, True, False)),
        (899, 700, (False, True, False)), (360, 640, (False, True, False)),
    ):  # fmt: skip
        ana.set_viewport_size({"width": width, "height": height})
        for pane, is_shown in zip(panes, shown, strict=True):
            expect(pane).to_be_visible(visible=is_shown)
        assert ana.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
    ana.get_by_role("button", name="Volver a la lista").click()
    expect(panes[0]).to_be_visible()
    expect(panes[1]).to_be_hidden()


@pytest.mark.shows("P0-5")
def test_a_row_that_has_the_focus_keeps_its_place_while_others_arrive(stack: Stack, sit_down: Sit) -> None:
    assert stack.cast
    now = timezone.now()
    factories.receive_messages(
        stack.cast.account,
        [factories.inbound(f"Hola {n}", sender=factories.identity(f"595983{n:06d}", name=f"Cliente {n:02d}"), at=now - datetime.timedelta(minutes=n + 1)) for n in range(40)],
    )  # fmt: skip
    ana = sit_down("ana")
    expect(ana.get_by_role("tab", name=re.compile("Pendiente"))).to_contain_text("40")
    ana.locator("#conversation-list").evaluate("list => list.scrollTo(0, 1200)")
    row = ana.locator(".conversation-row", has_text="Cliente 20")
    row.focus()
    before = row.bounding_box()
    assert before
    factories.receive_messages(
        stack.cast.account,
        [factories.inbound("Soy nueva", sender=factories.identity(f"595984{n:06d}", name=f"Nueva {n}")) for n in range(3)],
    )  # fmt: skip
    expect(ana.get_by_role("button", name="3 nuevas")).to_be_visible(timeout=15_000)
    expect(row).to_be_focused()
    after = row.bounding_box()
    assert after
    assert after["y"] == pytest.approx(before["y"], abs=2)
    ana.get_by_role("button", name="3 nuevas").click()
    expect(ana.locator(".conversation-row").first).to_contain_text("Nueva")


@pytest.mark.shows("P0-5")
def test_thousands_of_rows_keep_few_on_the_page(stack: Stack, sit_down: Sit) -> None:
    assert stack.cast
    factories.receive_messages(
        stack.cast.account,
        [
            factories.inbound(f"Hola {n}", sender=factories.identity(f"595982{n:06d}", name=f"Cliente {n:04d}"))
            for n in range(1500)
        ],
    )
    ana = sit_down("ana")
    scroller = ana.locator("#conversation-list")
    expect(ana.get_by_role("tab", name=re.compile("Pendiente"))).to_contain_text("1500")
    most = 0

    def reach_the_end() -> bool:
        nonlocal most
        scroller.evaluate("list => list.scrollTo(0, list.scrollHeight)")
        most = max(most, ana.locator(".conversation-row").count())
        return bool(ana.locator('li[aria-posinset="1500"]').count())

    wait_until(reach_the_end, seconds=240, what="the end of the list")
    assert most <= 60
    assert ana.evaluate("document.querySelectorAll('*').length") < 2_000
