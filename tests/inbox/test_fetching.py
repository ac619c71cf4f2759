"""Files of every kind: fetched over whatever goes wrong, measured in a limited process, kept or given up with a reason."""

from __future__ import annotations

import datetime
import resource
from pathlib import Path

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from connectors.whatsapp import media as whatsapp_media
from inbox import rows
from inbox.actions import attachments
from inbox.models import Attachment, Message
from inbox.tasks import fetch_attachment
from tests import strange_files as files
from tests.factories import Cast
from tests.figures import control, figure
from tests.inbox.conftest import Provider
from tests.invariants import check_invariants

PDF = b"%PDF-1.4\n%%EOF\n" + bytes(500)


def announced(provider: Provider, kind: str, content: bytes, mime: str, **options: str) -> Attachment:
    provider.simulator.send_file("rocio", kind, content, mime, **options)
    provider.pump()
    found: Attachment = Attachment.objects.get()
    return found


def stored_files() -> list[str]:
    root = Path(default_storage.location)  # type: ignore[attr-defined]  # the tests' storage is a folder
    return sorted(str(each.relative_to(root)) for each in root.rglob("*") if each.is_file())


def row() -> dict[str, object]:
    (shown,) = rows.message_rows(Message.objects.all())
    found: dict[str, object] = shown["attachment"]
    return found


@pytest.mark.shows("R45")
@pytest.mark.parametrize(
    ("kind", "content", "mime", "expected"),
    [
        ("image", files.picture("JPEG", size=(900, 600)), "image/jpeg", {"width": 900, "height": 600, "has_thumbnail": True}),
        ("sticker", files.picture("WEBP", size=(512, 512)), "image/webp", {"width": 512, "height": 512, "has_thumbnail": True}),
        ("video", files.video(), "video/mp4", {"width": 320, "height": 240, "duration_ms": 2_000, "has_thumbnail": True}),
        ("voice", files.sound(), "audio/ogg; codecs=opus", {"duration_ms": 1_000, "bars": 64}),
        ("audio", files.sound("mp3", "libmp3lame", rate=44_100), "audio/mpeg", {"bars": 64}),
        ("document", PDF, "application/pdf", {}),
        ("document", files.pdf(), "application/pdf", {"width": 900, "height": 2_564, "pages": 2, "has_thumbnail": True}),
        ("document", files.locked_pdf(), "application/pdf", {"pages": None}),
    ],
)  # fmt: skip
def test_every_kind_of_file_is_fetched_measured_and_shown(
    cast: Cast, provider: Provider, kind: str, content: bytes, mime: str, expected: dict[str, object]
) -> None:
    waiting = announced(provider, kind, content, mime)
    assert (waiting.kind, row()["state"]) == (kind, "pending")
    fetch_attachment(str(waiting.pk))
    shown = row()
    assert (shown["state"], shown["mime"], shown["size"]) == ("stored", mime.partition(";")[0], len(content))
    for name in ("width", "height", "duration_ms", "pages"):
        if name in expected:
            assert shown[name] == expected[name], name
    assert len(shown["waveform"] or []) == expected.get("bars", 0)  # type: ignore[arg-type]  # a list or nothing
    with default_storage.open(Attachment.objects.get().path) as file:
        assert file.read() == content
    ana = Client()
    ana.force_login(cast.luis)
    assert b"".join(ana.get(shown["url"])) == content  # type: ignore[arg-type]  # its address
    if expected.get("has_thumbnail"):
        answer = ana.get(shown["thumbnail_url"])  # type: ignore[arg-type]  # its address
        assert answer.headers["Content-Type"] == "image/webp"
        assert b"".join(answer)[8:12] == b"WEBP"
        assert len(stored_files()) == 2
    else:
        assert shown["thumbnail_url"] is None
        assert ana.get(f"{shown['url']}thumbnail/").status_code == 404
        assert len(stored_files()) == 1
    check_invariants()


@pytest.mark.shows("R45")
def test_an_address_that_expired_meanwhile_is_asked_for_again_in_the_same_go(cast: Cast, provider: Provider) -> None:
    waiting = announced(provider, "document", PDF, "application/pdf")
    provider.simulator.faults(media="stale_once")
    fetch_attachment(str(waiting.pk))
    assert (Attachment.objects.get().state, Attachment.objects.get().attempt) == ("stored", 1)


# What happens at the provider, what the agent reads after a week of it, and whether it was tried all that week.
FATES = [
    ("gone", attachments.GONE, True),
    ("expired", attachments.GONE, True),
    ("unauthorised", attachments.GONE, True),
    ("short", attachments.ALTERED, True),
    ("altered", attachments.ALTERED, True),
    ("slow", attachments.UNREACHABLE, True),
    ("dripping", attachments.UNREACHABLE, True),
    ("endless", attachments.TOO_LARGE, False),
    ("elsewhere", attachments.REFUSED, False),
    ("wrong_bytes", attachments.REFUSED, False),
]


