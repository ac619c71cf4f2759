"""The open conversation as people use it: answering, reacting, choosing several, finding, company, what was said before."""

from __future__ import annotations

import itertools
import re
import time
from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import Locator, Page, expect

from inbox.actions.assignment import release_conversation, take_conversation
from inbox.actions.closing import close_conversation
from inbox.actions.receiving import receive_messages
from inbox.actions.sending import send_message
from inbox.models import Conversation, Message, Reaction
from tests import factories
from tests.browser.conftest import PHONE, Sit
from tests.browser.looking import findings
from tests.stack import PATIENCE_SECONDS, Stack, wait_until

pytestmark = pytest.mark.browser


def cast_of(stack: Stack) -> factories.Cast:
    assert stack.cast is not None
    return stack.cast


def open_first(page: Page) -> None:
    page.locator(".conversation-row").first.click()
    page.locator(".message").last.wait_for()


def taken(stack: Stack, page: Page, text: str = "Hola") -> Conversation:
    """Rocío wrote, Ana took it."""
    stack.write(text)
    page.locator(".conversation-row", has_text="Rocío").click()
    page.locator(".message").last.wait_for()
    page.get_by_role("button", name="Tomar").first.click()
    composer(page).wait_for()
    return Conversation.objects.latest("id")


def composer(page: Page) -> Locator:
    return page.locator("#desk-composer")


def message(page: Page, text: str) -> Locator:
    return page.locator(".messages .message", has_text=text)


def tool(page: Page, text: str, name: str) -> None:
    message(page, text).locator(".bubble").hover()
    page.get_by_role("toolbar", name="Acciones del mensaje").get_by_role("button", name=name).click()


def choose(page: Page, text: str, name: str) -> None:
    tool(page, text, "Más acciones del mensaje")
    page.get_by_role("menuitem", name=name).click()


def flashed(page: Page, text: str) -> None:
    """It lit up, and is on the screen."""
    expect(page.locator(".message[data-sought]", has_text=text)).to_be_in_viewport()


