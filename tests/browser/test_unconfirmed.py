"""A message whose answer was lost, as the one who sent it lives through it: waited for, then their own decision (R13)."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from inbox.models import Message
from tests.browser.conftest import Sit
from tests.browser.looking import findings
from tests.browser.test_every_kind import shot
from tests.browser.test_writing import take_rocio
from tests.stack import Stack, wait_until

pytestmark = pytest.mark.browser


@pytest.mark.shows("R13", "P0-44")
def test_whoever_sent_it_decides_by_keyboard_once_it_was_waited_for(
    stack: Stack, sit_down: Sit, complaints: list[str]
) -> None:
    ana = sit_down("ana")
    composer = take_rocio(ana, stack)
    stack.simulator("PUT", "/control/faults", json={"lost_answer": 1.0, "webhook_paused": True})
    for text in ("¿Sigues ahí?", "Esto sobra"):
        composer.fill(text)
        composer.press("Enter")
    wait_until(lambda: Message.objects.filter(status="unknown").count() == 2, what="the doubt")
    stack.simulator("PUT", "/control/faults", json={"webhook_paused": True})
    waited_for = timezone.now() - datetime.timedelta(minutes=10) + datetime.timedelta(seconds=20)
    Message.objects.filter(status="unknown").update(unconfirmed_since=waited_for)
    ana.reload()
    bubble = ana.locator('.message[data-state="unknown"]', has_text="¿Sigues ahí?")
    expect(bubble).to_contain_text("no hace falta reenviar")
    expect(bubble.get_by_role("button")).to_have_count(0)
    # The moment comes by itself, without a reload.
    again = bubble.get_by_role("button", name="Reenviar")
    expect(again).to_be_visible(timeout=90_000)
    expect(bubble).to_contain_text("la confirmación no llegó")
    assert findings(ana) == []
    shot(ana, "unconfirmed")

    again.focus()
    ana.keyboard.press("Enter")
    dialog = ana.get_by_role("dialog")
    expect(dialog).to_contain_text("El cliente podría recibir este mensaje dos veces")
    assert findings(ana) == []
    shot(ana, "resending")
    ana.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(again).to_be_focused()
    assert stack.simulator("GET", "/control/sent")["total"] == 2
    ana.keyboard.press("Enter")
    expect(dialog.get_by_role("button", name="Cancelar")).to_be_focused()
    ana.keyboard.press("Tab")
    ana.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(bubble).to_have_count(0)
    wait_until(lambda: stack.simulator("GET", "/control/sent")["total"] == 3, what="the second try")
    assert ana.evaluate("document.activeElement !== document.body")

    left = ana.locator('.message[data-state="unknown"]', has_text="Esto sobra")
    left.get_by_role("button", name="Descartar").focus()
    ana.keyboard.press("Enter")
    expect(left).to_have_count(0)
    expect(ana.locator("#desk-composer")).to_be_focused()
    stack.simulator("PUT", "/control/faults", json={})
    expect(ana.locator('.message[data-direction="out"]').get_by_role("img", name="Entregado")).to_be_visible()
    expect(ana.locator('.message[data-direction="out"]')).to_have_count(1)
    # The browser's own words about the warning it was given, twice.
    assert {"409" in each for each in complaints} == {True}
    complaints.clear()
    assert stack.simulator("GET", "/control/sent")["total"] == 3


@pytest.mark.shows("P1-20")
def test_a_quote_leads_to_what_it_answers_however_far_up(stack: Stack, sit_down: Sit) -> None:
    first = str(stack.write("La primera de todas")["id"])
    stack.simulator(
        "POST", "/control/messages", json=[{"customer": "rocio", "text": f"Mensaje {n}"} for n in range(160)]
    )
    stack.simulator("POST", "/control/customers/rocio/messages", json={"text": "Sobre eso", "reply_to": first})
    wait_until(lambda: Message.objects.count() == 162, what="the story", seconds=120)
    ana = sit_down("ana")
    ana.locator(".conversation-row").click()
    ana.get_by_role("button", name="Tomar").first.click()
    ana.get_by_role("button", name="Ir al final").click()
    expect(ana.locator(".conversation-row .row-unread")).to_have_count(0)
    # Read: it opens at its end now, with one page.
    ana.reload()
    log = ana.get_by_role("log", name="Mensajes").first
    expect(log.locator(".message", has_text="Sobre eso")).to_be_in_viewport()
    goal = log.locator(".message:not(:has(.quote))", has_text="La primera de todas")
    expect(goal).to_have_count(0)
    log.locator("button.quote").click()
    expect(goal).to_be_in_viewport()
    expect(goal).to_be_focused()
