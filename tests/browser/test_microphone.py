"""Voice notes in a real browser, on a phone too; and files looked at."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, Page, expect

from inbox.actions.attachments import GONE
from inbox.models import Attachment
from tests import factories, strange_files
from tests.browser.conftest import PHONE, Sit
from tests.browser.looking import findings
from tests.browser.test_sending_files import FAKE_MICROPHONE, arrived, bytes_of, paper
from tests.browser.test_writing import take_rocio
from tests.conftest import ARGUMENTS, CHROMIUM
from tests.stack import PATIENCE_SECONDS, Stack, wait_until

pytestmark = pytest.mark.browser

# A second and more; the exact one is there for a second only.
SPOKEN = re.compile(r"^\d+:(0[1-9]|[1-5]\d)$")


# --- The microphone ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def loud_browser(browser: Browser) -> Iterator[Browser]:
    """Chromium with a microphone that beeps, and nobody to ask."""
    loud = browser.browser_type.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *FAKE_MICROPHONE])
    yield loud
    loud.close()


def sit_with_microphone(stack: Stack, browser: Browser, **options: Any) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 900}, locale="es-PY", **options).new_page()
    page.set_default_timeout(PATIENCE_SECONDS * 1000)
    page.goto(f"{stack.url}/accounts/login/")
    page.get_by_label("Usuario").fill("ana")
    page.get_by_label("Contraseña", exact=True).fill(factories.PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_text("Conectado", exact=True).wait_for()
    return page


@pytest.mark.shows("001-40", "P0-18")
def test_a_voice_note_is_spoken_held_listened_to_and_sent_as_voice(stack: Stack, loud_browser: Browser) -> None:
    assert stack.cast
    other = factories.taken_conversation(stack.cast, sender=factories.identity(phone="595981500001", name="Otro"))
    ana = sit_with_microphone(stack, loud_browser, permissions=["microphone"])
    take_rocio(ana, stack)
    mine = ana.locator(".conversation-row[aria-current=true]").get_attribute("data-id")
    ana.get_by_role("button", name="Grabar nota de voz").click()
    recorder = ana.get_by_role("group", name="Nota de voz")
    time = recorder.get_by_role("timer")
    expect(time).to_have_text(SPOKEN)
    tall = "() => [...document.querySelectorAll('.recorder-wave rect')].filter((bar) => Number(bar.getAttribute('height')) > 12).length"
    wait_until(lambda: ana.evaluate(tall) > 0, what="a beep that is seen")
    recorder.get_by_role("button", name="Pausar la grabación").click()
    recorder.get_by_role("button", name="Seguir grabando").wait_for()
    held = time.inner_text()
    ana.wait_for_timeout(1_200)
    expect(time).to_have_text(held)
    recorder.get_by_role("button", name="Seguir grabando").click()
    # Elsewhere it is held, and does not go along.
    ana.locator(f'.conversation-row[data-id="{other.pk}"]').click()
    expect(recorder).to_have_count(0)
    ana.locator(f'.conversation-row[data-id="{mine}"]').click()
    expect(recorder.get_by_role("button", name="Seguir grabando")).to_be_visible()
    recorder.get_by_role("button", name="Detener y escuchar").click()
    recorder.get_by_role("button", name="Reproducir: Nota de voz").click()
    ana.wait_for_function("() => document.getElementById('desk-player').currentTime > 0.2")
    recorder.get_by_role("button", name="Enviar").click()
    expect(recorder).to_have_count(0)
    (sent,) = arrived(stack, 1)
    assert (sent["kind"], sent["content"]["audio"].get("voice")) == ("audio", True)
    assert bytes_of(stack, sent)[:4] == b"OggS"
    bubble = ana.locator('.message[data-kind="voice"]')
    expect(bubble).to_have_count(1)
    expect(bubble.locator(".wave rect")).to_have_count(64)


@pytest.mark.shows("P0-18")
def test_a_voice_note_can_be_thrown_away_and_nothing_is_sent(stack: Stack, loud_browser: Browser) -> None:
    ana = sit_with_microphone(stack, loud_browser, permissions=["microphone"])
    composer = take_rocio(ana, stack)
    composer.fill("Te explico")
    ana.get_by_role("button", name="Grabar nota de voz").click()
    recorder = ana.get_by_role("group", name="Nota de voz")
    expect(recorder.get_by_role("timer")).to_have_text(SPOKEN)
    recorder.get_by_role("button", name="Descartar la nota de voz").click()
    expect(recorder).to_have_count(0)
    expect(composer).to_have_value("Te explico")
    expect(composer).to_be_focused()
    assert stack.simulator("GET", "/control/sent")["total"] == 0


@pytest.mark.shows("P0-18", "001-02")
def test_without_a_microphone_the_recorder_says_what_to_do(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana")
    composer = take_rocio(ana, stack)
    # Headless Chromium without fake devices: nothing may be asked, and there is nothing to record with.
    ana.get_by_role("button", name="Grabar nota de voz").click()
    recorder = ana.get_by_role("group", name="Nota de voz")
    allow = recorder.get_by_role("button", name="Permitir el micrófono")
    expect(allow.or_(recorder.get_by_role("alert"))).to_be_visible()
    if allow.is_visible():
        expect(recorder).to_contain_text("nada se envía hasta que tú lo digas")
        allow.click()
    expect(recorder.get_by_role("alert")).to_contain_text(re.compile("micrófono"))
    assert findings(ana) == []
    recorder.get_by_role("button", name="Cerrar").click()
    composer.fill("Sigo escribiendo")
    composer.press("Enter")
    assert arrived(stack, 1)[0]["text"] == "Sigo escribiendo"


@pytest.mark.shows("P0-18")
def test_what_plays_goes_on_in_another_conversation_at_the_chosen_speed(stack: Stack, sit_down: Sit) -> None:
    assert stack.cast
    other = factories.taken_conversation(stack.cast, sender=factories.identity(phone="595981500001", name="Otro"))
    sound = strange_files.sound(seconds=60.0)
    stack.simulator(
        "POST", "/control/customers/rocio/messages",
        json={"file": {"kind": "voice", "base64": base64.b64encode(sound).decode(), "mime_type": "audio/ogg; codecs=opus"}},
    )  # fmt: skip
    ana = sit_down("ana")
    ana.locator(".conversation-row", has_text="Rocío").click()
    bubble = ana.locator(".messages .voice")
    bubble.get_by_role("button", name="Velocidad: 1×").click()
    bubble.get_by_role("button", name=re.compile("^Reproducir")).click()
    ana.wait_for_function("() => document.getElementById('desk-player').currentTime > 0.1")
    bubble.get_by_role("slider").evaluate(
        "(range) => { range.value = 8; range.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    ana.wait_for_function("() => document.getElementById('desk-player').currentTime > 8")
    ana.locator(f'.conversation-row[data-id="{other.pk}"]').click()
    playing = ana.get_by_role("region", name=re.compile("Reproduciendo: Rocío"))
    expect(playing).to_be_visible()
    before = ana.evaluate("document.getElementById('desk-player').currentTime")
    ana.wait_for_function("(before) => document.getElementById('desk-player').currentTime > before + 0.3", arg=before)
    ana.wait_for_function("() => document.getElementById('desk-player').playbackRate === 1.5")
    playing.get_by_role("button", name="Pausar").click()
    playing.get_by_role("button", name=re.compile("Rocío")).click()
    expect(bubble.get_by_role("slider")).not_to_have_value("0")
    ana.reload()
    expect(ana.locator(".messages .voice").get_by_role("button", name="Velocidad: 1,5×")).to_be_visible()


# --- A phone ---------------------------------------------------------------------------------------------------------------


@pytest.mark.shows("P0-1", "P0-17", "P1-22", "P0-46")
@pytest.mark.parametrize("size", [PHONE, {"width": 360, "height": 640}])
def test_all_of_it_is_within_reach_on_a_phone(stack: Stack, sit_down: Sit, size: Any) -> None:
    ana = sit_down("ana", viewport=size, has_touch=True, is_mobile=True)
    take_rocio(ana, stack)
    for name in ("Adjuntar", "Emojis", "Grabar nota de voz", "Enviar"):
        box = ana.get_by_role("button", name=name, exact=True).bounding_box()
        assert box
        assert 0 <= box["x"] <= size["width"] - box["width"], name
        assert min(box["width"], box["height"]) >= 24, name
    ana.get_by_role("button", name="Adjuntar").click()
    for name in ("Foto o video", "Documento", "Audio", "Sticker", "Enviar ubicación", "Enviar contacto"):
        expect(ana.get_by_role("menuitem", name=name)).to_be_in_viewport(ratio=0.9)
    ana.get_by_role("menuitem", name="Enviar ubicación").click()
    dialog = ana.get_by_role("dialog", name="Enviar ubicación")
    expect(dialog.get_by_role("button", name="Enviar la ubicación")).to_be_in_viewport(ratio=1)
    dialog.get_by_role("button", name="Cancelar").click()
    ana.get_by_role("button", name="Emojis").click()
    picker = ana.get_by_role("dialog", name="Emojis")
    expect(picker.get_by_role("gridcell").first).to_be_in_viewport(ratio=0.9)
    expect(picker).to_be_in_viewport(ratio=1)
    assert ana.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert findings(ana) == []


@pytest.mark.shows("P1-49")
def test_a_phones_keyboard_does_not_cover_where_one_writes(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana", viewport=PHONE, has_touch=True, is_mobile=True)
    composer = take_rocio(ana, stack)
    composer.fill("Hola")
    # As iOS tells of its keyboard: the page stays as tall as it was, what is seen of it becomes less.
    ana.evaluate(
        """() => { Object.defineProperty(visualViewport, 'height', { configurable: true, get: () => 500 });
          visualViewport.dispatchEvent(new Event('resize')); }"""
    )
    for name in ("Adjuntar", "Emojis", "Enviar"):
        button = ana.get_by_role("button", name=name, exact=True)
        wait_until(lambda button=button: bottom_of(button) <= 500, what=f"{name} above the keyboard")
    assert bottom_of(composer) <= 500
    expect(ana.locator(".messages .message").last).to_be_in_viewport()
    ana.evaluate("() => { delete visualViewport.height; visualViewport.dispatchEvent(new Event('resize')); }")
    send = ana.get_by_role("button", name="Enviar", exact=True)
    wait_until(lambda: bottom_of(send) > 700, what="the composer at the bottom again")


def bottom_of(element: Locator) -> float:
    box = element.bounding_box()
    assert box
    return box["y"] + box["height"]


# --- Looking at files --------------------------------------------------------------------------------------------------------


@pytest.mark.shows("P0-30")
def test_the_viewer_comes_close_turns_pushes_and_goes_through_the_conversation(stack: Stack, sit_down: Sit) -> None:
    for name, kind, mime, content in (
        ("a.jpg", "image", "image/jpeg", strange_files.picture("JPEG", size=(800, 500))),
        ("b.mp4", "video", "video/mp4", strange_files.video(codec="libx264")),
        ("old.mp4", "video", "video/mp4", strange_files.video()),
        ("c.pdf", "document", "application/pdf", paper()[2]),
        ("d.pdf", "document", "application/pdf", strange_files.pdf(pages=6)),
    ):
        stack.simulator(
            "POST", "/control/customers/rocio/messages",
            json={"file": {"kind": kind, "base64": base64.b64encode(content).decode(), "mime_type": mime, "filename": name, "caption": f"Archivo {name}"}},
        )  # fmt: skip
    wait_until(lambda: Attachment.objects.filter(state="stored").count() == 5, what="the files", seconds=90)
    ana = sit_down("ana")
    ana.locator(".conversation-row", has_text="Rocío").click()
    ana.locator(".messages button.picture").click()
    viewer = ana.get_by_role("dialog", name="Archivos de la conversación")
    picture = viewer.get_by_role("img", name="Archivo a.jpg")
    expect(picture).to_have_js_property("complete", value=True)
    expect(viewer.get_by_role("status")).to_have_text("1 de 5")
    whole = at_rest(picture)
    for _press in range(5):
        ana.keyboard.press("+")
    close = at_rest(picture)
    assert close["width"] / whole["width"] > 5
    # Pushed by the hand, and no further than the picture reaches.
    ana.mouse.move(700, 450)
    ana.mouse.down()
    ana.mouse.move(500, 350, steps=4)
    ana.mouse.up()
    pushed = at_rest(picture)
    assert pushed["x"] == pytest.approx(close["x"] - 200, abs=2)
    assert pushed["y"] == pytest.approx(close["y"] - 100, abs=2)
    ana.keyboard.press("0")
    ana.keyboard.press("r")
    turned = at_rest(picture)
    assert turned["height"] > turned["width"]
    ana.mouse.move(720, 480)
    ana.mouse.wheel(0, -600)
    wait_until(lambda: at_rest(picture)["height"] > turned["height"] * 2, what="the wheel")
    ana.keyboard.press("0")
    expect(viewer.get_by_role("button", name="Anterior")).to_have_accessible_description("Es el primero.")
    assert findings(ana) == []
    with ana.expect_download() as download:
        viewer.get_by_role("link", name="Descargar").click()
    assert download.value.suggested_filename.startswith("a")

    ana.keyboard.press("ArrowRight")
    ana.wait_for_function("() => document.querySelector('.viewer video').currentTime > 0")
    # What phones of before filmed: said where it stands, and it can be taken along.
    viewer.get_by_role("button", name="Siguiente").click()
    expect(viewer).to_contain_text("Este navegador no puede reproducirlo")
    viewer.get_by_role("button", name="Siguiente").click()
    expect(viewer).to_contain_text("Este documento no se puede previsualizar")
    assert findings(ana) == []
    viewer.get_by_role("button", name="Siguiente").click()
    expect(viewer).to_contain_text("Las primeras 5 de 6 páginas")
    expect(viewer.get_by_role("img", name="Archivo d.pdf")).to_have_js_property("naturalWidth", 900)
    expect(viewer.get_by_role("status")).to_have_text("5 de 5")
    assert findings(ana) == []
    pages = viewer.get_by_role("group", name="d.pdf")
    pages.focus()
    ana.keyboard.press("End")
    wait_until(lambda: pages.evaluate("(element) => element.scrollTop") > 1_000, what="the last of the pages")
    for _press in range(4):
        ana.keyboard.press("PageUp")
    expect(picture).to_be_visible()
    ana.keyboard.press("Escape")
    expect(viewer).to_have_count(0)
    expect(ana.locator(".messages button.picture")).to_be_focused()


def at_rest(element: Locator) -> FloatRect:
    """Where it stands, once it stands still."""
    before = element.bounding_box()
    while True:
        element.page.wait_for_timeout(120)
        now = element.bounding_box()
        if now is not None and now == before:
            return now
        before = now


@pytest.mark.shows("P0-30", "R45")
def test_a_file_that_was_given_up_can_be_asked_for_again_from_its_place(stack: Stack, sit_down: Sit) -> None:
    stack.simulator("POST", "/control/customers/rocio/messages", json={"image": {"caption": "Mi casa"}})
    wait_until(lambda: Attachment.objects.filter(state="stored").count() == 1, what="the file", seconds=90)
    Attachment.objects.update(state="failed", reason=GONE)
    ana = sit_down("ana")
    ana.locator(".conversation-row", has_text="Rocío").click()
    lost = ana.locator('.messages .picture[data-state="failed"]')
    expect(lost).to_contain_text("WhatsApp ya no tiene")
    lost.get_by_role("button", name="Pedirlo otra vez").click()
    expect(ana.locator(".messages button.picture img")).to_have_js_property("complete", value=True)
    expect(lost).to_have_count(0)
