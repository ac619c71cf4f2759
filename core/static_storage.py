"""Static files by their hashed names, each that is text beside itself compressed: nobody compresses at every request."""

import gzip
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage

TEXTS = frozenset({".css", ".js", ".json", ".svg", ".txt"})


class CompressedManifestStorage(ManifestStaticFilesStorage):
    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        yield from super().post_process(paths, dry_run=dry_run, **options)
        if not dry_run:
            for name in sorted(set(self.hashed_files.values())):
                compress(Path(self.path(name)))


def compress(path: Path) -> None:
    """Put `<name>.gz` beside a text, once: under a hashed name the content is always the same."""
    packed = path.with_name(f"{path.name}.gz")
    if path.suffix not in TEXTS or packed.exists():
        return
    # Renamed into place: a server that runs meanwhile never reads half a file.
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    part.replace(packed)
