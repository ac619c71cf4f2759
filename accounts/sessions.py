"""How long a session lives (S16): a working day at most, and an hour without a human action.

Times are kept in the session itself, which the socket reads too; a background poll (header `X-Background: 1`) and the socket's
heartbeat do not count as a human action.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings

STARTED = "started_at"
ACTIVE = "active_at"
# Writing the session at every request would cost a write per request; a minute's grain is enough for an hour's limit.
GRAIN_SECONDS = 60


def is_expired(session: Mapping[str, Any], *, now: float | None = None) -> bool:
    """Tell whether the session outlived its day or its idle hour. A session without times (just begun) is not expired."""
    now = time.time() if now is None else now
    started = session.get(STARTED, now)
    active = session.get(ACTIVE, now)
    return now - started > settings.SESSION_COOKIE_AGE or now - active > settings.SESSION_IDLE_SECONDS


def digest(session_key: str | None) -> str:
    """A name for a session that may travel through Redis: it cannot be turned back into the cookie."""
    return hashlib.sha256((session_key or "").encode()).hexdigest()[:32]
