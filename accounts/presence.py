"""Who has the panel open: a set in Redis that sockets keep fresh. A courtesy: nothing depends on it being exact."""

from __future__ import annotations

import logging
import time
from typing import Any

from redis.exceptions import RedisError

from core.realtime.bus import channel_name, client

logger = logging.getLogger(__name__)

FRESH_SECONDS = 45


def key() -> str:
    return f"{channel_name()}:presence"


def note_connected(user_id: int) -> bool:
    """Keep a user among the connected; tell whether they were not there before."""
    try:
        previous = client().zscore(key(), str(user_id))
        client().zadd(key(), {str(user_id): time.time()})
    except RedisError as error:
        logger.warning("presence away: %s", type(error).__name__)
        return False
    return previous is None or float(previous) < time.time() - FRESH_SECONDS


def note_gone(user_id: int) -> None:
    try:
        client().zrem(key(), str(user_id))
    except RedisError as error:
        logger.warning("presence away: %s", type(error).__name__)


def connected_user_ids() -> set[int]:
    """Everybody heard of in the last 45 s; empty while Redis is away."""
    try:
        client().zremrangebyscore(key(), "-inf", time.time() - 10 * FRESH_SECONDS)
        fresh: Any = client().zrangebyscore(key(), time.time() - FRESH_SECONDS, "+inf")
        return {int(each) for each in fresh}
    except RedisError as error:
        logger.warning("presence away: %s", type(error).__name__)
        return set()
