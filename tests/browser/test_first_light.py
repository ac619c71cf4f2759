"""The story of the first slice, as its people see it: a customer's phone, Ana's desk, and Luis watching."""

from __future__ import annotations

import datetime
import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PHONE, Sit
from tests.stack import Stack, wait_until

pytestmark = pytest.mark.browser


def open_phone(page: Page, stack: Stack) -> Page:
    phone = page.context.browser.new_context(viewport=PHONE, locale="es-PY").new_page()  # type: ignore[union-attr]
    phone.goto(stack.simulator_url)
    return phone


@pytest.mark.shows(
    "001-09",
    "001-10",
    "001-14",
    "001-15",
    "001-16",
    "001-23",
    "004-04",
    "004-17",
    "004-20",
    "004-33",
    "P0-2",
    "P0-3",
    "P0-12",
    "P0-25",
    "004-01",
    "B-14",
)
def test_ana_answers_a_customer_live_and_closes_with_an_outcome_while_luis_watches(stack: Stack, sit_down: Sit) -> None:
    ana, luis = sit_down("ana"), sit_down("luis")
    expect(ana.locator(".conversation-row")).to_have_count(0)

    stack.write("Hola")
    for page in (ana, luis):
        row = page.locator(".conversation-row")
        expect(row).to_have_count(1)
        expect(row).to_contain_text("Rocío Benítez Duarte")
        expect(row).to_contain_text("Hola")
        expect(row.get_by_role("img", name="Sin primera respuesta")).to_be_visible()
        expect(page.get_by_role("tab", name=re.compile("Pendiente"))).to_contain_text("1")

    ana.locator(".conversation-row").click()
    ana.get_by_role("button", name="Tomar").first.click()
    composer = ana.get_by_role("textbox", name=re.compile("[Mm]ensaje"))
    composer.fill("Buenos días, Rocío. ¿En qué te ayudo?")
    composer.press("Enter")
    sent = ana.locator('.message[data-direction="out"]')
    expect(sent).to_have_count(1)
    expect(sent.get_by_role("img", name="Entregado")).to_be_visible()
    stack.simulator("PUT", "/control/customers/rocio/read", json={})
    expect(sent.get_by_role("img", name="Leído")).to_be_visible()
    expect(luis.get_by_role("tab", name=re.compile("En curso"))).to_contain_text("1")

    stack.simulator("POST", "/control/customers/rocio/messages", json={"image": {"caption": "Esta es mi casa"}})
    picture = ana.locator('.message[data-kind="image"] img')
    expect(picture).to_be_visible()
    wait_until(lambda: picture.evaluate("picture => picture.naturalWidth") > 0, what="the picture's pixels")

    ana.get_by_role("button", name="Nota interna").click()
    ana.get_by_role("textbox", name="Nota interna").fill("Verificar cobertura en su cuadra")
    # The bubble stands before the server has it; the closing dialog asks the server.
    with ana.expect_response(lambda answer: answer.url.endswith("/messages/") and answer.status == 201):
        ana.keyboard.press("Enter")
    expect(ana.locator('.message[data-kind="note"]')).to_contain_text("Verificar cobertura")

    ana.get_by_role("button", name="Finalizar").first.click()
    dialog = ana.get_by_role("dialog")
    dialog.get_by_text("Interesado").click()
    expect(dialog.get_by_text("Subtipificación de «Interesado»")).to_be_visible()
    dialog.get_by_text("Llamar más tarde").click()
    tomorrow = timezone.localtime() + datetime.timedelta(days=1)
    dialog.get_by_role("textbox", name="Cuándo volver a contactar").fill(tomorrow.strftime("%Y-%m-%dT%H:%M"))
    expect(dialog.get_by_label(re.compile("Nota de cierre"))).to_have_value("Verificar cobertura en su cuadra")
    dialog.get_by_role("button", name="Finalizar").click()
    expect(dialog).to_be_hidden()
    for page in (ana, luis):
        expect(page.get_by_role("tab", name=re.compile("Atendidos"))).to_contain_text("1")
        expect(page.get_by_role("tab", name=re.compile("En curso"))).to_contain_text("0")
    assert "Verificar" not in str(stack.simulator("GET", "/control/sent"))


