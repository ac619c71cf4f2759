"""What an agent writes arrives once, says what became of it, and goes nowhere else."""

from __future__ import annotations

import random
import re

import httpx
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from inbox.models import Conversation
from tests import factories
from tests.browser.conftest import PHONE, Sit
from tests.stack import Stack, wait_until
from typification.models import Typification

pytestmark = pytest.mark.browser


def take_rocio(page: Page, stack: Stack) -> Locator:
    stack.write("Hola")
    page.locator(".conversation-row", has_text="Rocío").click()
    page.get_by_role("button", name="Tomar").first.click()
    return page.locator("#desk-composer")


@pytest.mark.shows("P0-12", "P0-13", "R17")
def test_a_failed_message_says_why_and_the_same_bubble_is_tried_again_or_removed(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana")
    composer = take_rocio(ana, stack)
    stack.simulator("PATCH", "/control/customers/rocio", json={"fails_with": 131026})
    composer.fill("¿Te llega esto?")
    composer.press("Enter")
    sent = ana.locator('.message[data-direction="out"]')
    expect(sent).to_have_attribute("data-state", "failed")
    expect(sent.get_by_role("img", name="Fallido")).to_be_visible()
    expect(sent).to_contain_text("El WhatsApp del cliente no pudo recibir el mensaje")

    stack.simulator("PATCH", "/control/customers/rocio", json={"fails_with": None})
    sent.get_by_role("button", name="Reintentar").click()
    expect(sent).to_have_attribute("data-state", "delivered")
    expect(sent).to_have_count(1)
    expect(ana.get_by_role("button", name="Reintentar")).to_have_count(0)

    stack.simulator("PATCH", "/control/customers/rocio", json={"fails_with": 131026})
    composer.fill("Y esto sobra")
    composer.press("Enter")
    ana.get_by_role("button", name="Eliminar").click()
    expect(sent).to_have_count(1)
    expect(sent).to_contain_text("¿Te llega esto?")


@pytest.mark.shows("P0-12", "P0-13")
def test_a_lost_answer_stands_unconfirmed_and_settles_without_a_second_message(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana")
    composer = take_rocio(ana, stack)
    stack.simulator("PUT", "/control/faults", json={"lost_answer": 1.0, "webhook_paused": True})
    composer.fill("¿Sigues ahí?")
    # Twice, as an impatient hand does.
    composer.press("Enter")
    composer.press("Enter")
    sent = ana.locator('.message[data-direction="out"]')
    expect(sent.get_by_role("img", name="Sin confirmar")).to_be_visible()
    expect(sent).to_contain_text("no hace falta reenviar")
    expect(sent.get_by_role("button")).to_have_count(0)
    stack.simulator("PUT", "/control/faults", json={})
    expect(sent.get_by_role("img", name="Entregado")).to_be_visible()
    expect(sent).to_have_count(1)
    assert stack.simulator("GET", "/control/sent")["total"] == 1


COUNT_FRAMES = """() => document.getElementById('desk-composer').addEventListener('keydown', ({ key }) => {
  if (key !== 'Enter' || window.framesWaited) return;
  let count = 0;
  const look = () => { count += 1; if (document.querySelector('.message[data-direction="out"]')) window.framesWaited = count; else requestAnimationFrame(look); };
  requestAnimationFrame(look);
})"""


@pytest.mark.shows("P0-12", "P0-13")
def test_a_bubble_stands_at_once_and_its_mark_goes_from_the_clock_to_read(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana")
    composer = take_rocio(ana, stack)
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "POST":
            held.append(route)
        else:
            route.continue_()

    ana.route("**/messages/", hold)
    expect(composer).to_be_editable()
    composer.fill("Primera línea")
    composer.press("Shift+Enter")
    composer.press_sequentially("segunda")
    # An Enter that only confirms a word of an input method is not one.
    ana.evaluate(
        "() => document.getElementById('desk-composer').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, cancelable: true }))"
    )
    expect(composer).to_have_value("Primera línea\nsegunda")
    sent = ana.locator('.message[data-direction="out"]')
    expect(sent).to_have_count(0)
    ana.evaluate(COUNT_FRAMES)
    composer.press("Enter")
    composer.press("Enter")
    # Three frames are 50 ms, and no server has been asked yet.
    ana.wait_for_function("() => window.framesWaited > 0")
    assert ana.evaluate("window.framesWaited") <= 3
    mark = sent.locator(".bubble-meta").get_by_role("img")
    expect(mark).to_have_accessible_name("Pendiente: aún no se envió")
    stack.simulator("PUT", "/control/faults", json={"webhook_paused": True})
    wait_until(lambda: held or ana.wait_for_timeout(20), what="the message on its way")
    assert len(held) == 1
    held[0].continue_()
    expect(mark).to_have_accessible_name("Pendiente: enviado, aún no entregado")
    stack.simulator("PUT", "/control/faults", json={})
    expect(mark).to_have_accessible_name("Entregado")
    grey = mark.evaluate("mark => getComputedStyle(mark).color")
    stack.simulator("PUT", "/control/customers/rocio/read", json={})
    expect(mark).to_have_accessible_name("Leído")
    wait_until(lambda: mark.evaluate("mark => getComputedStyle(mark).color") != grey, what="another colour")
    expect(sent).to_have_count(1)
    assert stack.simulator("GET", "/control/sent")["total"] == 1


@pytest.mark.shows("P0-11")
def test_a_draft_is_told_of_in_the_list_and_found_on_another_device(stack: Stack, sit_down: Sit) -> None:
    assert stack.cast
    factories.taken_conversation(stack.cast, sender=factories.identity(name="Rocío Benítez"))
    ana = sit_down("ana")
    row = ana.locator(".conversation-row")
    row.click()
    ana.locator("#desk-composer").fill("Sí, hay turno el sábado")
    expect(row.locator(".row-draft")).to_have_text("Borrador:")
    expect(row).to_contain_text("Sí, hay turno el sábado")
    ana.get_by_text("Borrador guardado").wait_for()
    phone = sit_down("ana", viewport=PHONE, has_touch=True)
    expect(phone.locator(".conversation-row .row-draft")).to_have_text("Borrador:")
    phone.locator(".conversation-row").click()
    expect(phone.locator("#desk-composer")).to_have_value("Sí, hay turno el sábado")


def stored_drafts(client: httpx.Client) -> dict[tuple[int, str], str]:
    drafts = client.get("/api/v1/drafts/").json()["results"]
    return {(draft["conversation_id"], draft["mode"]): draft["text"] for draft in drafts}


@pytest.mark.shows("P0-11")
def test_drafts_never_leak_between_conversations_or_modes(stack: Stack, sit_down: Sit) -> None:
    assert stack.cast
    ids = [
        factories.taken_conversation(
            stack.cast, sender=factories.identity(phone=f"59598150000{n}", name=f"Cliente {n}")
        ).pk
        for n in (1, 2)
    ]
    ana = sit_down("ana")
    modes = {
        "reply": ana.get_by_role("button", name="Responder", exact=True),
        "note": ana.get_by_role("button", name="Nota interna"),
    }
    expected = {(conversation, mode): "" for conversation in ids for mode in modes}
    chance = random.Random(7)
    composer = ana.locator("#desk-composer")
    for step in range(100):
        conversation, mode = chance.choice(list(expected))
        ana.locator(f'.conversation-row[data-id="{conversation}"]').click()
        modes[mode].click()
        expect(composer).to_have_value(expected[conversation, mode])
        expected[conversation, mode] += f"{conversation}-{mode}-{step} "
        composer.fill(expected[conversation, mode])
    assert all(expected.values())
    expect(ana.locator(".conversation-row .row-draft")).to_have_count(2)

    # What the line says is of the draft on the screen: each of the others is on its way by itself.
    client = stack.login("ana")
    wait_until(lambda: stored_drafts(client) == expected, what="all four drafts as they were typed last")
    ana.reload()
    for (conversation, mode), text in expected.items():
        ana.locator(f'.conversation-row[data-id="{conversation}"]').click()
        modes[mode].click()
        expect(composer).to_have_value(text)


@pytest.mark.shows("001-15", "P1-53")
def test_a_supervisor_who_looks_in_clears_nothing_of_the_agents_unread(stack: Stack, sit_down: Sit) -> None:
    assert stack.cast
    conversation = factories.taken_conversation(stack.cast, sender=factories.identity(name="Rocío Benítez")).pk
    ana, luis = sit_down("ana"), sit_down("luis")
    unread = ana.locator(".conversation-row .row-unread")
    expect(unread).to_have_text(re.compile("^1"))

    luis.bring_to_front()
    luis.locator(f'.conversation-row[data-id="{conversation}"]').click()
    expect(luis.get_by_text("Ana Gómez está a cargo")).to_be_visible()
    expect(luis.locator(".message").last).to_be_in_viewport()
    # Longer than the pause after which the reader's own reading is told.
    luis.wait_for_timeout(700)
    expect(unread).to_have_text(re.compile("^1"))

    ana.bring_to_front()
    ana.locator(".conversation-row").click()
    for page in (ana, luis):
        expect(page.locator(".conversation-row .row-unread")).to_have_count(0)


@pytest.mark.shows("P0-28")
def test_a_conversation_opens_at_the_first_message_not_seen_however_far_up_it_is(stack: Stack, sit_down: Sit) -> None:
    assert stack.cast
    rocio = factories.identity(name="Rocío Benítez")
    conversation = factories.taken_conversation(stack.cast, sender=rocio, text="Mensaje 0")
    factories.receive_messages(
        stack.cast.account, [factories.inbound(f"Mensaje {n}", sender=rocio) for n in range(1, 130)]
    )
    ana = sit_down("ana")
    ana.locator(f'.conversation-row[data-id="{conversation.pk}"]').click()
    expect(ana.get_by_text("130 mensajes nuevos")).to_be_in_viewport()
    messages = ana.get_by_role("log", name="Mensajes").first
    expect(messages.get_by_text("Mensaje 0", exact=True)).to_be_in_viewport()
    ana.get_by_role("button", name="Ir al final").click()
    expect(messages.get_by_text("Mensaje 129", exact=True)).to_be_in_viewport()
    expect(ana.locator(".conversation-row .row-unread")).to_have_count(0)


@pytest.mark.shows("P0-33")
def test_a_double_click_on_take_does_not_let_the_conversation_go_again(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana")
    stack.write("Hola")
    ana.locator(".conversation-row").click()
    ana.get_by_role("button", name="Tomar").first.dblclick()
    expect(ana.locator("#desk-composer")).to_be_focused()
    ana.wait_for_timeout(300)
    expect(ana.get_by_role("button", name="Liberar")).to_be_visible()
    expect(ana.locator(".toast")).to_have_count(0)
    luis = stack.login("luis")
    wait_until(
        lambda: luis.get("/api/v1/conversations/").json()["results"][0]["assignee_name"] == "Ana Gómez",
        what="Ana's being in charge",
    )


@pytest.mark.shows("P0-33", "004-18", "004-19")
def test_a_quick_close_offers_the_outcomes_meant_for_it_and_nothing_else(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana")
    dialog = begin_to_close(ana, stack)
    dialog.get_by_text("Interesado").click()
    dialog.get_by_role("button", name="Cierre rápido").click()
    expect(dialog.get_by_role("button", name="Cierre rápido")).to_have_attribute("aria-pressed", "true")
    # What was chosen for the other way is not carried along, and what only that one allows is gone.
    expect(dialog.get_by_role("status")).to_contain_text("Elige una tipificación")
    expect(dialog.get_by_text("Interesado")).to_have_count(0)
    dialog.get_by_text("No responde").click()
    dialog.get_by_role("button", name="Finalizar").click()
    expect(dialog).to_be_hidden()
    expect(ana.get_by_role("tab", name=re.compile("Atendidos"))).to_contain_text("1")
    closed = Conversation.objects.get()
    assert (closed.status, closed.close_mode, closed.close_note) == ("closed", "quick", "")
    assert closed.typification == factories.leaf("No responde")


@pytest.mark.shows("P0-33")
def test_where_no_outcome_is_meant_for_it_a_quick_close_says_so(stack: Stack, sit_down: Sit) -> None:
    Typification.objects.update(quick_close=False)
    ana = sit_down("ana")
    dialog = begin_to_close(ana, stack)
    quick = dialog.get_by_role("button", name="Cierre rápido")
    expect(quick).to_have_attribute("aria-disabled", "true")
    expect(dialog.locator("#quick-reason")).to_contain_text("cierre rápido")
    quick.click(force=True)
    expect(quick).to_have_attribute("aria-pressed", "false")


def begin_to_close(page: Page, stack: Stack) -> Locator:
    """Nobody closes what nobody answered."""
    composer = take_rocio(page, stack)
    composer.fill("Buenos días")
    composer.press("Enter")
    finish = page.locator("#desk-finish")
    expect(finish).not_to_have_attribute("aria-disabled", "true")
    finish.click()
    return page.get_by_role("dialog", name="Finalizar la conversación")
