"""What an agent sends that is not words: files, voice notes, places, cards, emoji. What arrives at the provider is looked at."""

from __future__ import annotations

import base64
import io
import json
import re
from typing import Any

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from campaigns.models import Campaign
from tests import factories, strange_files
from tests.browser.conftest import Sit
from tests.browser.looking import findings
from tests.browser.test_writing import take_rocio
from tests.stack import Stack, wait_until

pytestmark = pytest.mark.browser

FAKE_MICROPHONE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


def arrived(stack: Stack, count: int) -> list[dict[str, Any]]:
    """What the provider accepted, oldest first, once there are `count` of them."""

    def all_of_them() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = stack.simulator("GET", "/control/sent")["messages"]
        return found if len(found) >= count else []

    found = wait_until(all_of_them, what=f"{count} messages at the provider", seconds=90)
    assert len(found) == count
    return sorted(found, key=lambda each: each["at"])


def bytes_of(stack: Stack, message: dict[str, Any]) -> bytes:
    return httpx.get(f"{stack.simulator_url}{message['media']['url']}").content


def sticker() -> bytes:
    made = io.BytesIO()
    Image.new("RGBA", (512, 512), (0, 90, 120, 160)).save(made, "WEBP")
    return made.getvalue()


def choose(page: Page, kind: str, *files: tuple[str, str, bytes]) -> None:
    """Through the menu of the button, as a person does."""
    page.get_by_role("button", name="Adjuntar").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("menuitem", name=kind).click()
    chooser.value.set_files([{"name": name, "mimeType": mime, "buffer": content} for name, mime, content in files])


DROP = """([target, type, files]) => {
  const carried = new DataTransfer();
  for (const [name, mime, base64] of files) carried.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name, { type: mime }));
  const node = document.querySelector(target);
  if (type === 'paste') return node.dispatchEvent(new ClipboardEvent('paste', { clipboardData: carried, bubbles: true, cancelable: true }));
  node.dispatchEvent(new DragEvent(type, { dataTransfer: carried, bubbles: true, cancelable: true }));
}"""


def carry(page: Page, target: str, happening: str, *files: tuple[str, str, bytes]) -> None:
    packed = [[name, mime, base64.b64encode(content).decode()] for name, mime, content in files]
    page.evaluate(DROP, [target, happening, packed])


def photo(name: str = "fachada.jpg") -> tuple[str, str, bytes]:
    return name, "image/jpeg", strange_files.picture("JPEG", size=(320, 200))


def paper(name: str = "propuesta.pdf") -> tuple[str, str, bytes]:
    return name, "application/pdf", b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


