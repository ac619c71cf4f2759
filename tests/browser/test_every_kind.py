"""Every kind a customer sends, from the simulator's phone to the agent's screen (files: test_files.py); KINDS_SHOTS=<folder> keeps what was seen."""

from __future__ import annotations

import base64
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from inbox.models import Message
from tests import factories
from tests.browser.conftest import PHONE, Sit
from tests.browser.looking import findings
from tests.stack import Stack, wait_until
from webhooks.models import DeadLetter, ProviderNotice

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)>"
PDF = base64.b64encode(b"%PDF-1.4\n%%EOF\n").decode()


def sends(stack: Stack, *, customer: str = "rocio", **wanted: Any) -> str:
    return str(stack.simulator("POST", f"/control/customers/{customer}/messages", json=wanted)["id"])


def raw(stack: Stack, type_: str, **content: Any) -> str:
    return sends(stack, raw={"type": type_, **content})


def tell(stack: Stack) -> None:
    """One of each, with markup in every place that a person fills in (S30), and addresses that are none (S33)."""
    ad = {"source_type": "ad", "source_url": "javascript:alert(1)", "headline": f"300 megas {HOSTILE}"}
    first = raw(stack, "text", text={"body": "Hola, vi la promo"}, referral=ad)
    raw(stack, "reaction", reaction={"message_id": first, "emoji": "👍"})
    sends(stack, image={"caption": "Mi fachada"})
    place = {"latitude": -25.2966, "longitude": -57.6373, "name": f"Casa {HOSTILE}", "address": "Palma 123, Asunción"}
    raw(stack, "location", location=place)
    cards = [
        {"name": {"formatted_name": f"Martín {HOSTILE}"}, "org": {"company": "Fibra Sur"},
         "phones": [{"phone": "+595 981 222 333", "wa_id": "595981222333"}, {"phone": "javascript:alert(1)"}],
         "emails": [{"email": "martin@example.com"}]},
    ]  # fmt: skip
    raw(stack, "contacts", contacts=cards)
    choice = {"id": "1", "title": f"Ventas {HOSTILE}", "description": "Contratar un plan"}
    raw(stack, "interactive", interactive={"type": "list_reply", "list_reply": choice})
    raw(stack, "interactive", interactive={"type": "button_reply", "button_reply": {"id": "si", "title": f"Sí, mañana {HOSTILE}"}})  # fmt: skip
    raw(stack, "button", button={"payload": "no", "text": "No, gracias"})
    form = {"name": "flow", "body": "Sent", "response_json": '{"Plan": "300 megas", "Extras": ["TV", "fijo"]}'}
    raw(stack, "interactive", interactive={"type": "nfm_reply", "nfm_reply": form})
    items = [
        {"product_retailer_id": f"ROUTER-1 {HOSTILE}", "quantity": 2, "item_price": 125000, "currency": "PYG"},
        {"product_retailer_id": "CABLE-5", "quantity": 1, "item_price": 20000, "currency": "PYG"},
    ]
    raw(stack, "order", order={"catalog_id": "9", "text": "Para hoy", "product_items": items})
    name = f"cédula de identidad {HOSTILE}.pdf"
    file = {"kind": "document", "base64": PDF, "mime_type": "application/pdf", "filename": name}
    sends(stack, file=file)
    raw(stack, "unsupported", errors=[{"code": 131051, "title": "Message type unknown", "error_data": {"details": "Encuesta"}}])  # fmt: skip
    edited = raw(stack, "text", text={"body": "Nos vemos el savado"})
    raw(stack, "edit", edit={"original_message_id": edited, "message": {"type": "text", "text": {"body": "Nos vemos el sábado"}}})  # fmt: skip
    gone = raw(stack, "text", text={"body": "Esto no lo leas"})
    raw(stack, "revoke", revoke={"original_message_id": gone})
    sends(stack, text="A eso", reply_to=first)
    sends(stack, text="¿Y a esto?", reply_to="wamid.nobody")
    raw(stack, "system", system={"type": "user_changed_number", "wa_id": "595981777888", "body": "changed"})


