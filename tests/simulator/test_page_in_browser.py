"""The phone page as a person uses it, in a real browser."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, expect

from simulator.server import Running
from tests.simulator.conftest import Business, eventually, send

HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script> javascript:alert(3) \u202egpj.exe'

pytestmark = pytest.mark.browser


@dataclass
class Tab:
    page: Page
    complaints: list[str]


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Tab]:
    """One tab for all: a new one for each test would take longer than the tests."""
    page = browser.new_page(locale="es-PY")
    page.set_default_timeout(30_000)
    complaints: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    page.on("dialog", dismiss)
    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield Tab(page, complaints)
    page.close()


@pytest.fixture
def page(tab: Tab, simulator: Running, business: Business) -> Iterator[Page]:
    """Nothing may be complained of: no dialog, no error, no refused resource."""
    tab.page.set_viewport_size({"width": 390, "height": 844})
    tab.complaints.clear()
    tab.page.goto(simulator.url)
    yield tab.page
    assert tab.complaints == []
    tab.page.goto("about:blank")


def open_chat(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()
    expect(page.locator("#chat-me")).to_contain_text(name)


@pytest.mark.shows("B-14")
def test_a_customer_writes_and_reads_the_answer(
    page: Page, simulator: Running, graph: httpx.Client, business: Business
) -> None:
    open_chat(page, "Rocío Benítez Duarte")
    page.get_by_label("Mensaje", exact=True).fill("Hola, ¿hay fibra?")
    page.keyboard.press("Enter")
    mine = page.locator(".message[data-from=me]")
    expect(mine).to_contain_text("Hola, ¿hay fibra?")
    expect(mine.locator(".tick")).to_contain_text("Recibido por la empresa")
    send(graph, text="Sí, Rocío")
    expect(page.locator(".message[data-from=business]")).to_contain_text("Sí, Rocío")
    eventually(lambda: [status["status"] for status in business.statuses()] == ["sent", "delivered", "read"])


def test_an_unread_answer_is_counted_until_it_is_opened(
    page: Page, simulator: Running, graph: httpx.Client, business: Business
) -> None:
    simulator.write("rocio", "Hola")
    send(graph, text="¿En qué te ayudo?")
    expect(page.locator("[data-customer=rocio] .count")).to_contain_text("1")
    assert simulator.wait_idle()
    assert business.statuses()[-1]["status"] == "delivered"
    open_chat(page, "Rocío Benítez Duarte")
    eventually(lambda: business.statuses()[-1]["status"] == "read")


def test_a_webhook_in_trouble_shows_as_pending(page: Page, business: Business) -> None:
    business.answer = lambda hook: 503
    open_chat(page, "Martín Núñez Agüero")
    page.get_by_role("button", name="Hola", exact=True).click()
    expect(page.locator(".tick")).to_contain_text("Pendiente")
    business.answer = lambda hook: 200
    expect(page.locator(".tick")).to_contain_text("Recibido por la empresa")


def test_the_sample_photo_is_sent(page: Page, business: Business) -> None:
    open_chat(page, "Ximena Ordóñez Peña")
    page.get_by_role("button", name="Enviar una foto").click()
    page.get_by_role("button", name="Foto de ejemplo").click()
    expect(page.locator(".message-picture")).to_be_visible()
    assert eventually(business.messages)[0]["type"] == "image"


def test_whatever_is_written_is_shown_as_text(page: Page, simulator: Running, graph: httpx.Client) -> None:
    simulator.add_customer(id="malo", name=HOSTILE, phone="595981000111")
    simulator.write("malo", HOSTILE)
    send(graph, "595981000111", text=HOSTILE)
    page.locator("[data-customer=malo]").click()
    expect(page.locator(".message[data-from=business] .message-text")).to_have_text(HOSTILE)
    expect(page.locator(".message[data-from=me] .message-text")).to_have_text(HOSTILE)
    assert page.locator("script[src]").count() == page.locator("script").count() == 1


def test_faults_are_switched_from_the_page(page: Page, simulator: Running) -> None:
    page.get_by_text("Fallas del proveedor").click()
    page.get_by_label("Error interno").select_option("20 %")
    page.get_by_label("No responde nunca").check()
    expect(page.locator("#faults-count")).to_have_text("2 activas")
    # Each switch tells of itself, on a line of its own.
    faults = simulator.world.faults
    eventually(lambda: faults.now.black_hole and faults.now.server_error == 0.2)
    page.get_by_role("button", name="Quitar todas las fallas").click()
    expect(page.locator("#faults-count")).to_be_hidden()
    eventually(lambda: not faults.now.black_hole)


def test_what_did_not_change_is_not_exchanged_under_a_finger(page: Page, simulator: Running) -> None:
    martin, greeting = "document.querySelector('[data-customer=martin]')", "document.querySelector('.starters button')"
    open_chat(page, "Ximena Ordóñez Peña")
    page.get_by_role("button", name="Hola", exact=True).wait_for()
    page.evaluate(f"{martin}.same = {greeting}.same = true")
    simulator.write("rocio", "Buenas tardes")
    expect(page.locator("[data-customer=rocio] .person-last")).to_contain_text("Buenas tardes")
    assert page.evaluate(f"[{martin}.same, {greeting}.same]") == [True, True]


def test_nothing_overflows_a_narrow_screen(page: Page) -> None:
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        open_chat(page, "Íñigo Zúñiga Muñoz")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.get_by_role("button", name="Volver a la lista de clientes").click()
