"""Who has the panel open: one entry per user and session in Redis, which sockets keep fresh.

A courtesy: nothing depends on it being exact, and while Redis is away everybody is taken to be here.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import Any

from redis.exceptions import RedisError

from core.realtime.bus import channel_name, client

logger = logging.getLogger(__name__)

FRESH_SECONDS = 45
KEPT_SECONDS = 24 * 3600


def key() -> str:
    return f"{channel_name()}:presence"


def note_connected(user_id: int, session_digest: str) -> bool:
    """Keep a session among the connected; tell whether its user was not there before."""
    is_new = user_id not in connected_user_ids()
    try:
        client().zadd(key(), {f"{user_id}:{session_digest}": time.time()})
        client().zremrangebyscore(key(), "-inf", time.time() - KEPT_SECONDS)
    except RedisError as error:
        logger.warning("presence away: %s", type(error).__name__)
        return False
    return is_new


def note_gone(user_id: int, session_digest: str) -> None:
    try:
        client().zrem(key(), f"{user_id}:{session_digest}")
    except RedisError as error:
        logger.warning("presence away: %s", type(error).__name__)


def connected_user_ids(*, within_seconds: float = FRESH_SECONDS) -> set[int]:
    """Everybody heard of lately; empty while Redis is away."""
    return {user_id for user_id, _digest in connected(within_seconds) or ()}


def here_among(user_ids: Iterable[int], *, within_seconds: float = FRESH_SECONDS) -> set[int]:
    """Those of the users whose panel is open, or was a moment ago; all of them while nothing can be said."""
    heard = connected(within_seconds)
    return set(user_ids) if heard is None else set(user_ids) & {user_id for user_id, _digest in heard}


def has_other_session(user_id: int, session_digest: str) -> bool:
    """Tell whether the user has the panel open in another browser too."""
    return any(each == user_id and digest != session_digest for each, digest in connected(FRESH_SECONDS) or ())


def is_known() -> bool:
    """Tell whether anything can be said at all: False while Redis is away."""
    return connected(FRESH_SECONDS) is not None


def connected(within_seconds: float) -> list[tuple[int, str]] | None:
    try:
        fresh: Any = client().zrangebyscore(key(), time.time() - within_seconds, "+inf")
    except RedisError as error:
        logger.warning("presence away: %s", type(error).__name__)
        return None
    pairs = [each.decode().partition(":") for each in fresh]
    return [(int(user_id), digest) for user_id, _colon, digest in pairs if user_id.isdigit()]
