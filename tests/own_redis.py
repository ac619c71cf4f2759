"""Gives each xdist worker a Redis database of its own. A plugin (`-p tests.own_redis`), not a part of conftest.py: pytest-django reads the
settings before any conftest, and the address must be chosen before that.

Hints, throttles and pushes of one worker never reach another, and clearing its cache clears nobody else's. 0 is left to whatever
else uses this Redis.
"""

from __future__ import annotations

import os
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


def own_address(address: str, worker: int) -> str:
    """The same Redis, with the database number of this worker."""
    parts = urlsplit(address)
    number = worker + 1
    if parts.scheme != "unix":
        return urlunsplit(parts._replace(path=f"/{number}"))
    query = urlencode(dict(parse_qsl(parts.query)) | {"db": str(number)})
    # By hand: urlunsplit drops the empty authority's slashes.
    return f"unix://{parts.path}?{query}"


# Workers of one run. Their stacks have the numbers after theirs: clearing a test's cache must empty no stack's queues.
MOST_WORKERS = 7
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw") or 0) % MOST_WORKERS

if "REDIS_URL" in os.environ:
    SHARED = os.environ["REDIS_URL"]
    os.environ["REDIS_URL"] = own_address(SHARED, WORKER)


def lone_address() -> str:
    """The Redis of a stack that has a PostgreSQL of its own. There is one at a time: its tests are one xdist group."""
    return own_address(os.environ["REDIS_URL"], 2 * MOST_WORKERS)


def stack_address() -> str:
    """The Redis of the stack that this worker starts."""
    return own_address(os.environ["REDIS_URL"], WORKER + MOST_WORKERS)


def broker_of(redis_url: str) -> str:
    """The same Redis as Celery names it."""
    path, _question, query = redis_url.removeprefix("unix://").partition("?")
    if not redis_url.startswith("unix://"):
        return redis_url
    return f"redis+socket://{path}?virtual_host={query.removeprefix('db=') or 0}"
