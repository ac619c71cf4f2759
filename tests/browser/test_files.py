"""Files in a thread: every kind of player with real samples, what waits and what is lost with its reason, by day and by night."""

from __future__ import annotations

import base64
import datetime
import io
import re

import pytest
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from inbox.actions.attachments import GONE, HELD_UP
from inbox.models import Attachment
from tests import strange_files
from tests.browser.conftest import Sit
from tests.browser.looking import findings
from tests.browser.test_every_kind import keep, sends
from tests.stack import Stack, wait_until

pytestmark = pytest.mark.browser

KINDS = ("image", "video", "audio", "voice", "document", "sticker")
HELD_UP_SAID = "Pendiente de descarga: no hay espacio"
GONE_SAID = "WhatsApp ya no tiene"


def sticker() -> bytes:
    made = io.BytesIO()
    Image.new("RGBA", (512, 512), (0, 90, 120, 160)).save(made, "WEBP")
    return made.getvalue()


def sample(kind: str) -> tuple[bytes, str]:
    """A small file of that kind, as a phone sends it, and its type."""
    if kind == "image":
        return strange_files.picture("JPEG", size=(320, 200)), "image/jpeg"
    if kind == "video":
        return strange_files.video(), "video/mp4"
    if kind == "audio":
        return strange_files.sound("mp3", "libmp3lame", rate=44_100, seconds=20.0), "audio/mpeg"
    if kind == "voice":
        return strange_files.sound(seconds=20.0), "audio/ogg; codecs=opus"
    if kind == "sticker":
        return sticker(), "image/webp"
    return b"%PDF-1.4\n%%EOF\n", "application/pdf"


def sends_file(stack: Stack, kind: str, content: bytes, mime: str) -> None:
    sends(stack, file={"kind": kind, "base64": base64.b64encode(content).decode(), "mime_type": mime, "filename": f"{kind}.bin"})  # fmt: skip


def open_rocio(page: Page) -> Locator:
    page.locator(".conversation-row").click()
    return page.locator(".messages")


@pytest.mark.shows("P0-18", "P0-43")
def test_every_kind_of_file_is_shown_by_its_player(stack: Stack, sit_down: Sit) -> None:
    for kind in KINDS:
        sends_file(stack, kind, *sample(kind))
    # What phones of before recorded: no browser plays it.
    sends_file(stack, "audio", b"#!AMR\n" + (b"\x3c" + bytes(31)) * 50, "audio/amr")
    wait_until(lambda: Attachment.objects.filter(state="stored").count() == 7, what="the files", seconds=90)
    ana = sit_down("ana")
    asked: list[str] = []
    ana.on("request", lambda request: asked.append(request.url))
    thread = open_rocio(ana)

    film = thread.locator("video")
    expect(film).to_have_attribute("poster", re.compile(r"/media/[^/]+/thumbnail/$"))
    expect(thread.locator(".film-length")).to_have_text("0:02")
    expect(thread.locator('.message[data-kind="image"] img')).to_have_js_property("complete", value=True)
    expect(thread.locator("img.sticker")).to_have_js_property("naturalWidth", 512)
    expect(thread.locator(".document")).to_contain_text("BIN")
    unplayable = thread.locator(".file-absent")
    expect(unplayable).to_have_count(1)
    expect(unplayable).to_contain_text("Este navegador no puede reproducirlo: descárgalo.")
    expect(unplayable.get_by_role("link", name="Descargar Audio")).to_be_visible()

    sounds = thread.locator(".voice")
    expect(sounds).to_have_count(2)
    for sound in sounds.all():
        expect(sound.locator(".voice-line")).to_contain_text("0:20")
        expect(sound.locator(".wave rect")).to_have_count(64)
    # Of a sound or a film nothing is fetched before somebody plays it.
    stored = {each.kind: each for each in Attachment.objects.exclude(mime="audio/amr")}
    played = {kind: f"/media/{stored[kind].pk}/" for kind in ("voice", "audio", "video")}
    assert not [url for url in asked if url.endswith(tuple(played.values()))]
    assert findings(ana) == []
    keep(ana, "files-light")
    ana.evaluate("document.documentElement.dataset.theme = 'dark'")
    keep(ana, "files-dark")
    # Ours, not the system's: the players have no colours of their own (the system is light here).
    assert ana.evaluate("getComputedStyle(document.querySelector('.messages .voice')).colorScheme") == "dark"
    assert ana.evaluate("getComputedStyle(document.querySelector('.messages video')).colorScheme") == "dark"

    for kind in ("voice", "audio"):
        listen(ana, thread.locator(f'.voice[data-kind="{kind}"]'))
        assert [url for url in asked if url.endswith(played[kind])]


def listen(page: Page, sound: Locator) -> None:
    """Play, hear it go on, make it faster, search through it by keyboard, stop."""
    sound.get_by_role("button", name=re.compile("^Reproducir")).click()
    player = page.locator("#desk-player")
    page.wait_for_function("(audio) => audio.duration > 1.5 && audio.currentTime > 0", arg=player.element_handle())
    sound.get_by_role("button", name=re.compile("^Velocidad")).click()
    page.wait_for_function("(audio) => [1.5, 2].includes(audio.playbackRate)", arg=player.element_handle())
    sound.get_by_role("button", name="Pausar").click()
    position = sound.get_by_role("slider")
    position.focus()
    position.press("Home")
    position.press("ArrowRight")
    assert float(player.evaluate("(audio) => audio.currentTime")) < 0.5


@pytest.mark.shows("R44", "P0-30")
def test_a_file_that_waits_or_is_lost_says_why_whatever_its_kind(stack: Stack, sit_down: Sit) -> None:
    for kind in KINDS + KINDS:
        sends_file(stack, kind, *sample(kind))
    wait_until(lambda: Attachment.objects.filter(state="stored").count() == 12, what="the files", seconds=120)
    never = timezone.now() + datetime.timedelta(days=3)
    for kind in KINDS:
        waiting, lost = Attachment.objects.filter(kind=kind).order_by("created_at", "pk")
        change(waiting, state="pending", reason=HELD_UP, is_held_up=True, next_attempt_at=never)
        change(lost, state="failed", reason=GONE)
    ana = sit_down("ana")
    thread = open_rocio(ana)
    for kind in KINDS:
        bubbles = thread.locator(f'.message[data-kind="{kind}"]')
        expect(bubbles).to_have_count(2)
        expect(bubbles.filter(has=ana.locator('[data-state="pending"]'))).to_contain_text(HELD_UP_SAID)
        expect(bubbles.filter(has=ana.locator('[data-state="failed"]'))).to_contain_text(GONE_SAID)
    expect(thread.get_by_text("El archivo se está recibiendo")).to_have_count(0)
    assert findings(ana) == []
    keep(ana, "waiting")


def change(attachment: Attachment, **values: object) -> None:
    Attachment.objects.filter(pk=attachment.pk).update(**values)
