"""Where files lie. All code asks Django's storage API; every failure to keep a file is an OSError, whoever the storage is.

A file is there whole or not at all: a name that can be read never leads to half of it, also after a full disk or a cut.
"""

from __future__ import annotations

import datetime
import os
import uuid
from pathlib import Path
from typing import Any, Final

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage

# Parts lie in one folder of their own, so that what a killed process left behind is found without walking all files.
PARTS: Final = ".parts"


class WholeFileStorage(FileSystemStorage):
    """Files below MEDIA_ROOT: written beside their place, forced to the disk, then moved in one step.

    Names are made of row ids, so an earlier try under the same name is replaced, never kept beside it.
    """

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name

    def _save(self, name: str, content: File[Any]) -> str:
        target = Path(self.path(name))
        part = Path(self.path(f"{PARTS}/{uuid.uuid4().hex}"))
        part.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(part, "xb") as file:
                for chunk in content.chunks(256 * 1024):
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            if self.file_permissions_mode is not None:
                part.chmod(self.file_permissions_mode)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(part, target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        self._settle_folder(target.parent)
        return name

    def _settle_folder(self, folder: Path) -> None:
        # The name itself lies in the folder: without this a power cut may take it back.
        descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def clear_parts(storage: Storage, *, before: datetime.datetime) -> int:
    """Delete the parts that killed processes left and that are older than `before`; return how many."""
    try:
        _, names = storage.listdir(PARTS)
    except (FileNotFoundError, NotImplementedError):
        return 0
    old = [name for name in names if storage.get_modified_time(f"{PARTS}/{name}") < before]
    for name in old:
        storage.delete(f"{PARTS}/{name}")
    return len(old)
