"""What a stranger calls a file, made into something that can be shown and saved (TRUST.md S32). On our side it is never a path."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

LONGEST_NAME: Final = 120
_EXTENSIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "image/jpeg": (".jpg", ".jpeg"),
        "image/png": (".png",),
        "image/webp": (".webp",),
        "image/gif": (".gif",),
        "video/mp4": (".mp4", ".m4v", ".mov"),
        "video/3gpp": (".3gp", ".3gpp"),
        "audio/ogg": (".ogg", ".opus", ".oga"),
        "audio/mpeg": (".mp3",),
        "audio/mp4": (".m4a", ".mp4"),
        "audio/aac": (".aac",),
        "audio/amr": (".amr",),
    }
)
# Devices to Windows, whatever extension follows.
_DEVICES: Final = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)")
_NOT_IN_NAMES: Final = re.compile(r'[/\\:*?"<>|]+')


def safe_name(name: str) -> str:
    """Return `name` without what hides, moves or runs anything: no path, control or direction mark, no device; '' if nothing is left.

    The extension is kept: it is the last thing people look at before they open a file.
    """
    # Everything invisible goes: controls, direction marks (gpj.exe), zero-width ones, lone surrogates, private use.
    visible = "".join(char for char in name if unicodedata.category(char)[0] != "C")
    flat = re.sub(r"\.{2,}", ".", " ".join(_NOT_IN_NAMES.sub("_", visible).split())).strip(" .")
    if _DEVICES.match(flat):
        flat = f"_{flat}"
    if len(flat) <= LONGEST_NAME:
        return flat
    stem, dot, extension = flat.rpartition(".")
    if not dot or len(extension) > 10:
        return flat[:LONGEST_NAME]
    return f"{stem[: LONGEST_NAME - len(extension) - 1]}.{extension}"


def with_extension(name: str, mime: str) -> str:
    """Return `name` with an extension of its type, where the type is one we know: a picture called virus.exe is saved as a picture."""
    known = _EXTENSIONS.get(mime)
    return name if known is None or name.lower().endswith(known) else f"{name}{known[0]}"