@pytest.mark.shows("P1-20")
def test_a_message_is_answered_with_a_quote_that_leads_back_to_it(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana")
    conversation = taken(stack, ana, "¿Cuánto sale la fibra?")
    for number in range(25):
        stack.write(f"Y otra cosa {number}")
    expect(message(ana, "Y otra cosa 24")).to_be_visible()
    message(ana, "¿Cuánto sale la fibra?").scroll_into_view_if_needed()
    tool(ana, "¿Cuánto sale la fibra?", "Responder este mensaje")
    expect(ana.locator(".answering")).to_contain_text("¿Cuánto sale la fibra?")
    ana.keyboard.type("245.000 por mes")
    ana.keyboard.press("Enter")
    expect(ana.locator(".answering")).to_have_count(0)
    bubble = message(ana, "245.000 por mes")
    expect(bubble.locator(".quote")).to_contain_text("¿Cuánto sale la fibra?")
    wait_until(lambda: stack.simulator("GET", "/control/sent")["matching"] == 1, what="the answer")
    sent = Message.objects.get(text="245.000 por mes")
    assert sent.reply_to == Message.objects.get(text="¿Cuánto sale la fibra?")
    assert sent.conversation == conversation
    bubble.locator(".quote").click()
    flashed(ana, "¿Cuánto sale la fibra?")
    # By the keyboard: up to it, R, and Esc's cross is a button like any other.
    ana.keyboard.press("r")
    expect(ana.locator(".answering")).to_contain_text("¿Cuánto sale la fibra?")
    expect(composer(ana)).to_be_focused()
    ana.get_by_role("button", name="No citar").click()
    expect(ana.locator(".answering")).to_have_count(0)


@pytest.mark.shows("P1-21")
def test_a_reaction_is_sent_changed_and_taken_off(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana")
    taken(stack, ana, "¡Gracias!")
    tool(ana, "¡Gracias!", "Reaccionar")
    ana.get_by_role("menuitemradio", name="Reaccionar con 👍").click()
    pill = message(ana, "¡Gracias!").locator(".reactions")
    expect(pill).to_contain_text("👍")
    wait_until(lambda: Reaction.objects.filter(emoji="👍", status="sent").exists(), what="the reaction")
    tool(ana, "¡Gracias!", "Reaccionar")
    ana.get_by_role("menuitemradio", name="Reaccionar con 🙏").click()
    expect(pill).to_contain_text("🙏")
    expect(pill.locator("li")).to_have_count(1)
    pill.get_by_role("button", name=re.compile("Quitar tu reacción")).click()
    expect(pill).to_have_count(0)
    wait_until(lambda: Reaction.objects.get().emoji == "", what="its end")


@pytest.mark.shows("P1-23")
def test_several_messages_are_copied_and_forwarded(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana", permissions=["clipboard-read", "clipboard-write"])
    other = factories.taken_conversation(
        cast_of(stack), text="Soy Walter", sender=factories.identity("595981777888", name="Walter Ñáñez")
    )
    send_message(other.pk, by=cast_of(stack).ana, client_id=factories.client_id(), text="Dígame")
    taken(stack, ana, "Mi dirección es Palma 123")
    stack.write("Frente a la plaza")
    expect(message(ana, "Frente a la plaza")).to_be_visible()
    choose(ana, "Palma 123", "Seleccionar varios")
    message(ana, "Frente a la plaza").click()
    bar = ana.locator(".selecting")
    expect(bar).to_contain_text("2 seleccionados")
    bar.get_by_role("button", name="Copiar").click()
    expect(bar).to_have_count(0)
    copied = ana.evaluate("navigator.clipboard.readText()")
    assert "Mi dirección es Palma 123" in copied
    assert "Frente a la plaza" in copied
    choose(ana, "Palma 123", "Seleccionar varios")
    message(ana, "Frente a la plaza").click()
    bar.get_by_role("button", name="Reenviar").click()
    dialog = ana.get_by_role("dialog")
    dialog.get_by_role("button", name=re.compile("Walter")).click()
    expect(dialog).to_be_hidden()
    expect(ana.get_by_text("2 mensajes reenviados a Walter Ñáñez.")).to_be_visible()
    texts = list(
        Message.objects.filter(conversation=other, direction="out").order_by("id").values_list("text", flat=True)
    )
    assert texts == ["Dígame", "Mi dirección es Palma 123", "Frente a la plaza"]


@pytest.mark.shows("P0-31")
def test_two_in_one_conversation_see_each_other_and_nobody_answers_past_a_colleague(
    stack: Stack, sit_down: Sit, complaints: list[str]
) -> None:
    ana, luis, eva = sit_down("ana"), sit_down("luis"), sit_down("eva")
    conversation = taken(stack, ana)
    luis.goto(f"{stack.url}/?c={conversation.pk}")
    expect(luis.locator(".thread-head .viewers")).to_contain_text("Ana Gómez")
    expect(ana.locator(".thread-head .viewers")).to_contain_text("Luis Ferreira")
    composer(ana).press_sequentially("Le dig", delay=20)
    expect(luis.locator(".typing-line")).to_contain_text("Ana Gómez está escribiendo…")
    # A supervisor's look clears nothing.
    conversation.refresh_from_db()
    # Eva, whose team it is not, is shown nothing, though she asks for it.
    eva.goto(f"{stack.url}/?c={conversation.pk}")
    expect(eva.get_by_text("Esa conversación no está aquí")).to_be_visible()
    expect(eva.locator(".viewers, .typing")).to_have_count(0)
    eva.close()
    # Luis steps in, answers, and gives it back; Ana's words are where they were.
    cast = cast_of(stack)
    take_conversation(conversation.pk, by=cast.luis)
    send_message(conversation.pk, by=cast.luis, client_id=factories.client_id(), text="El precio es 245.000")
    release_conversation(conversation.pk, by=cast.luis)
    ana.goto(f"{stack.url}/?c={conversation.pk}")
    ana.get_by_role("button", name="Tomar").first.click()
    expect(composer(ana)).to_have_value("Le dig")
    complaints.clear()


@pytest.mark.shows("P0-31")
def test_what_a_colleague_answered_meanwhile_is_read_before_one_sends(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana")
    conversation = taken(stack, ana)
    composer(ana).press_sequentially("Le digo el precio", delay=10)
    cast = cast_of(stack)
    # As the row is after a take-over and back: the answer is Luis's, the conversation Ana's. At once, so that it never leaves her screen.
    with transaction.atomic():
        Conversation.objects.filter(pk=conversation.pk).update(assignee=cast.luis)
        send_message(conversation.pk, by=cast.luis, client_id=factories.client_id(), text="El precio es 245.000")
        Conversation.objects.filter(pk=conversation.pk).update(assignee=cast.ana)
    expect(message(ana, "El precio es 245.000")).to_be_visible()
    composer(ana).press("Enter")
    warning = ana.get_by_role("alert").filter(has_text="Luis respondió mientras escribías")
    expect(warning).to_contain_text("El precio es 245.000")
    assert not Message.objects.filter(text="Le digo el precio").exists()
    warning.get_by_role("button", name="Seguir editando").click()
    expect(composer(ana)).to_have_value("Le digo el precio")
    composer(ana).press("Enter")
    warning.get_by_role("button", name="Enviar igual").click()
    expect(message(ana, "Le digo el precio")).to_be_visible()
    wait_until(lambda: Message.objects.filter(text="Le digo el precio").count() == 1, what="the message")


@pytest.mark.shows("P1-35", "P0-6")
def test_words_are_found_in_the_conversation_and_everywhere_however_far_back(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana")
    conversation = long_conversation(cast_of(stack), messages=1_200)
    ana.goto(f"{stack.url}/?tray=in_progress&c={conversation.pk}")
    expect(message(ana, "Mensaje 1199")).to_be_visible()
    ana.keyboard.press("Control+f")
    ana.keyboard.type("aguja pajar")
    expect(ana.locator(".find-place")).to_have_text("1 de 2")
    flashed(ana, "La AGUJA en el pajar 700")
    expect(ana.locator(".message mark").first).to_be_visible()
    ana.keyboard.press("Enter")
    expect(ana.locator(".find-place")).to_have_text("2 de 2")
    flashed(ana, "La águja en el pajar 30")
    ana.keyboard.press("Escape")
    # Down again to the end, from the middle of nowhere.
    ana.get_by_role("button", name="Ir al final").click()
    expect(message(ana, "Mensaje 1199")).to_be_in_viewport()
    # Everywhere, from the beginning: the address names the message, and the back button leads back.
    ana.goto(f"{stack.url}/")
    ana.get_by_text("Conectado", exact=True).wait_for()
    ana.keyboard.press("Alt+b")
    expect(ana.get_by_role("searchbox", name="Buscar en todo")).to_be_focused()
    ana.keyboard.type("aguja")
    hit = ana.get_by_role("dialog").get_by_role("button", name=re.compile("pajar 30"))
    expect(hit.locator("mark")).to_have_text("águja")
    hit.click()
    flashed(ana, "La águja en el pajar 30")
    found = Message.objects.get(text="La águja en el pajar 30")
    expect(ana).to_have_url(re.compile(f"c={conversation.pk}&m={found.pk}"))
    address = ana.url
    ana.go_back()
    expect(ana.locator(".messages")).to_have_count(0)
    ana.goto(address)
    expect(message(ana, "La águja en el pajar 30")).to_be_in_viewport()


@pytest.mark.shows("P0-28")
def test_twenty_thousand_messages_open_at_once_and_stay_few_in_hand(stack: Stack, sit_down: Sit) -> None:
    """However far somebody scrolls: the page's nodes and the memory stay bounded, and nothing jumps."""
    ana = sit_down("ana")
    conversation = long_conversation(cast_of(stack), messages=3_000)
    ana.goto(f"{stack.url}/?tray=in_progress&c={conversation.pk}")
    expect(message(ana, "Mensaje 2999")).to_be_visible()
    log = ana.locator(".messages")
    seen: set[str] = set()
    until = time.monotonic() + 2 * PATIENCE_SECONDS
    for number in itertools.count():
        if number >= 40 and len(seen) > 10:
            break
        assert time.monotonic() < until, f"after {number} times no further than {len(seen)} places"
        log.evaluate("log => { log.scrollTop = 400; }")
        ana.wait_for_timeout(60)
        before = first_on_screen(ana)
        ana.wait_for_timeout(60)
        after = first_on_screen(ana)
        # What is being looked at stays where it is while pages come in above it.
        if before["key"] == after["key"]:
            assert abs(before["top"] - after["top"]) < 2
        seen.add(after["key"])
    assert ana.locator(".messages li").count() <= 320


@pytest.mark.shows("P0-29")
def test_what_was_said_before_stands_above_and_in_the_card(stack: Stack, sit_down: Sit) -> None:
    cast = cast_of(stack)
    first = factories.taken_conversation(cast, text="Vengo por la promo", sender=factories.identity())
    send_message(first.pk, by=cast.ana, client_id=factories.client_id(), text="Con gusto")
    close_conversation(first.pk, by=cast.ana, typification_id=factories.leaf().pk, note="Interesada")
    second = factories.taken_conversation(cast, text="Soy yo otra vez", sender=factories.identity())
    ana = sit_down("ana")
    ana.goto(f"{stack.url}/?c={second.pk}")
    expect(message(ana, "Soy yo otra vez")).to_be_visible()
    expect(message(ana, "Vengo por la promo")).to_be_visible()
    expect(ana.locator(".boundary").first).to_contain_text("Conversación anterior")
    expect(ana.locator(".boundary").last).to_contain_text("Aquí empieza esta conversación")
    # What belongs to a closed conversation can be copied, not answered.
    message(ana, "Vengo por la promo").locator(".bubble").hover()
    expect(ana.get_by_role("toolbar").get_by_role("button", name="Responder este mensaje")).to_have_attribute(
        "aria-disabled", "true"
    )
    ana.get_by_role("tab", name="Historial").click()
    ana.locator(".other-conversations button").click()
    expect(ana.locator(".history-reading")).to_contain_text("Con gusto")
    ana.get_by_role("button", name="Todas las conversaciones").click()
    expect(ana.locator(".other-conversations li")).to_have_count(1)


@pytest.mark.shows("P0-29")
def test_what_was_said_before_is_read_upwards_to_its_beginning_and_nothing_jumps(stack: Stack, sit_down: Sit) -> None:
    cast = cast_of(stack)
    before = long_conversation(cast, messages=150)
    close_conversation(before.pk, by=cast.ana, typification_id=factories.leaf().pk, note="Interesada")
    now = factories.taken_conversation(cast, text="Soy yo otra vez", sender=factories.identity())
    ana = sit_down("ana")
    ana.goto(f"{stack.url}/?c={now.pk}")
    expect(message(ana, "Soy yo otra vez")).to_be_visible()
    log = ana.locator(".messages")

    def reads_up() -> bool:
        log.evaluate("log => { log.scrollTop = Math.min(log.scrollTop, 400); }")
        ana.wait_for_timeout(60)
        seen = first_on_screen(ana)
        ana.wait_for_timeout(60)
        still = first_on_screen(ana)
        if seen["key"] == still["key"]:
            assert abs(seen["top"] - still["top"]) < 2
        return message(ana, "Buenas").count() > 0

    wait_until(reads_up, seconds=60, what="the beginning")
    log.evaluate("log => { log.scrollTop = 0; }")
    expect(message(ana, "Buenas")).to_be_in_viewport()


@pytest.mark.shows("001-33")
def test_the_files_of_a_person_are_gathered_in_the_card(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana")
    stack.simulator("POST", "/control/customers/rocio/messages", json={"image": {"caption": "Mi fachada"}})
    open_first(ana)
    expect(ana.locator('.message[data-kind="image"] img')).to_be_visible()
    ana.get_by_role("tab", name="Archivos").click()
    tile = ana.locator(".file-grid button")
    expect(tile.locator("img")).to_be_visible()
    tile.click()
    expect(ana.get_by_role("dialog")).to_be_visible()
    ana.keyboard.press("Escape")
    ana.get_by_role("button", name="Documentos").click()
    expect(ana.get_by_text("Todavía no hay documentos")).to_be_visible()


@pytest.mark.shows("P0-32")
def test_only_the_one_in_charge_answers_and_a_supervisor_whispers_or_steps_in(stack: Stack, sit_down: Sit) -> None:
    conversation = factories.taken_conversation(cast_of(stack))
    luis = sit_down("luis")
    luis.goto(f"{stack.url}/?c={conversation.pk}")
    closed = luis.locator(".composer-closed")
    expect(closed).to_contain_text("Ana Gómez")
    closed.get_by_role("button", name="Susurrar una nota").click()
    composer(luis).fill("Ojo con el precio")
    with luis.expect_response(lambda answer: answer.url.endswith("/messages/") and answer.status == 201):
        composer(luis).press("Enter")
    conversation.refresh_from_db()
    assert conversation.assignee == cast_of(stack).ana
    assert stack.simulator("GET", "/control/sent")["matching"] == 0
    luis.get_by_role("button", name="Responder", exact=True).click()
    closed.get_by_role("button", name="Intervenir").click()
    # Its owner is named in the head while it is somebody else's.
    expect(luis.locator(".thread-head .assigned")).not_to_contain_text("Ana Gómez")
    expect(luis.locator(".thread-head .assigned")).to_contain_text("Asignada")
    conversation.refresh_from_db()
    assert conversation.assignee == cast_of(stack).luis


@pytest.mark.shows("P1-20", "P0-46")
def test_on_a_phone_a_swipe_answers_and_a_held_finger_brings_the_tools(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana", viewport=PHONE, has_touch=True, is_mobile=True)
    taken(stack, ana, "Deslízame")
    swipe(ana, message(ana, "Deslízame").locator(".bubble"))
    expect(ana.locator(".answering")).to_contain_text("Deslízame")
    assert findings(ana) == []
    assert ana.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def swipe(page: Page, bubble: Locator) -> None:
    box = bubble.bounding_box()
    assert box is not None
    line = page.context.new_cdp_session(page)
    x, y = box["x"] + 20, box["y"] + box["height"] / 2
    line.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 11):
        line.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x + step * 9, "y": y}]})
    line.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def first_on_screen(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(
        """() => {
            const log = document.querySelector('.messages'), top = log.getBoundingClientRect().top;
            const item = [...log.querySelectorAll('[data-key]')].find((each) => each.getBoundingClientRect().bottom > top);
            return { key: item.dataset.key, top: item.getBoundingClientRect().top - top };
        }"""
    )
    return found


def long_conversation(cast: factories.Cast, *, messages: int) -> Conversation:
    """One of Ana's in which much was said, two needles among it."""
    conversation = factories.taken_conversation(cast, sender=factories.identity())
    send_message(conversation.pk, by=cast.ana, client_id=factories.client_id(), text="Buenas")
    needles = {30: "La águja en el pajar 30", 700: "La AGUJA en el pajar 700"}
    for start in range(0, messages, 500):
        numbers = range(start, min(messages, start + 500))
        receive_messages(
            cast.account, [factories.inbound(needles.get(number, f"Mensaje {number}")) for number in numbers]
        )
    Conversation.objects.filter(pk=conversation.pk).update(unread=0)
    return conversation