@pytest.mark.shows("B-14")
def test_a_customer_writes_and_reads_on_the_simulated_phone(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana")
    phone = open_phone(ana, stack)
    phone.get_by_role("button", name="Rocío Benítez Duarte").click()
    phone.get_by_label("Mensaje", exact=True).fill("Hola desde el teléfono")
    phone.keyboard.press("Enter")
    row = ana.locator(".conversation-row")
    expect(row).to_contain_text("Hola desde el teléfono")
    row.click()
    ana.get_by_role("button", name="Tomar").first.click()
    composer = ana.get_by_role("textbox", name=re.compile("[Mm]ensaje"))
    composer.fill("Te leo")
    composer.press("Enter")
    expect(phone.get_by_text("Te leo").last).to_be_visible()
    expect(ana.locator('.message[data-direction="out"]').get_by_role("img", name="Leído")).to_be_visible()
    phone.context.close()


LINK_WRITTEN_DOWN = """() => {
    window.linkSaid = [];
    new MutationObserver(() => linkSaid.push(document.querySelector(".link")?.textContent.trim() ?? ""))
        .observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


@pytest.mark.shows("R21", "P0-39", "P0-11")
def test_a_reload_and_a_cut_connection_lose_nothing(stack: Stack, sit_down: Sit, complaints: list[str]) -> None:
    ana = sit_down("ana")
    stack.write("Hola")
    ana.locator(".conversation-row").click()
    ana.get_by_role("button", name="Tomar").first.click()
    ana.get_by_role("textbox", name=re.compile("[Mm]ensaje")).fill("Un borrador a medias")
    ana.get_by_text("Borrador guardado").wait_for()
    ana.reload()
    expect(ana.get_by_role("textbox", name=re.compile("[Mm]ensaje"))).to_have_value("Un borrador a medias")
    ana.get_by_text("Conectado", exact=True).wait_for()

    # It is said for four seconds only: whatever stands there is written down.
    ana.evaluate(LINK_WRITTEN_DOWN)
    stack.kill("web")
    expect(ana.get_by_text(re.compile("Reconectando|Sin conexión")).first).to_be_visible()
    stack.start("web")
    stack.write("¿Sigues ahí?")
    expect(ana.locator(".message", has_text="¿Sigues ahí?")).to_be_visible(timeout=90_000)
    ana.wait_for_function(
        "() => linkSaid.some((words) => /^Actualizado \\d{1,2}:\\d\\d:\\d\\d/.test(words))", timeout=90_000
    )
    ana.get_by_text("Conectado", exact=True).wait_for(timeout=90_000)
    expect(ana.get_by_role("textbox", name=re.compile("[Mm]ensaje"))).to_have_value("Un borrador a medias")
    # The browser itself logs every refused connection while the server was away.
    complaints.clear()


@pytest.mark.shows("P0-14", "B-07")
def test_the_composer_locks_when_the_window_closes_and_keeps_the_draft(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana")
    stack.simulator(
        "POST", "/control/customers/rocio/messages", json={"text": "Hola", "timestamp": stack.now() - 24 * 3600 + 40}
    )
    ana.locator(".conversation-row").click()
    ana.get_by_role("button", name="Tomar").first.click()
    composer = ana.get_by_role("textbox", name=re.compile("[Mm]ensaje"))
    composer.fill("Esto queda en borrador")
    expect(composer).to_be_hidden(timeout=90_000)
    expect(ana.locator(".composer")).to_contain_text("24 h")
    assert stack.simulator("GET", "/control/sent")["total"] == 0


@pytest.mark.shows("R30", "P0-31")
def test_of_two_who_take_at_once_one_is_told_who_was_faster(stack: Stack, sit_down: Sit, complaints: list[str]) -> None:
    ana, luis = sit_down("ana"), stack.login("luis")
    stack.write("Hola")
    ana.locator(".conversation-row").click()

    def let_luis_be_faster(route: Route) -> None:
        address = route.request.url.removeprefix(stack.url)
        assert luis.put(address, json={}).status_code == 200
        route.continue_()

    ana.route("**/assignment/", let_luis_be_faster)
    ana.get_by_role("button", name="Tomar").first.click()
    expect(ana.get_by_text(re.compile("Luis Ferreira la tomó hace"))).to_be_visible()
    # The browser logs every 409 by itself.
    complaints.clear()
