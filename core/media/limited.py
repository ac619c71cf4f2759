"""Strange files are opened in a process of their own, limited and without secrets (core/media/child.py), never in ours (S40)."""

from __future__ import annotations

import ctypes
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import IO, Final

logger = logging.getLogger(__name__)

PROGRAM: Final = Path(__file__).with_name("child.py")
# A little longer than the child gives itself (its `LIMITS`), which is what normally ends it.
WALL_S: Final = {"picture": 15.0, "video": 24.0, "sound": 35.0, "voice": 95.0, "pages": 24.0, "table": 115.0}
REPORT_BYTES: Final = 64 * 1024
REFUSED: Final = 3
PR_SET_DUMPABLE: Final = 4
NOTHING: Final = tuple(ctypes.c_ulong(0) for _each in range(4))


class Job(StrEnum):
    """What is to be made of a file: a small picture of it, a poster, a waveform, a voice note, its first pages, or the rows of a
    table."""

    PICTURE = "picture"
    VIDEO = "video"
    SOUND = "sound"
    VOICE = "voice"
    PAGES = "pages"
    TABLE = "table"


class Unreadable(Exception):
    """The file cannot be opened as what it is said to be: damaged, a bomb, or something else."""


class Overrun(Unreadable):
    """Opening the file cost more time or memory than any file may cost; it was stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What a file measures. `has_preview`: a WebP was written, of at most 640 pixels, or of the first of a PDF's `pages`, 900 pixels wide at most, one
    under the other; `width` and `height` are this one's then. `waveform`: 64 heights, 0 to 100."""

    width: int | None = None
    height: int | None = None
    duration_ms: int | None = None
    pages: int | None = None
    waveform: tuple[int, ...] | None = None
    has_preview: bool = False


def measure(job: Job, source: IO[bytes], into: IO[bytes]) -> Measures:
    """Open `source` in the limited process and return its measures; what is made of it is written into `into`.

    Both are real files (they have a descriptor); `source` is read from its beginning, `into` stands at its beginning after.

    Raises:
        Unreadable: the file is no such file. Overrun: it costs too much. OSError: no process could be started.
    """
    close_memory()
    source.flush()
    os.lseek(source.fileno(), 0, os.SEEK_SET)
    with tempfile.TemporaryFile() as told:
        child = subprocess.Popen(
            [sys.executable, "-I", str(PROGRAM), job.value, str(into.fileno())],
            stdin=source.fileno(),
            stdout=told.fileno(),
            stderr=subprocess.DEVNULL,
            pass_fds=(into.fileno(),),
            # No keys, no passwords, no addresses: what takes this process over finds nothing to take along.
            env={},
            cwd="/",
            start_new_session=True,
        )
        try:
            code = child.wait(WALL_S[job])
        except subprocess.TimeoutExpired:
            code = -signal.SIGKILL
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
        told.seek(0)
        report = told.read(REPORT_BYTES)
    if code == REFUSED:
        raise Unreadable(reason_in(report))
    if code != 0:
        logger.warning("a file was given up while it was opened: %s ended with %s", job.value, code)
        raise Overrun(f"ended with {code}")
    into.seek(0)
    return measures_in(report)


@cache
def close_memory() -> None:
    """Nobody of the same user, and so no child that was taken over, may read this process' memory or trace it: keys lie in it.

    Once and for good in this process; on Linux alone. Root may all the same.
    """
    if sys.platform == "linux" and ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, *NOTHING):
        logger.warning("memory stays open to this user's other processes (errno %s)", ctypes.get_errno())


def to_voice_note(source_path: str | os.PathLike[str], target_path: str | os.PathLike[str]) -> int:
    """Turn any sound a browser records (WebM, MP4, Ogg, WAV, MP3) into Ogg/Opus, mono, 48 kHz, and return its milliseconds.

    The target holds a whole voice note of at most 16 MB, or is not there.

    Raises:
        Unreadable: no sound in it, or it is too long for 16 MB. OSError: no room for it.
    """
    target = Path(target_path)
    part = target.with_name(f"{target.name}.part")
    try:
        with open(source_path, "rb") as source, open(part, "w+b") as into:
            measures = measure(Job.VOICE, source, into)
        os.replace(part, target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return measures.duration_ms or 0


def reason_in(report: bytes) -> str:
    try:
        told = json.loads(report)
    except ValueError:
        return ""
    return str(told.get("refused", ""))[:300] if isinstance(told, dict) else ""


def measures_in(report: bytes) -> Measures:
    """The report as our own types: whoever wrote it had a stranger's file in its hands."""
    try:
        told = json.loads(report)
    except ValueError as error:
        raise Unreadable("no report") from error
    if not isinstance(told, dict):
        raise Unreadable("no report")
    heights = told.get("waveform")
    return Measures(
        width=whole(told.get("width"), 100_000),
        height=whole(told.get("height"), 100_000),
        duration_ms=whole(told.get("duration_ms"), 2**31 - 1),
        pages=whole(told.get("pages"), 2**31 - 1),
        waveform=tuple(whole(each, 100) or 0 for each in heights[:64]) if isinstance(heights, list) else None,
        has_preview=told.get("has_preview") is True,
    )


def whole(value: object, largest: int) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= largest else None
