"""The cache is a convenience: while Redis is away people still sign in and work (R07)."""

from __future__ import annotations

import logging
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


class OutageTolerantRedisCache(RedisCache):
    """Django's Redis cache that answers "not there" while Redis is away.

    Throttles fail open by this, a decision: a restart of Redis must not lock a whole contact centre out. It is logged.
    """

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self.tolerate(super().add, True, *args, **kwargs))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self.tolerate(super().get, default, key, default, version)

    def set(self, *args: Any, **kwargs: Any) -> None:
        self.tolerate(super().set, None, *args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self.tolerate(super().delete, False, *args, **kwargs))

    def incr(self, *args: Any, **kwargs: Any) -> int:
        return int(self.tolerate(super().incr, 0, *args, **kwargs))

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self.tolerate(super().touch, False, *args, **kwargs))

    def tolerate(self, call: Any, otherwise: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return call(*args, **kwargs)
        except RedisError as error:
            logger.warning("cache away: %s", type(error).__name__)
            return otherwise
