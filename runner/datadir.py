"""The data folder: ours or not, in use or not, and the small files in it."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.terminal import Refusal

MARKER = ".ventanilla"
LOCK = "run.lock"
MARKER_TEXT = "Made by run.py. `python3 run.py --fresh` wipes this folder; without this file it refuses to.\n"
RUNTIME_WAIT_SECONDS = 60
# What survives --fresh: a lock must not vanish from under its holder.
KEPT_BY_FRESH = (MARKER, LOCK)
# Where root keeps what `nobody` must reach when the checkout itself is closed to others (/root, a 0700 temporary folder).
ROOT_STORE = Path("/var/lib/ventanilla")


@dataclass(frozen=True)
class DataFolder:
    """A folder made by run.py. Everything an installation keeps is in it."""

    path: Path

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def media(self) -> Path:
        return self.path / "media"

    @property
    def cluster(self) -> Path:
        return self.path / "postgres"

    @property
    def stamps(self) -> Path:
        return self.path / "stamps.json"

    @property
    def runtime(self) -> Path:
        return self.path / "runtime.json"


def open_data_folder(path: Path) -> DataFolder:
    """Return the folder, made when missing.

    Raises:
        Refusal: when it holds something that run.py did not put there.
    """
    try:
        refuse_foreign_folder(path)
        path.mkdir(parents=True, exist_ok=True)
        # As root, PostgreSQL runs as `nobody` and must pass through; it sees none of the folders below but its own.
        path.chmod(0o711 if os.geteuid() == 0 else 0o700)
        (path / MARKER).write_text(MARKER_TEXT)
        for private in ("logs", "media"):
            (path / private).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise Refusal(f"{path} cannot be used: {error.strerror}. Choose another folder: --data DIR") from error
    return DataFolder(path)


def refuse_foreign_folder(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise Refusal(f"{path} is a file; --data takes a folder.")
    if path.is_dir() and any(path.iterdir()) and not (path / MARKER).exists():
        raise Refusal(f"{path} is not empty and was not made by run.py; it is left alone. Choose another: --data DIR")


@contextmanager
def lock(folder: DataFolder) -> Iterator[None]:
    """Hold the folder for ourselves. The kernel lets go of the lock however we die, so it is never stale.

    Raises:
        Refusal: when another run.py holds it.
    """
    with (folder.path / LOCK).open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Refusal(in_use_sentence(folder)) from None
        # What a killed run left says nothing about us: `manage` would go to services that are gone.
        folder.runtime.unlink(missing_ok=True)
        try:
            yield
        finally:
            folder.runtime.unlink(missing_ok=True)


def in_use_sentence(folder: DataFolder) -> str:
    runtime = read_json(folder.runtime)
    where = f" at {runtime['address']}" if runtime.get("address") else ""
    return (
        f"Ventanilla already runs on {folder.path}{where}. Use that one, end it with Ctrl-C where it runs, "
        "or start another beside it: --data DIR --port N"
    )


def is_in_use(folder: DataFolder) -> bool:
    with (folder.path / LOCK).open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def wipe(folder: DataFolder) -> None:
    """Remove everything in the folder. The caller holds its lock."""
    for entry in folder.path.iterdir():
        if entry.name not in KEPT_BY_FRESH:
            remove(entry)


def remove(entry: Path) -> None:
    """Remove a file or folder, and what a link of ours into ROOT_STORE points at (never what any other link points at)."""
    if entry.is_symlink():
        target = entry.resolve()
        if target.is_relative_to(ROOT_STORE):
            shutil.rmtree(target, ignore_errors=True)
        entry.unlink()
    elif entry.is_dir():
        shutil.rmtree(entry)
    else:
        entry.unlink(missing_ok=True)


@contextmanager
def temporary_data_folder(purpose: str, parent: Path | None = None) -> Iterator[DataFolder]:
    """A data folder for one run, held and then removed. Also sweeps what killed runs left."""
    parent = parent or Path(tempfile.gettempdir())
    prefix = f"ventanilla-{purpose}-"
    sweep(parent, prefix)
    folder = open_data_folder(Path(tempfile.mkdtemp(prefix=prefix, dir=parent)))
    try:
        with lock(folder):
            yield folder
    finally:
        with suppress(OSError):
            destroy(folder)


def sweep(parent: Path, prefix: str) -> None:
    for path in parent.glob(f"{prefix}*"):
        with suppress(OSError):
            # Ours alone: in a shared /tmp anybody may have made a folder of that name.
            if path.lstat().st_uid == os.geteuid() and (path / MARKER).exists() and not is_in_use(DataFolder(path)):
                destroy(DataFolder(path))


def destroy(folder: DataFolder) -> None:
    wipe(folder)
    shutil.rmtree(folder.path)


def read_secrets(folder: DataFolder) -> dict[str, str]:
    """Return the installation's secrets, made once. Losing them would lock out sealed fields and sessions: never overwritten.

    Raises:
        Refusal: when the file is damaged.
    """
    file = folder.path / "secrets.json"
    kept: dict[str, str] = {}
    if file.exists():
        kept = read_json(file)
        if not kept:
            raise Refusal(
                f"{file} is damaged. Restore it from a backup: without it, stored credentials cannot be read."
            )
    made = {name: make() for name, make in SECRETS.items() if name not in kept}
    if made:
        write_private(file, kept | made)
    return kept | made


def field_key() -> str:
    return "k1:" + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def spoken_password() -> str:
    """A password to read aloud: four syllable pairs, about 40 bits, and only ever on a demo that listens on this machine."""
    syllables = [secrets.choice("bcdfglmnprstv") + secrets.choice("aeiou") for _ in range(8)]
    return "-".join("".join(pair) for pair in zip(syllables[::2], syllables[1::2], strict=True))


SECRETS = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(50),
    "FIELD_KEYS": field_key,
    "META_APP_SECRET": lambda: secrets.token_hex(16),
    "META_VERIFY_TOKEN": lambda: secrets.token_urlsafe(24),
    "DEMO_TOKEN": lambda: "EAAdemo" + secrets.token_urlsafe(40),
    "DEMO_PASSWORD": spoken_password,
}


def read_json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def write_private(file: Path, content: dict[str, Any]) -> None:
    """Write JSON for our eyes only, whole or not at all, and on the disk before it is relied upon."""
    half = file.with_name(f"{file.name}.{os.getpid()}")
    with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
        json.dump(content, handle, indent=1)
        handle.flush()
        os.fsync(handle.fileno())
    half.replace(file)


def wait_for_runtime(folder: DataFolder) -> dict[str, Any]:
    """Return what a running instance says of itself, or nothing when none runs. One that is starting is waited for."""
    deadline = time.monotonic() + RUNTIME_WAIT_SECONDS
    while is_in_use(folder):
        runtime = read_json(folder.runtime)
        if runtime:
            return runtime
        if time.monotonic() > deadline:
            raise Refusal(
                f"Another run.py holds {folder.path} but does not get to its services. Look at {folder.logs}."
            )
        time.sleep(0.2)
    return {}
