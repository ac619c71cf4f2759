from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from connectors.kinds import POLICIES, ChannelKind
from connectors.media_types import SNIFFED, agrees, base_type, sniff

HEADS = {
    "image/jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF",
    "image/png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "image/gif": b"GIF89a\x01\x00",
    "image/webp": b"RIFF\x24\x00\x00\x00WEBPVP8 ",
    "application/pdf": b"%PDF-1.7\n",
    "audio/ogg": b"OggS\x00\x02" + b"\x00" * 20 + b"OpusHead",
    "audio/amr": b"#!AMR\n<",
    "audio/mpeg": b"ID3\x04\x00",
    "audio/aac": b"\xff\xf1\x50\x80",
    "audio/mp4": b"\x00\x00\x00\x1cftypM4A \x00",
    "video/mp4": b"\x00\x00\x00\x18ftypmp42",
    "video/3gpp": b"\x00\x00\x00\x18ftyp3gp5",
}


@pytest.mark.parametrize("mime", HEADS)
def test_a_type_is_known_by_its_first_bytes(mime: str) -> None:
    assert sniff(HEADS[mime]) == mime
    assert agrees(mime, HEADS[mime])
    assert mime in SNIFFED


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "GIF", "WEBP"])
def test_real_pictures_are_known(format_: str) -> None:
    into = io.BytesIO()
    Image.new("RGB", (3, 3)).save(into, format_)
    assert sniff(into.getvalue()) == f"image/{format_.lower()}"


def test_bare_mpeg_frames_are_sound_and_a_jpeg_is_not() -> None:
    assert sniff(b"\xff\xfb\x90\x64") == "audio/mpeg"
    assert sniff(b"\xff\xe0\x00\x00") is None
    assert sniff(b"\xff\xff\xff\xff") is None


@pytest.mark.parametrize(
    "head", [b"", b"<html>", b"<svg", b"PK\x03\x04", b"MZ", b"RIFF\x00\x00\x00\x00WAVE", b"\x00\x00\x00\x18ftypheic"]
)
def test_other_files_are_not_guessed_at(head: bytes) -> None:
    assert sniff(head) is None


@pytest.mark.shows("R45")
def test_a_declared_type_that_has_a_signature_must_show_it() -> None:
    assert not agrees("image/jpeg", b"<html><script>")
    assert not agrees("image/jpeg", HEADS["image/png"])
    assert not agrees("IMAGE/PNG; x=y", b"")
    assert not agrees("video/mp4", HEADS["audio/ogg"])
    assert agrees("audio/ogg; codecs=opus", HEADS["audio/ogg"])
    assert agrees("audio/mp4", HEADS["video/mp4"])
    assert agrees("audio/aac", HEADS["audio/mp4"])
    assert agrees("image/jpg", HEADS["image/jpeg"])
    assert agrees("text/plain", b"hola")
    assert agrees("application/vnd.ms-excel", b"\xd0\xcf\x11\xe0")


def test_every_type_whatsapp_takes_can_be_checked() -> None:
    for limit in POLICIES[ChannelKind.WHATSAPP].media.values():
        assert {base_type(mime) for mime in limit.mime_types} <= SNIFFED


@given(st.binary(max_size=64), st.text(max_size=30))
def test_no_bytes_raise(head: bytes, declared: str) -> None:
    assert sniff(head) in {*SNIFFED, None}
    agrees(declared, head)