@pytest.mark.shows("S30", "S33", "R10", "R12")
def test_every_kind_a_customer_sends_is_shown_as_what_it_is(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana")
    ana.on("dialog", lambda dialog: pytest.fail(f"something ran: {dialog.message}"))
    tell(stack)
    wait_until(lambda: Message.objects.filter(direction="in").count() == 15, what="the messages", seconds=90)
    row = ana.locator(".conversation-row")
    expect(row).to_have_count(1)
    row.click()
    thread = ana.locator(".messages")
    expect(thread.locator(".reactions")).to_contain_text("👍")
    expect(thread.locator(".referral")).to_contain_text(f"300 megas {HOSTILE}")
    expect(thread.locator(".place")).to_contain_text(f"Casa {HOSTILE}")
    expect(thread.locator(".place")).to_have_attribute("href", re.compile(r"^https://www\.google\.com/maps/search/\?api=1&query=-25\.2966%2C-57\.6373$"))  # fmt: skip
    expect(thread.locator(".contact-cards")).to_contain_text("javascript:alert(1)")
    expect(thread.locator(".contact-cards a")).to_have_count(2)
    expect(thread.locator(".choice").first).to_contain_text("Contratar un plan")
    expect(thread.locator(".choice").nth(1)).to_contain_text(f"Sí, mañana {HOSTILE}")
    expect(thread.locator(".choice").nth(2)).to_contain_text("No, gracias")
    expect(thread.locator(".answers")).to_contain_text("TV, fijo")
    expect(thread.locator(".order .total")).to_contain_text(re.compile("270[.]000"))
    # A file name keeps what a file may be called anywhere (S32).
    expect(thread.locator(".document")).to_contain_text("_img src=x onerror=alert(1)_.pdf")
    expect(thread.locator(".unsupported")).to_contain_text("Encuesta")
    expect(thread.get_by_text("Nos vemos el sábado")).to_be_visible()
    expect(thread.get_by_text("Editado")).to_be_visible()
    expect(thread.get_by_text("Se eliminó este mensaje")).to_have_count(1)
    expect(thread.get_by_text("Esto no lo leas")).to_have_count(0)
    expect(thread.locator(".quote").first).to_contain_text("Hola, vi la promo")
    expect(thread.locator(".quote").last).to_contain_text("Mensaje no disponible")
    expect(thread.locator(".event").last).to_contain_text("cambió de número")
    assert ana.locator('.messages a[href^="javascript"]').count() == 0
    assert ana.locator(".messages img[src=x]").count() == 0
    assert findings(ana) == []
    # Neither pane pushes the page sideways, on a desk or in a hand.
    keep(ana, "desk-light")
    for theme in ("dark",):
        ana.emulate_media(color_scheme=theme)
        keep(ana, f"desk-{theme}")
    ana.set_viewport_size(PHONE)
    assert ana.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert ana.evaluate(
        "[...document.querySelectorAll('.bubble')].every((each) => each.getBoundingClientRect().right <= innerWidth)"
    )
    keep(ana, "phone-dark")
    ana.emulate_media(color_scheme="light")
    keep(ana, "phone-light")


def keep(page: Page, name: str) -> None:
    """What was seen, screen by screen, for whoever asked to look."""
    folder = os.environ.get("KINDS_SHOTS")
    if not folder:
        return
    log = page.locator(".messages")
    for part in range(4):
        log.evaluate("(log, part) => { log.scrollTop = part * log.clientHeight * 0.9; }", part)
        time.sleep(0.4)
        page.screenshot(path=str(Path(folder) / f"{name}-{part}.png"))


@pytest.mark.shows("S30")
def test_an_administrator_mends_a_dead_letter_and_it_stands_in_the_thread(
    stack: Stack, sit_down: Sit, complaints: list[str]
) -> None:
    admin = sit_down("admin")
    admin.on("dialog", lambda dialog: pytest.fail(f"something ran: {dialog.message}"))
    raw(stack, "text", text={"body": f"Hola </textarea>{HOSTILE}"}, timestamp="ayer")
    wait_until(DeadLetter.objects.exists, what="the dead letter")
    admin.locator(".rail a[href='/settings/']").click()
    expect(admin.locator(".rail a[aria-current=page]")).to_have_text("Ajustes")
    admin.get_by_role("link", name="Mensajes no procesados").click()
    expect(admin.locator("tbody")).to_contain_text("La pieza no trae una fecha que se pueda leer.")
    assert findings(admin) == []
    shot(admin, "letters-list")
    notice = {
        "field": "message_template_status_update",
        "value": {"event": "APPROVED", "message_template_name": "hola"},
    }
    entry = {"id": factories.WABA_ID, "changes": [notice]}
    stack.simulator("POST", "/control/deliveries", json={"body": {"object": "whatsapp_business_account", "entry": [entry]}})  # fmt: skip
    wait_until(ProviderNotice.objects.exists, what="the notice")
    admin.get_by_role("link", name="Avisos del proveedor").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("Avisos del proveedor")
    expect(admin.locator("tbody")).to_contain_text("Revisión de una plantilla")
    assert findings(admin) == []
    shot(admin, "notices")
    admin.go_back()
    admin.locator("tbody a").first.click()
    expect(admin.get_by_role("heading", level=1)).to_have_text(re.compile(r"^Mensaje no procesado #\d+$"))
    assert findings(admin) == []
    typed = admin.get_by_role("textbox")
    assert HOSTILE in typed.input_value()
    assert admin.locator("img[src=x]").count() == 0
    typed.fill(typed.input_value().replace('"ayer"', '"mañana"'))
    admin.get_by_role("button", name="Guardar").click()
    expect(admin.locator(".error")).to_be_visible()
    # The browser's own words about a form that was refused.
    assert {"400" in each for each in complaints} == {True}
    complaints.clear()
    shot(admin, "letter-wrong")
    admin.emulate_media(color_scheme="dark")
    admin.set_viewport_size(PHONE)
    assert admin.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    shot(admin, "letter-phone-dark")
    typed.fill(typed.input_value().replace('"mañana"', f'"{stack.now()}"'))
    admin.get_by_role("button", name="Guardar").click()
    admin.get_by_role("button", name="Volver a leer").click()
    wait_until(lambda: Message.objects.filter(text__contains="Hola").exists(), what="the mended message")


def shot(page: Page, name: str) -> None:
    if folder := os.environ.get("KINDS_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))
