"""What a file is, by its first bytes. A name or a declared type is a claim; these are evidence."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# Enough for every signature below.
HEAD_BYTES: Final = 64

_STARTS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"OggS", "audio/ogg"),
    (b"#!AMR", "audio/amr"),
    (b"ID3", "audio/mpeg"),
)

_AUDIO_BRANDS: Final = frozenset({b"M4A ", b"M4B ", b"M4P "})
_STILL_BRANDS: Final = frozenset({b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis"})

# A container says less than a type does: an MP4 may hold only sound, an MP3 and an AAC share a frame header.
_SAME_CONTAINER: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "video/mp4": frozenset({"video/mp4", "audio/mp4", "video/3gpp", "video/quicktime"}),
        "audio/mp4": frozenset({"video/mp4", "audio/mp4", "audio/aac"}),
        "video/3gpp": frozenset({"video/mp4", "audio/mp4", "video/3gpp"}),
        "audio/ogg": frozenset({"audio/ogg", "audio/opus", "application/ogg"}),
        "audio/mpeg": frozenset({"audio/mpeg", "audio/mp3", "audio/aac"}),
        "audio/aac": frozenset({"audio/aac", "audio/mpeg", "audio/mp4"}),
        "image/jpeg": frozenset({"image/jpeg", "image/jpg"}),
    }
)
ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {"image/jpg": "image/jpeg", "audio/mp3": "audio/mpeg", "audio/opus": "audio/ogg", "audio/x-m4a": "audio/mp4"}
)
SNIFFED: Final = frozenset(
    {mime for _, mime in _STARTS} | {"image/webp", "video/mp4", "audio/mp4", "video/3gpp", "audio/aac"}
)


def sniff(head: bytes) -> str | None:
    """Return the MIME type that the first bytes of a file show, or None if they show none of those we know."""
    for start, mime in _STARTS:
        if head.startswith(start):
            return mime
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return _boxed(head[8:12])
    return _framed(head)


def agrees(declared: str, head: bytes) -> bool:
    """Return whether the first bytes of a file bear out its declared type.

    A type with no signature here (text, an office file, an archive) is believed: it is stored and served as an
    attachment, never rendered. A type with one has to show it: a page that calls itself a picture is refused (TRUST.md
    S31, R45).
    """
    base = base_type(declared)
    if base not in SNIFFED:
        return True
    seen = sniff(head)
    return seen is not None and (seen == base or base in _SAME_CONTAINER.get(seen, frozenset()))


def base_type(mime: str) -> str:
    """Return `mime` in lower case, without parameters, by its usual name."""
    base = mime.partition(";")[0].strip().lower()
    return ALIASES.get(base, base)


def _boxed(brand: bytes) -> str | None:
    if brand in _STILL_BRANDS:
        return None
    if brand in _AUDIO_BRANDS:
        return "audio/mp4"
    return "video/3gpp" if brand[:2] == b"3g" else "video/mp4"


def _framed(head: bytes) -> str | None:
    """MPEG audio has only a frame header: eleven set bits, a layer (none in AAC's ADTS), a bit rate, a sample rate."""
    if len(head) < 4 or head[0] != 0xFF:
        return None
    if head[1] & 0xF6 == 0xF0:
        return "audio/aac"
    is_frame = head[1] & 0xE0 == 0xE0 and head[1] & 0x06 != 0 and head[1] & 0x18 != 0x08
    has_rates = head[2] & 0xF0 != 0xF0 and head[2] & 0x0C != 0x0C
    return "audio/mpeg" if is_frame and has_rates else None
