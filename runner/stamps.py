"""A step is skipped when its stamp says that it was done with these very inputs."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path


def digest(paths: Iterable[Path], *facts: str) -> str:
    """Return a digest of the files' names and contents, and of the facts. Folders are read whole; what is missing counts as missing."""
    total = hashlib.sha256("\0".join(facts).encode())
    for path in sorted(every_file(paths)):
        total.update(f"\0{path.name}\0".encode())
        total.update(path.read_bytes() if path.is_file() else b"missing")
    return total.hexdigest()


def every_file(paths: Iterable[Path]) -> set[Path]:
    found: set[Path] = set()
    for path in paths:
        if path.is_dir():
            found.update(file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
        else:
            found.add(path)
    return found


def read_stamps(file: Path) -> dict[str, str]:
    """Return what was stamped; an unreadable file means that nothing was."""
    try:
        stamps = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return stamps if isinstance(stamps, dict) else {}


def write_stamps(file: Path, **stamps: str) -> None:
    """Add stamps to the file, whole or not at all: a run killed here must not leave half a file that says «done»."""
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_name(f"{file.name}.{os.getpid()}")
    half.write_text(json.dumps(read_stamps(file) | stamps, indent=1))
    half.replace(file)