@pytest.mark.shows("001-34", "001-35", "001-37", "004-06", "P0-17")
def test_several_files_of_every_kind_go_in_their_order_each_with_its_words(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana")
    composer = take_rocio(ana, stack)
    choose(ana, "Foto o video", photo(), ("obra.mp4", "video/mp4", strange_files.video()))
    choose(ana, "Documento", paper())
    song = strange_files.sound("mp3", "libmp3lame", rate=44_100)
    choose(ana, "Audio", ("aviso.mp3", "audio/mpeg", song))
    choose(ana, "Sticker", ("gracias.webp", "image/webp", sticker()))
    tray = ana.get_by_role("list", name="Archivos por enviar")
    expect(tray.get_by_role("listitem")).to_have_count(5)
    composer.fill("Así quedó la fachada")
    ana.get_by_label("Texto de obra.mp4").fill("La obra por dentro")
    ana.get_by_label("Texto de propuesta.pdf").fill("La propuesta")
    assert findings(ana) == []
    ana.get_by_role("button", name="Enviar", exact=True).click()
    expect(tray).to_have_count(0)

    sent = arrived(stack, 5)
    assert [each["kind"] for each in sent] == ["image", "video", "document", "audio", "sticker"]
    captions = [each["text"] for each in sent]
    assert captions == ["Así quedó la fachada", "La obra por dentro", "La propuesta", "", ""]
    assert sent[2]["content"]["document"]["filename"] == "propuesta.pdf"
    assert bytes_of(stack, sent[2]) == paper()[2]
    assert bytes_of(stack, sent[3]) == song
    # In the thread they stand in the same order, and every bubble is one.
    bubbles = ana.locator('.message[data-direction="out"]')
    expect(bubbles).to_have_count(5)
    expect(bubbles.nth(4)).to_have_attribute("data-state", re.compile("delivered|read"))
    assert bubbles.evaluate_all("(all) => all.map((each) => each.dataset.kind)") == [each["kind"] for each in sent]


@pytest.mark.shows("P0-17")
def test_what_is_pasted_or_dropped_waits_in_the_tray_and_a_drag_shows_where(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana")
    composer = take_rocio(ana, stack)
    composer.fill("Mira")
    carry(ana, "#desk-composer", "paste", photo("captura.jpg"))
    tray = ana.get_by_role("list", name="Archivos por enviar")
    expect(tray).to_contain_text("captura.jpg")
    carry(ana, ".messages", "dragover", paper())
    expect(ana.get_by_text("Suelta los archivos aquí")).to_be_visible()
    carry(ana, ".messages", "drop", paper("plano.pdf"), photo("otra.jpg"))
    expect(ana.get_by_text("Suelta los archivos aquí")).to_have_count(0)
    expect(tray.get_by_role("listitem")).to_have_count(3)
    ana.get_by_role("button", name="Quitar otra.jpg").click()
    # The second goes first.
    ana.get_by_role("button", name="Mover plano.pdf hacia adelante").click()
    composer.press("Enter")
    sent = arrived(stack, 2)
    assert [(each["kind"], each["text"]) for each in sent] == [("document", "Mira"), ("image", "")]


@pytest.mark.shows("P0-17")
def test_what_is_too_heavy_or_of_another_type_says_so_before_a_byte_goes_up(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana")
    composer = take_rocio(ana, stack)
    asked: list[str] = []
    ana.on("request", lambda request: asked.append(request.url) if "attachments" in request.url else None)
    expect(composer).to_be_editable()
    megabyte = 1024 * 1024
    heavy = bytes(22 * megabyte)
    # Made in the page: what a person drops is not carried through the wires of the test.
    ana.evaluate(
        """(sizes) => { const carried = new DataTransfer();
          for (const [name, type, size] of sizes) carried.items.add(new File([new Uint8Array(size)], name, { type }));
          document.querySelector('.messages').dispatchEvent(new DragEvent('drop', { dataTransfer: carried, bubbles: true, cancelable: true })); }""",
        [["obra.mp4", "video/mp4", len(heavy)], ["foto.jpg", "image/jpeg", 6 * megabyte], ["logo.gif", "image/gif", 10], ["chat.webp", "image/webp", 300 * 1024], ["nada.pdf", "application/pdf", 0]],
    )  # fmt: skip
    tray = ana.get_by_role("list", name="Archivos por enviar")
    expect(tray.get_by_text("El video pesa 22 MB; WhatsApp admite 16 MB.")).to_be_visible()
    expect(tray.get_by_text("La imagen pesa 6 MB; WhatsApp admite 5 MB.")).to_be_visible()
    expect(tray.get_by_text("WhatsApp admite imágenes en JPEG y PNG.")).to_be_visible()
    expect(tray.get_by_text("El sticker pesa 300 KB; WhatsApp admite 100 KB.")).to_be_visible()
    expect(tray.get_by_text("El documento está vacío.")).to_be_visible()
    assert findings(ana) == []
    # None of them may go: nothing is sent but the words, and they stay, each with its reason.
    composer.fill("Ya te lo mando")
    composer.press("Enter")
    assert [each["kind"] for each in arrived(stack, 1)] == ["text"]
    expect(tray.get_by_role("listitem")).to_have_count(5)
    assert asked == []
    # The heavy photo may go as a document.
    tray.get_by_role("listitem").filter(has_text="foto.jpg").get_by_role("button", name="Enviar como documento").click()
    expect(tray.get_by_text("La imagen pesa 6 MB")).to_have_count(0)


@pytest.mark.shows("P0-11", "P0-17")
def test_files_stay_with_their_conversation(stack: Stack, sit_down: Sit) -> None:
    assert stack.cast
    other = factories.taken_conversation(stack.cast, sender=factories.identity(phone="595981500001", name="Otro"))
    ana = sit_down("ana")
    take_rocio(ana, stack)
    choose(ana, "Documento", paper())
    tray = ana.get_by_role("list", name="Archivos por enviar")
    expect(tray).to_contain_text("propuesta.pdf")
    mine = ana.locator(".conversation-row[aria-current=true]").get_attribute("data-id")
    ana.locator(f'.conversation-row[data-id="{other.pk}"]').click()
    expect(ana.locator(".thread-head")).to_contain_text("Otro")
    expect(tray).to_have_count(0)
    expect(ana.locator(".messages .message")).to_have_count(1)
    ana.locator("#desk-composer").fill("Esto va sin archivo")
    ana.locator("#desk-composer").press("Enter")
    assert [each["kind"] for each in arrived(stack, 1)] == ["text"]
    # The first answer takes its conversation, and the list with it, to the next tray.
    expect(ana.get_by_role("tab", name=re.compile("En curso"))).to_have_attribute("aria-selected", "true")
    ana.get_by_role("tab", name=re.compile("Pendiente")).click()
    ana.locator(f'.conversation-row[data-id="{mine}"]').click()
    expect(tray).to_contain_text("propuesta.pdf")
    # A note takes none, and loses none.
    ana.get_by_role("button", name="Nota interna").click()
    expect(tray).to_have_count(0)
    ana.get_by_role("button", name="Responder", exact=True).click()
    expect(tray).to_contain_text("propuesta.pdf")


@pytest.mark.shows("P0-17", "P0-12")
def test_an_upload_shows_how_far_it_is_can_be_stopped_and_tried_again(
    stack: Stack, sit_down: Sit, complaints: list[str]
) -> None:
    ana = sit_down("ana")
    take_rocio(ana, stack)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    ana.route("**/api/v1/attachments/", hold)
    choose(ana, "Documento", paper("uno.pdf"), paper("dos.pdf"))
    ana.get_by_role("button", name="Enviar", exact=True).click()
    bubbles = ana.locator('.message[data-direction="out"]')
    expect(bubbles).to_have_count(2)
    expect(bubbles.first.get_by_role("progressbar")).to_be_visible()
    wait_until(lambda: held or ana.wait_for_timeout(20), what="the first upload")
    # One at a time: the second waits for its turn, so that the order stays.
    assert len(held) == 1
    bubbles.first.get_by_role("button", name="Cancelar la carga").click()
    expect(bubbles).to_have_count(1)
    wait_until(lambda: len(held) == 2 or ana.wait_for_timeout(20), what="the second upload")
    refusal = {"error": {"code": "no_room", "message": "No hay lugar para archivos en este momento."}}
    held[1].fulfill(status=413, content_type="application/json", body=json.dumps(refusal))
    expect(bubbles.first).to_contain_text("No hay lugar para archivos en este momento.")
    ana.unroute("**/api/v1/attachments/")
    bubbles.first.get_by_role("button", name="Reintentar").click()
    (sent,) = arrived(stack, 1)
    assert sent["content"]["document"]["filename"] == "dos.pdf"
    expect(bubbles).to_have_count(1)
    complaints[:] = [each for each in complaints if "413" not in each]


@pytest.mark.shows("004-05")
def test_a_campaign_without_own_files_keeps_the_button_and_says_why(stack: Stack, sit_down: Sit) -> None:
    Campaign.objects.update(allow_external_resources=False)
    ana = sit_down("ana")
    take_rocio(ana, stack)
    button = ana.get_by_role("button", name="Adjuntar")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_accessible_description(re.compile("no permite archivos propios"))
    button.click(force=True)
    expect(ana.locator(".toast")).to_contain_text("no permite archivos propios")
    carry(ana, ".messages", "dragover", paper())
    expect(ana.locator(".drop-here")).to_contain_text("Aquí no se pueden adjuntar archivos")
    carry(ana, ".messages", "drop", paper())
    carry(ana, "#desk-composer", "paste", photo())
    expect(ana.get_by_role("list", name="Archivos por enviar")).to_have_count(0)


@pytest.mark.shows("001-36", "P1-22")
def test_a_pasted_link_or_this_browsers_place_is_sent_as_a_location(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana", permissions=["geolocation"], geolocation={"latitude": -25.3, "longitude": -57.6})
    composer = take_rocio(ana, stack)
    composer.fill("A medio escribir")
    ana.get_by_role("button", name="Enviar ubicación").click()
    dialog = ana.get_by_role("dialog", name="Enviar ubicación")
    expect(dialog.get_by_label("Coordenadas o enlace de un mapa")).to_be_focused()
    send = dialog.get_by_role("button", name="Enviar la ubicación")
    expect(send).to_have_attribute("aria-disabled", "true")
    dialog.get_by_label("Coordenadas o enlace de un mapa").fill("https://maps.app.goo.gl/abc")
    expect(dialog.get_by_role("alert")).to_contain_text("Es un enlace corto")
    dialog.get_by_label("Coordenadas o enlace de un mapa").fill(
        "https://www.google.com/maps/place/Plaza+Uruguaya/@-25.2,-57.6,17z/data=!8m2!3d-25.2829!4d-57.6289"
    )
    expect(dialog.get_by_label("Nombre del lugar")).to_have_value("Plaza Uruguaya")
    dialog.get_by_label("Dirección").fill("25 de Mayo y México")
    expect(dialog.locator(".place")).to_contain_text("-25.28290, -57.62890")
    assert findings(ana) == []
    send.click()
    expect(ana.locator('.message[data-kind="location"] .place')).to_contain_text("Plaza Uruguaya")

    ana.get_by_role("button", name="Enviar ubicación").click()
    dialog.get_by_role("button", name="Usar mi ubicación").click()
    expect(dialog.get_by_label("Latitud")).to_have_value("-25.3")
    dialog.get_by_role("button", name="Enviar la ubicación").click()
    one, two = arrived(stack, 2)
    assert one["kind"] == two["kind"] == "location"
    assert one["content"]["location"] == {
        "latitude": -25.2829, "longitude": -57.6289, "name": "Plaza Uruguaya", "address": "25 de Mayo y México",
    }  # fmt: skip
    assert tuple(two["content"]["location"][name] for name in ("latitude", "longitude")) == (-25.3, -57.6)
    expect(composer).to_have_value("A medio escribir")


@pytest.mark.shows("P1-22")
def test_contacts_are_found_or_written_and_sent_as_cards(stack: Stack, sit_down: Sit) -> None:
    assert stack.cast
    factories.taken_conversation(stack.cast, sender=factories.identity(phone="595981224607", name="Marcelo Quispe"))
    ana = sit_down("ana")
    take_rocio(ana, stack)
    ana.get_by_role("button", name="Enviar contacto").click()
    dialog = ana.get_by_role("dialog", name="Enviar contacto")
    dialog.get_by_role("searchbox").fill("Marcelo")
    dialog.get_by_role("button", name=re.compile("Marcelo Quispe")).click()
    dialog.get_by_label("Nombre", exact=True).fill("Taller Luz")
    dialog.get_by_role("button", name="Agregar").click()
    expect(dialog.get_by_role("alert")).to_contain_text("necesita un teléfono o un correo")
    dialog.get_by_label("Teléfono").fill("+595 21 555 000")
    dialog.get_by_role("button", name="Agregar").click()
    expect(dialog.get_by_role("list", name="Se envían").get_by_role("listitem")).to_have_count(2)
    assert findings(ana) == []
    dialog.get_by_role("button", name="Enviar 2 contactos").click()
    expect(ana.locator('.message[data-kind="contacts"]')).to_contain_text("Taller Luz")
    (sent,) = arrived(stack, 1)
    assert sent["kind"] == "contacts"
    assert "Marcelo Quispe" in str(sent["content"])
    assert "595981224607" in re.sub(r"\D", "", str(sent["content"]))
    assert "Taller Luz" in str(sent["content"])


@pytest.mark.shows("001-39", "P1-19")
def test_emoji_are_found_in_spanish_by_keyboard_or_by_colon_and_remembered(stack: Stack, sit_down: Sit) -> None:
    ana = sit_down("ana")
    composer = take_rocio(ana, stack)
    asked: list[str] = []
    ana.on("request", lambda request: asked.append(request.url))
    composer.press_sequentially("Listo :mate")
    options = ana.get_by_role("listbox", name="Emojis").get_by_role("option")
    expect(options.first).to_contain_text("mate")
    assert [url for url in asked if "/emoji/es" in url]
    composer.press("Enter")
    expect(composer).to_have_value("Listo 🧉 ")
    expect(ana.locator(".message[data-direction=out]")).to_have_count(0)

    ana.get_by_role("button", name="Emojis").click()
    picker = ana.get_by_role("dialog", name="Emojis")
    search = picker.get_by_role("searchbox")
    expect(search).to_be_focused()
    expect(picker.get_by_role("gridcell")).to_have_count(1)
    search.fill("corazon rojo")
    search.press("ArrowDown")
    expect(picker.get_by_role("gridcell", name="corazón rojo")).to_be_focused()
    ana.keyboard.press("ArrowUp")
    expect(search).to_be_focused()
    search.fill("gato")
    search.press("ArrowDown")
    ana.keyboard.press("ArrowRight")
    expect(picker.get_by_role("gridcell").nth(1)).to_be_focused()
    assert findings(ana) == []
    ana.keyboard.press("Escape")
    expect(picker).to_have_count(0)
    expect(ana.get_by_role("button", name="Emojis")).to_be_focused()
    ana.keyboard.press("Enter")
    search.fill("pulgar hacia arriba")
    search.press("Enter")
    expect(composer).to_be_focused()
    expect(composer).to_have_value(re.compile("^Listo 🧉 👍"))
    composer.press("Enter")
    assert arrived(stack, 1)[0]["text"].startswith("Listo 🧉 👍")