@pytest.mark.shows("R45", "S41", "S42")
@pytest.mark.parametrize(("fault", "reason", "is_tried_for_a_week"), FATES)
def test_what_goes_wrong_is_tried_for_a_week_or_refused_at_once_and_always_says_why(
    cast: Cast, provider: Provider, monkeypatch: pytest.MonkeyPatch, fault: str, reason: str, is_tried_for_a_week: bool
) -> None:
    # The real patience is 10 s of silence and 120 s in all.
    monkeypatch.setattr(whatsapp_media, "DOWNLOAD_TOTAL_S", 0.4)
    real = whatsapp_media.guarded_client
    monkeypatch.setattr(whatsapp_media, "guarded_client", lambda transport: real(transport, timeout_s=0.3))
    waiting = announced(provider, "image", files.picture("PNG", size=(300, 200)), "image/png")
    provider.simulator.faults(media=fault)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # An endless file is cut off at the limit of its kind, here 5 MB.
    fetch_attachment(str(waiting.pk))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000
    if is_tried_for_a_week:
        file = Attachment.objects.get()
        assert (file.state, file.reason) == ("pending", "")
        tries, began = 1, timezone.now()
        if fault in ("slow", "dripping"):
            # Each of these costs real time: the ladder between is walked by the faster ones.
            Attachment.objects.update(attempt=attachments.FETCH_ATTEMPTS - 2)
        with time_machine.travel(began, tick=False) as clock:
            while (file := Attachment.objects.get()).state == "pending":
                assert file.next_attempt_at is not None
                clock.move_to(file.next_attempt_at)
                fetch_attachment(str(waiting.pk))
                tries += 1
            lasted = timezone.now() - began
        if fault not in ("slow", "dripping"):
            assert tries == attachments.FETCH_ATTEMPTS
            assert datetime.timedelta(days=6) < lasted < datetime.timedelta(days=7)
    file = Attachment.objects.get()
    assert (file.state, file.reason, file.next_attempt_at) == ("failed", reason, None)
    assert row()["reason"]
    assert Message.objects.count() == 1
    assert stored_files() == []
    check_invariants()


@pytest.mark.shows("R45")
def test_what_waits_longer_than_the_provider_keeps_it_is_given_up(cast: Cast, provider: Provider) -> None:
    waiting = announced(provider, "document", PDF, "application/pdf")
    provider.simulator.faults(media="gone")
    Attachment.objects.update(created_at=timezone.now() - datetime.timedelta(days=7, hours=1))
    fetch_attachment(str(waiting.pk))
    assert (Attachment.objects.get().state, Attachment.objects.get().reason) == ("failed", attachments.GONE)


@pytest.mark.shows("R45")
@pytest.mark.faults
def test_without_the_ladder_an_hour_of_trouble_costs_the_file(
    cast: Cast, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same hour without an answer: the product fetches the file afterwards, its variant has given it up."""

    def fetched_after_an_hour() -> str:
        Message.objects.all().delete()
        waiting = announced(provider, "document", PDF, "application/pdf")
        provider.simulator.faults(media="gone")
        began = timezone.now() + datetime.timedelta(seconds=1)
        with time_machine.travel(began, tick=False) as clock:
            fetch_attachment(str(waiting.pk))
            while (due := Attachment.objects.get().next_attempt_at) and due < began + datetime.timedelta(hours=1):
                clock.move_to(due)
                fetch_attachment(str(waiting.pk))
            provider.simulator.faults()
            if due is not None:
                clock.move_to(due)
                fetch_attachment(str(waiting.pk))
        return Attachment.objects.get().state

    kept = fetched_after_an_hour()
    figure("R45", f"an hour of 404: {kept}", data="one document, the ladder of seven days", samples=1)
    monkeypatch.setattr(attachments, "FETCH_ATTEMPTS", 1)
    without = fetched_after_an_hour()
    control("R45", f"one try and no ladder: {without}", data="one document", samples=1)
    assert (kept, without) == ("stored", "failed")


@pytest.mark.shows("S31")
def test_a_document_that_lies_about_its_type_is_only_ever_a_download(cast: Cast, provider: Provider) -> None:
    waiting = announced(provider, "document", b"<html><script>alert(1)</script>", "application/pdf", filename="a.pdf")
    fetch_attachment(str(waiting.pk))
    assert (row()["state"], row()["mime"]) == ("stored", "application/octet-stream")


@pytest.mark.shows("S40")
@pytest.mark.parametrize(
    ("kind", "content", "mime"),
    [
        ("image", files.png_of(50_000, 50_000), "image/png"),
        ("image", files.picture("JPEG", size=(900, 600))[:2_000], "image/jpeg"),
        ("sticker", b"RIFF\x10\0\0\0WEBPVP8 " + bytes(500), "image/webp"),
        ("voice", b"OggS" + bytes(900), "audio/ogg"),
        ("video", b"\0\0\0\x18ftypmp42" + bytes(900), "video/mp4"),
    ],
)
def test_a_bomb_or_a_broken_file_leaves_its_message_with_a_placeholder(
    cast: Cast, provider: Provider, kind: str, content: bytes, mime: str
) -> None:
    waiting = announced(provider, kind, content, mime)
    fetch_attachment(str(waiting.pk))
    assert (row()["state"], row()["thumbnail_url"]) == ("failed", None)
    assert Attachment.objects.get().reason == attachments.DAMAGED
    assert stored_files() == []
    check_invariants()
