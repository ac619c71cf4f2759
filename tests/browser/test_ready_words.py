"""Ready words at the desk, from the agent's keys to what arrives at the provider."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from campaigns.actions import ResourceWords, ShortcutWords, create_resource, create_shortcut
from campaigns.models import Campaign, MessageTemplate, Resource
from contacts.models import Contact
from inbox.models import Conversation, Message
from simulator.templates import body, demo_templates, made
from tests import factories
from tests.browser.conftest import PHONE, Sit
from tests.browser.looking import findings
from tests.browser.test_writing import take_rocio
from tests.security.world import png
from tests.stack import Stack, wait_until

pytestmark = pytest.mark.browser


def cast_of(stack: Stack) -> factories.Cast:
    assert stack.cast is not None
    return stack.cast


@pytest.fixture
def shortcuts(stack: Stack) -> None:
    cast = cast_of(stack)
    hola = "Hola {nombre}, soy {agente} de {empresa}. 100 % {{settings.SECRET_KEY}}"
    create_shortcut(ShortcutWords(code="hola", name="Saludo", text=hola), by=cast.admin)
    create_shortcut(ShortcutWords(code="holanda", name="Otro", text="Otra cosa"), by=cast.admin)
    create_shortcut(ShortcutWords(code="datos", text="{nombre} {apellido}, te escribo mañana", campaign_id=cast.campaign.pk), by=cast.luis)  # fmt: skip
    with override_settings(MEDIA_ROOT=stack.environment["MEDIA_ROOT"]):
        plano = picture_of(cast, "Plano", text="Tu plano, {nombre}")
    create_shortcut(ShortcutWords(code="plano", resource_id=plano.pk, campaign_id=cast.campaign.pk), by=cast.luis)
    create_resource("text", ResourceWords(name="Requisitos", text="Documento y una boleta"), by=cast.admin)


def picture_of(cast: factories.Cast, name: str, **words: Any) -> Resource:
    file = SimpleUploadedFile(f"{name.lower()}.png", png(), content_type="image/png")
    return create_resource(
        "image", ResourceWords(name=name, campaign_id=cast.campaign.pk, **words), by=cast.luis, file=file
    )


@pytest.fixture
def templates(stack: Stack) -> None:
    others = [made("lembrete", [body("Seu horário é amanhã.")], language="pt_BR")]
    for each in demo_templates() + others:
        MessageTemplate.objects.create(
            account=cast_of(stack).account, synced_at=timezone.now(),
            **{name: each[name] for name in ("name", "language", "category", "status", "components")},
        )  # fmt: skip


def sent_texts() -> list[str]:
    return list(Message.objects.filter(direction="out").order_by("pk").values_list("text", flat=True))


def arrived(stack: Stack, count: int, *, kind: str = "") -> list[dict[str, Any]]:
    """What the provider took (of a kind), oldest first, once there are so many."""

    def taken() -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = stack.simulator("GET", "/control/sent")["messages"]
        return [each for each in messages if kind in ("", each["kind"])]

    wait_until(lambda: len(taken()) == count, what="the provider's messages")
    return taken()


def keep(page: Page, name: str) -> None:
    if folder := os.environ.get("READY_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


@pytest.mark.shows("001-41", "004-08", "P0-16", "S35")
def test_a_code_and_enter_becomes_its_words_and_only_then_is_sent(stack: Stack, sit_down: Sit, shortcuts: None) -> None:
    ana = sit_down("ana")
    box = take_rocio(ana, stack)
    box.press_sequentially("/")
    listed = ana.get_by_role("listbox", name="Atajos")
    expect(listed.get_by_role("option")).to_have_count(4)
    box.press_sequentially("hola")
    # The exact code stands first though another begins with it.
    expect(listed.get_by_role("option").first).to_contain_text("/hola")
    box.press("Enter")
    words = "Hola Rocío Benítez Duarte, soy Ana Gómez de Fibra Sur. 100 % {{settings.SECRET_KEY}}"
    expect(box).to_have_value(words)
    expect(listed).to_have_count(0)
    assert sent_texts() == []
    box.press("Enter")
    assert [each["text"] for each in arrived(stack, 1)] == [words]
    # By keyboard to the second, and Esc leaves what was typed.
    box.press_sequentially("/hol")
    box.press("ArrowDown")
    box.press("Enter")
    expect(box).to_have_value("Otra cosa")
    box.fill("")
    box.press_sequentially("/hol")
    box.press("Escape")
    expect(listed).to_have_count(0)
    expect(box).to_have_value("/hol")
    # The button writes one slash however often it is pressed; Esc takes it away while nothing follows it.
    box.fill("")
    button = ana.get_by_role("button", name="Atajos (/)")
    button.click()
    expect(listed).to_be_visible()
    button.click()
    expect(box).to_have_value("/")
    box.press("Escape")
    expect(listed).to_have_count(0)
    expect(box).to_have_value("")
    box.fill("Hola")
    button.click()
    expect(box).to_have_value("Hola /")
    box.press("Escape")
    expect(box).to_have_value("Hola")


@pytest.mark.shows("P0-16")
def test_a_missing_variable_is_marked_and_stops_the_sending_until_it_is_written(
    stack: Stack, sit_down: Sit, shortcuts: None
) -> None:
    ana = sit_down("ana")
    box = take_rocio(ana, stack)
    box.press_sequentially("/datos")
    box.press("Enter")
    expect(box).to_have_value("Rocío Benítez Duarte {apellido}, te escribo mañana")
    expect(ana.locator(".composer-mirror mark")).to_have_text("{apellido}")
    expect(ana.get_by_text("{apellido} no tiene valor aquí")).to_be_visible()
    keep(ana, "missing")
    assert findings(ana) == []
    box.press("Control+Enter")
    expect(ana.get_by_role("button", name="Enviar así")).to_be_visible()
    assert sent_texts() == []
    # «Completar» selects it: what is typed takes its place.
    ana.get_by_role("button", name="Completar {apellido}").click()
    ana.keyboard.type("Duarte")
    expect(box).to_have_value("Rocío Benítez Duarte Duarte, te escribo mañana")
    expect(ana.locator(".missing-values")).to_have_count(0)
    box.press("Enter")
    assert [each["text"] for each in arrived(stack, 1)] == ["Rocío Benítez Duarte Duarte, te escribo mañana"]


@pytest.mark.shows("P0-16", "004-05", "004-07", "004-09")
def test_media_comes_from_shortcut_and_gallery_where_own_files_are_forbidden_and_the_caret_stays(
    stack: Stack, sit_down: Sit, shortcuts: None
) -> None:
    Campaign.objects.update(allow_external_resources=False)
    ana = sit_down("ana")
    box = take_rocio(ana, stack)
    expect(ana.get_by_role("button", name="Adjuntar")).to_have_attribute("aria-disabled", "true")
    box.press_sequentially("/plano")
    box.press("Enter")
    expect(box).to_have_value("Tu plano, Rocío Benítez Duarte")
    expect(ana.locator(".chosen li")).to_have_count(1)
    assert sent_texts() == []
    box.press("Enter")
    (picture,) = arrived(stack, 1)
    assert (picture["kind"], picture["text"]) == ("image", "Tu plano, Rocío Benítez Duarte")
    # The corner of a card puts it where the caret was; nothing is sent.
    box.fill("Antes después")
    box.evaluate("(area) => area.setSelectionRange(6, 6)")
    ana.get_by_role("button", name="Galería de recursos").click()
    gallery = ana.get_by_role("dialog", name="Galería de recursos")
    expect(gallery.locator(".resource")).to_have_count(2)
    keep(ana, "gallery")
    assert findings(ana) == []
    gallery.get_by_role("searchbox").fill("requis")
    expect(gallery.locator(".resource")).to_have_count(1)
    gallery.get_by_role("button", name="Poner «Requisitos» en el cuadro").click()
    expect(gallery).to_have_count(0)
    expect(box).to_have_value("Antes Documento y una boletadespués")
    expect(box).to_be_focused()
    assert box.evaluate("(area) => area.selectionStart") == len("Antes Documento y una boleta")
    assert len(sent_texts()) == 1


def close_window(conversation: Conversation, *, seconds: float) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(
        window_expires_at=timezone.now() + datetime.timedelta(seconds=seconds)
    )


@pytest.mark.shows("P0-14", "P0-15", "001-38")
def test_when_the_window_closes_the_composer_turns_to_templates_and_the_draft_stays(
    stack: Stack, sit_down: Sit, templates: None
) -> None:
    ana = sit_down("ana")
    box = take_rocio(ana, stack)
    box.fill("A medio escribir")
    expect(ana.get_by_text("Borrador guardado")).to_be_visible()
    close_window(Conversation.objects.get(), seconds=30)
    ana.get_by_role("button", name="Nota interna").click()
    ana.reload()
    ana.get_by_text("Conectado", exact=True).wait_for()
    expect(ana.locator("#desk-composer")).to_have_value("A medio escribir")
    # Without a reload: at the last second the box gives way.
    closed = ana.locator(".composer-closed")
    expect(closed).to_be_visible(timeout=90_000)
    expect(closed).to_contain_text("borrador")
    keep(ana, "closed")
    closed.get_by_role("button", name="Elegir plantilla").click()
    dialog = ana.get_by_role("dialog", name="Plantilla para Rocío Benítez Duarte")
    refused = dialog.locator(".template-item", has_text="promo")
    expect(refused).to_contain_text("WhatsApp la rechazó.")
    # By language, by words of its text; what it costs and the file of its header stand beside it.
    dialog.get_by_label("Idioma").select_option("pt_BR")
    expect(dialog.locator(".template-item")).to_have_count(1)
    dialog.get_by_label("Idioma").select_option("")
    dialog.locator(".template-item", has_text="factura").click()
    expect(dialog.locator(".template-cost")).to_contain_text("Sin costo con la ventana de 24 h abierta")
    expect(dialog.get_by_role("button", name="Subir un archivo")).to_be_visible()
    dialog.get_by_role("searchbox").fill("tecnico")
    dialog.locator(".template-item").first.click()
    send = dialog.get_by_role("button", name="Enviar plantilla")
    expect(send).to_have_attribute("aria-disabled", "true")
    dialog.get_by_label("Encabezado · {{1}}").fill("mañana")
    dialog.get_by_label("Texto · {{1}}").fill("Rocío")
    dialog.get_by_label("Texto · {{2}}").fill("martes")
    expect(dialog.locator(".wa-bubble")).to_contain_text("Hola Rocío, el técnico pasa el martes.")
    keep(ana, "templates")
    assert findings(ana) == []
    # Closed and opened again, nothing typed is lost.
    ana.keyboard.press("Escape")
    closed.get_by_role("button", name="Elegir plantilla").click()
    expect(dialog.get_by_label("Texto · {{2}}")).to_have_value("martes")
    send.click()
    expect(dialog).to_have_count(0)
    bubble = ana.locator('.message[data-direction="out"]')
    expect(bubble).to_contain_text("Hola Rocío, el técnico pasa el martes.")
    (template,) = arrived(stack, 1)
    assert (template["kind"], template["text"]) == (
        "template",
        "Visita mañana\n\nHola Rocío, el técnico pasa el martes.\n\nFibra Sur",
    )
    # The customer answers: the box is back, with the draft in it.
    stack.write("Dale")
    expect(ana.locator("#desk-composer")).to_have_value("A medio escribir")


@pytest.mark.shows("001-03", "001-04", "P0-15")
def test_a_bare_number_is_looked_up_written_to_and_opened(stack: Stack, sit_down: Sit, templates: None) -> None:
    ana = sit_down("ana")
    box = take_rocio(ana, stack)
    box.fill("Hola")
    box.press("Enter")
    wait_until(lambda: sent_texts() == ["Hola"], what="the message")
    ana.get_by_role("button", name="Escribir a un número").click()
    dialog = ana.get_by_role("dialog", name="Conversación nueva")
    number = dialog.get_by_label("Número", exact=True)
    # One whom somebody talks with already is offered instead.
    number.fill("0991 651 351")
    expect(dialog.get_by_text("Ya hay una conversación abierta con Rocío Benítez Duarte.")).to_be_visible()
    expect(dialog.get_by_role("button", name="Abrirla")).to_be_visible()
    number.fill("12")
    number.fill("0981 555 444")
    expect(dialog.get_by_text("+595 981 555 444 es nuevo")).to_be_visible()
    dialog.locator(".template-item", has_text="recordatorio").click()
    keep(ana, "new-chat")
    assert findings(ana) == []
    assert Contact.objects.count() == 1
    dialog.get_by_role("button", name="Enviar y abrir").click()
    expect(dialog).to_have_count(0)
    expect(ana.locator(".thread-head")).to_contain_text("+595 981 555 444")
    expect(ana.locator('.message[data-direction="out"]')).to_contain_text("Tienes una cita mañana")
    (template,) = arrived(stack, 1, kind="template")
    assert template["to"] == "595981555444"
    # Nobody in the provider's world has that number: it is said plainly, on the message itself.
    expect(ana.locator('.message[data-direction="out"]')).to_contain_text("El WhatsApp del cliente no pudo recibir el mensaje")  # fmt: skip
    conversation = Conversation.objects.latest("pk")
    assert (conversation.status, conversation.assignee_id) == ("in_progress", cast_of(stack).ana.pk)


def fill_list(dialog: Locator) -> None:
    dialog.get_by_role("button", name="Lista", exact=True).click()
    dialog.get_by_label("Mensaje", exact=True).fill("Elige tu plan")
    dialog.get_by_label("Botón que abre la lista").fill("Ver planes")
    dialog.get_by_label("Fila 1", exact=True).fill("Hogar 300")
    dialog.get_by_label("Descripción de la fila 1").fill("300 megas")
    dialog.get_by_label("Fila 2", exact=True).fill("Hogar 600")


@pytest.mark.shows("P1-22")
def test_buttons_and_a_list_are_counted_live_and_arrive_as_they_were_composed(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana")
    box = take_rocio(ana, stack)
    box.fill("¿Cuándo te visitamos?")
    tool = ana.get_by_role("button", name="Botones o lista")
    tool.click()
    dialog = ana.get_by_role("dialog", name="Mensaje con botones o lista")
    expect(dialog.get_by_label("Mensaje", exact=True)).to_have_value("¿Cuándo te visitamos?")
    dialog.get_by_label("Botón 1", exact=True).fill("Hoy")
    dialog.get_by_label("Botón 2", exact=True).fill("x" * 21)
    expect(dialog.locator(".count[data-over]")).to_contain_text("21 de 20")
    send = dialog.get_by_role("button", name="Enviar", exact=False).last
    expect(send).to_have_attribute("aria-disabled", "true")
    dialog.get_by_label("Botón 2", exact=True).fill("Mañana")
    dialog.get_by_role("button", name="Agregar botón").click()
    dialog.get_by_label("Botón 3", exact=True).fill("El lunes")
    more = dialog.get_by_role("button", name="Agregar botón")
    expect(more).to_have_attribute("aria-disabled", "true")
    keep(ana, "buttons")
    assert findings(ana) == []
    send.click()
    expect(dialog).to_have_count(0)
    # The words went with them.
    expect(box).to_have_value("")
    (buttons,) = arrived(stack, 1)
    action = buttons["content"]["interactive"]["action"]
    assert [each["reply"]["title"] for each in action["buttons"]] == ["Hoy", "Mañana", "El lunes"]
    tool.click()
    fill_list(dialog)
    keep(ana, "list")
    assert findings(ana) == []
    ana.keyboard.press("Control+Enter")
    expect(dialog).to_have_count(0)
    action = arrived(stack, 2)[-1]["content"]["interactive"]["action"]
    assert action["button"] == "Ver planes"
    assert [each["title"] for each in action["sections"][0]["rows"]] == ["Hogar 300", "Hogar 600"]
    ana.set_viewport_size(PHONE)
    assert ana.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_the_back_offices_pages_of_ready_words_hold_up(stack: Stack, sit_down: Sit, shortcuts: None) -> None:
    luis = sit_down("luis")
    for name, address in (
        ("shortcuts", "/settings/shortcuts/"), ("shortcut", "/settings/shortcuts/new/"),
        ("resources", "/settings/resources/"), ("resource", "/settings/resources/new/?kind=image"),
    ):  # fmt: skip
        luis.goto(stack.url + address)
        for theme in ("light", "dark"):
            luis.emulate_media(color_scheme=theme)  # type: ignore[arg-type]  # one of the two
            keep(luis, f"{name}-{theme}")
            assert findings(luis) == []
    luis.set_viewport_size(PHONE)
    for address in ("/settings/shortcuts/", "/settings/resources/new/"):
        luis.goto(stack.url + address)
        assert luis.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
