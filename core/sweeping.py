"""The many small turns of a sweeper, each by itself."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

logger = logging.getLogger(__name__)


def one_by_one(turn: Callable[..., object], rows: Iterable[tuple[Any, ...]]) -> int:
    """Take a turn with each row's values; return how many were for us to take (its answer is true).

    One that fails is logged and tried again by the next sweep: what stands behind it is due as well, and must not wait for its mending.
    """
    taken = 0
    for row in rows:
        try:
            taken += bool(turn(*row))
        except Exception:
            logger.exception("sweeping: %s of %s failed", getattr(turn, "__name__", turn), row[:1])
    return taken
