"""`python -P core/alive.py <queue>`: ends with 0 when a worker served this queue of late, else with 1. For a container's health check.

It is run by its path and imports nothing of ours: Django would take a second of processor every time it is asked. The sign is left
by core.signs; Redis forgets it by itself.
"""

from __future__ import annotations

import os
import sys
from urllib.parse import unquote, urlsplit

import redis


def alive_key(database: str, queue: str) -> str:
    return f"alive:{database}:{queue}"


def is_served(queue: str) -> bool:
    database = unquote(urlsplit(os.environ["DATABASE_URL"]).path.lstrip("/"))
    client = redis.Redis.from_url(os.environ["REDIS_URL"], socket_timeout=2, socket_connect_timeout=2)
    return bool(client.exists(alive_key(database, queue)))


if __name__ == "__main__":
    try:
        sys.exit(0 if is_served(sys.argv[1]) else 1)
    except redis.RedisError as error:
        sys.exit(f"redis: {type(error).__name__}")
