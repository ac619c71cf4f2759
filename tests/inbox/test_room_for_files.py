"""When there is no room for files, and what is taken away."""

from __future__ import annotations

import datetime
import io
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.request import Request

from config.wiring import SUBSCRIBERS
from connectors.kinds import POLICIES, ChannelKind, MessageKind
from connectors.whatsapp.media import MediaFetcher
from core.hints import queue_of
from inbox.actions import attachments, uploads
from inbox.events import FilesGivenUp
from inbox.models import Attachment, Message
from inbox.tasks import clear_file, clear_files, fetch_attachment, sweep_attachments
from tests import factories
from tests import strange_files as files
from tests.factories import Cast
from tests.figures import control, figure
from tests.inbox.conftest import Provider
from tests.inbox.test_fetching import PDF, announced, row, stored_files
from tests.invariants import check_invariants
from tests.witness import announced as heard

# --- No room ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(provider: Provider, settings: Settings, tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KB of its own for files; the database is elsewhere, as it should be."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("only root may mount a small file system")
    settings.MEDIA_ROOT = folder
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.shows("R44")
def test_while_the_disk_is_full_text_flows_and_files_wait_and_come_by_themselves(
    cast: Cast, provider: Provider, small_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    content = PDF + bytes(150_000)
    (small_disk / "somebody-elses").write_bytes(bytes(200_000))
    waiting = announced(provider, "document", content, "application/pdf")
    with time_machine.travel(timezone.now() + datetime.timedelta(seconds=1), tick=False) as clock:
        for _again in range(40):
            fetch_attachment(str(waiting.pk))
            file = Attachment.objects.get()
            # However long it lasts, no try of the ladder is spent on it.
            assert (file.state, file.is_held_up, file.attempt, file.reason) == ("pending", True, 0, attachments.HELD_UP)
            wait_s = (file.next_attempt_at - timezone.now()).total_seconds()
            assert attachments.HELD_UP_SECONDS <= wait_s <= attachments.HELD_UP_LONGEST_SECONDS
            clock.shift(wait_s)
        assert row()["state"] == "pending"
        assert row()["reason"]
        # Nothing half-written, and the message is there.
        assert stored_files() == ["somebody-elses"]
        # Somebody is told.
        health = Client().get("/healthz").json()
        assert (health["status"], health["backlog"]["files_held_up"]) == ("degraded", 1)
        assert any(each.levelname == "ERROR" and "no room for files" in each.message for each in caplog.records)
        # Text flows.
        provider.writes("¿Recibieron el archivo?")
        assert Message.objects.filter(text="¿Recibieron el archivo?").exists()
        (small_disk / "somebody-elses").unlink()
        assert sweep_attachments() == 1
        fetch_attachment(str(waiting.pk))
    assert Attachment.objects.get().state == "stored"
    assert not Attachment.objects.held_up().exists()
    with default_storage.open(Attachment.objects.get().path) as kept:
        assert kept.read() == content
    assert Client().get("/healthz").json()["backlog"]["files_held_up"] == 0
    check_invariants()


@pytest.mark.shows("R44")
@pytest.mark.faults
def test_a_full_disk_that_counts_as_a_failed_try_costs_the_file(
    cast: Cast, provider: Provider, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight days of a full disk, then room: the product's file comes, its variant's was given up on the way."""

    def after_eight_days() -> str:
        Message.objects.all().delete()
        for each in stored_files():
            (small_disk / each).unlink()
        (small_disk / "somebody-elses").write_bytes(bytes(200_000))
        waiting = announced(provider, "document", PDF + bytes(150_000), "application/pdf")
        began = timezone.now() + datetime.timedelta(seconds=1)
        with time_machine.travel(began, tick=False) as clock:
            while (due := Attachment.objects.get().next_attempt_at) and timezone.now() < began + datetime.timedelta(8):
                # From try to try; where nothing is spent by it, an hour at a time is often enough.
                clock.move_to(max(due, timezone.now() + datetime.timedelta(hours=6)))
                fetch_attachment(str(waiting.pk))
            (small_disk / "somebody-elses").unlink()
            clock.shift(attachments.HELD_UP_LONGEST_SECONDS)
            fetch_attachment(str(waiting.pk))
        return Attachment.objects.get().state

    kept = after_eight_days()
    figure("R44", f"eight days of a full disk: the message is there, the file {kept} afterwards", data="a file system of 256 KB", samples=1)  # fmt: skip
    monkeypatch.setattr(attachments, "hold_fetch", lambda file, _error: attachments.postpone_fetch(file))
    without = after_eight_days()
    control("R44", f"a full disk counts as a failed try: {without}", data="a file system of 256 KB", samples=1)
    assert (kept, without) == ("stored", "failed")


@pytest.mark.shows("R44")
def test_while_the_disk_is_full_an_upload_is_refused_clearly_and_the_draft_stays(
    cast: Cast, provider: Provider, small_disk: Path
) -> None:
    conversation = factories.taken_conversation(cast)
    ana = Client()
    ana.force_login(cast.ana)
    drafted = {"mode": "reply", "text": "Te mando el plano", "version": 0}
    ana.put(f"/api/v1/conversations/{conversation.pk}/draft/", drafted, content_type="application/json")
    (small_disk / "somebody-elses").write_bytes(bytes(240_000))
    upload = files.picture("PNG", size=(10, 10)) + bytes(60_000)
    answer = ana.post(
        "/api/v1/attachments/",
        {"conversation": conversation.pk, "file": SimpleUploadedFile("plano.png", upload, "image/png")},
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (507, "no_room")
    assert Attachment.objects.count() == 0
    assert stored_files() == ["somebody-elses"]
    assert ana.get("/api/v1/drafts/").json()["results"][0]["text"] == "Te mando el plano"


# --- Uploads, and what is taken away ----------------------------------------------------------------------------------------


def uploaded(cast: Cast, content: bytes, kind: str, name: str) -> object:
    conversation = factories.taken_conversation(cast)
    ana = Client()
    ana.force_login(cast.ana)
    return ana.post(
        "/api/v1/attachments/",
        {"conversation": conversation.pk, "kind": kind, "file": SimpleUploadedFile(name, content, "application/pdf")},
    )


@pytest.mark.parametrize(
    ("kind", "content", "status", "mime"),
    [
        ("voice", files.sound("webm", "libopus"), 201, "audio/ogg"),
        ("voice", files.sound("mp4", "aac"), 201, "audio/ogg"),
        ("voice", b"<html>", 415, ""),
        ("audio", files.sound("mp3", "libmp3lame", rate=44_100), 201, "audio/mpeg"),
        ("audio", files.sound("mp4", "aac"), 201, "audio/mp4"),
        ("audio", files.picture(), 415, ""),
        ("video", files.video(), 201, "video/mp4"),
        ("video", files.sound(), 415, ""),
        ("sticker", files.picture("WEBP"), 201, "image/webp"),
        ("document", PDF, 201, "application/pdf"),
        ("document", b"<html><script>", 201, "application/octet-stream"),
        ("image", PDF, 415, ""),
        ("nothing", PDF, 400, ""),
    ],
)
def test_an_upload_of_any_kind_is_checked_and_measured_first(
    cast: Cast, settings: Settings, tmp_path: Path, kind: str, content: bytes, status: int, mime: str
) -> None:
    settings.MEDIA_ROOT = tmp_path
    answer = uploaded(cast, content, kind, "archivo")
    assert answer.status_code == status, answer.content  # type: ignore[attr-defined]  # the test client's
    if status != 201:
        assert Attachment.objects.count() == 0
        assert stored_files() == []
        return
    shown = answer.json()  # type: ignore[attr-defined]  # the test client's
    assert (shown["kind"], shown["mime"], shown["state"]) == (kind, mime, "stored")
    file = Attachment.objects.get()
    assert default_storage.size(file.path) == file.size
    if kind in ("voice", "audio"):
        assert abs(shown["duration_ms"] - 1_000) < 80
        assert len(shown["waveform"]) == 64


def test_a_body_no_file_can_have_is_refused_before_it_is_read(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_args: object) -> object:
        raise AssertionError("the form was read")

    monkeypatch.setattr(HttpRequest, "_load_post_and_files", read)
    monkeypatch.setattr(Request, "_load_data_and_files", read)
    ana = Client()
    ana.force_login(cast.ana)
    largest = max(limit.max_bytes for limit in POLICIES[ChannelKind.WHATSAPP].media.values())
    headers = {"content_type": "multipart/form-data; boundary=x", "data": b"--x--"}
    answer = ana.post("/api/v1/attachments/", CONTENT_LENGTH=str(largest + 200_000), **headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    # The control: what may be a file is read, and a stranger's is not.
    with pytest.raises(AssertionError, match="the form was read"):
        ana.post("/api/v1/attachments/", **headers)
    assert Client().post("/api/v1/attachments/", **headers).status_code == 401


def test_sounds_and_videos_never_take_all_the_threads_of_a_process(
    cast: Cast, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(uploads, "CROWDED_SECONDS", 0.01)
    monkeypatch.setattr(uploads, "being_prepared", threading.BoundedSemaphore(1))
    with uploads.turn_for(MessageKind.VOICE, io.BytesIO()):
        crowded = uploaded(cast, files.sound("webm", "libopus"), "voice", "nota.webm")
        assert (crowded.status_code, crowded.json()["error"]["code"]) == (429, "throttled")  # type: ignore[attr-defined]  # the test client's
        assert (Attachment.objects.count(), stored_files()) == (0, [])
        assert uploaded(cast, files.pdf(), "document", "a.pdf").status_code == 429  # type: ignore[attr-defined]  # as above
        # A picture is opened in a moment, other documents not at all: they wait for nobody.
        assert uploaded(cast, b"a;b", "document", "a.csv").status_code == 201  # type: ignore[attr-defined]  # as above
        assert uploaded(cast, files.picture(), "image", "foto.png").status_code == 201  # type: ignore[attr-defined]  # as above
    assert uploaded(cast, files.sound("webm", "libopus"), "voice", "nota.webm").status_code == 201  # type: ignore[attr-defined]  # as above


def test_an_upload_never_sent_is_gone_after_a_day(cast: Cast, settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    uploaded(cast, files.picture(), "image", "foto.png")
    assert clear_files() == 0
    assert len(stored_files()) == 2
    Attachment.objects.update(created_at=timezone.now() - datetime.timedelta(days=1, minutes=1))
    assert clear_files() == 1
    assert (Attachment.objects.count(), stored_files()) == (0, [])


def test_a_removed_file_is_served_to_nobody_and_its_bytes_go(
    cast: Cast, provider: Provider, django_capture_on_commit_callbacks: object
) -> None:
    waiting = announced(provider, "document", PDF, "application/pdf", filename="secreto.pdf")
    fetch_attachment(str(waiting.pk))
    assert len(stored_files()) == 1
    with django_capture_on_commit_callbacks(execute=False):  # type: ignore[operator]  # pytest-django's
        attachments.remove_file(Attachment.objects.get())
    luis = Client()
    luis.force_login(cast.luis)
    assert luis.get(f"/media/{waiting.pk}/").status_code == 404
    assert (row()["state"], row()["name"], row()["reason"] != "") == ("failed", "", True)
    # Whoever removes it deletes no bytes: that is asked of the workers for files, whose storage may hang.
    assert len(stored_files()) == 1
    clear_file(str(waiting.pk))
    assert (stored_files(), Attachment.objects.get().path) == ([], "")


def test_a_removal_is_told_to_the_workers_for_files_and_swept_where_they_did_not_hear(
    cast: Cast, provider: Provider
) -> None:
    waiting = announced(provider, "document", PDF, "application/pdf")
    fetch_attachment(str(waiting.pk))
    with heard() as facts:
        attachments.remove_file(Attachment.objects.get())
    assert facts == [FilesGivenUp(attachment_ids=(str(waiting.pk),))]
    assert (queue_of("inbox.tasks.clear_file"), len(SUBSCRIBERS[FilesGivenUp])) == ("media", 1)
    assert len(stored_files()) == 1
    assert clear_files() == 1
    assert (stored_files(), Attachment.objects.get().path) == ([], "")


def test_a_file_removed_while_it_was_fetched_does_not_stay_behind(
    cast: Cast, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = announced(provider, "document", PDF, "application/pdf")
    real = MediaFetcher.download

    def removed_meanwhile(self: MediaFetcher, *arguments: object, **more: object) -> object:
        got = real(self, *arguments, **more)  # type: ignore[arg-type]  # passed on as they are
        attachments.remove_file(Attachment.objects.get())
        return got

    monkeypatch.setattr(MediaFetcher, "download", removed_meanwhile)
    fetch_attachment(str(waiting.pk))
    assert Attachment.objects.get().state == "failed"
    assert stored_files() == []
