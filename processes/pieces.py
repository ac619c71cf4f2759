"""Rows of a file that a run is making, kept chunk by chunk until the file is put together."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from core.workbooks import Fragment
from processes.models import Run, RunPiece

# On their way to be a file: stored small, never looked into.
LEVEL = 1


def keep_piece(run: Run, *, number: int, piece: Fragment) -> None:
    """Keep the rows of a chunk, in the chunk's own transaction: they are there once, or the chunk was not."""
    rows, body = piece
    RunPiece.objects.create(run=run, number=number, rows=rows, body=zlib.compress(body, LEVEL))


def pieces_of(run: Run) -> Iterator[Fragment]:
    """The pieces in their order, one in memory at a time."""
    last: int | None = None
    while True:
        waiting = RunPiece.objects.filter(run=run).order_by("number")
        if last is not None:
            waiting = waiting.filter(number__gt=last)
        piece = waiting.values_list("number", "rows", "body").first()
        if piece is None:
            return
        last, rows, body = piece
        yield rows, zlib.decompress(body)
