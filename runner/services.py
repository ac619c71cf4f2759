"""PostgreSQL and Redis for one run: the caller's own where DATABASE_URL or REDIS_URL says so, else started here."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from runner.children import Child, stop_children
from runner.datadir import DataFolder
from runner.postgres import passable_by_others, start_postgres
from runner.redis_server import start_redis

# The kernel allows 107 bytes for a socket's path; PostgreSQL adds "/.s.PGSQL.5432.lock".
LONGEST_SOCKET_FOLDER = 80
PLAIN_PATH = re.compile(r"[A-Za-z0-9._/-]+")


@dataclass
class Services:
    """What is up, by what address, and which processes are ours."""

    sockets: Path
    urls: dict[str, str] = field(default_factory=dict)
    children: list[Child] = field(default_factory=list)


@contextmanager
def services(folder: DataFolder, *, durable: bool = True) -> Iterator[Services]:
    """Have PostgreSQL and Redis up. `durable` False is for tests only: a crash of the machine loses their data."""
    with socket_folder(folder) as sockets:
        running = Services(sockets)
        try:
            for name, start in (("DATABASE_URL", "postgres"), ("REDIS_URL", "redis")):
                given = os.environ.get(name, "").strip()
                if given:
                    running.urls[name] = given
                    continue
                child, url = (
                    start_postgres(folder, sockets, durable=durable)
                    if start == "postgres"
                    else start_redis(folder, sockets)
                )
                running.children.append(child)
                running.urls[name] = url
            yield running
        finally:
            stop_children(running.children)


@contextmanager
def socket_folder(folder: DataFolder) -> Iterator[Path]:
    """A closed folder with a short and plain path: in the data folder where that will do, else a temporary one."""
    place = folder.path.resolve() / "sockets"
    is_reachable = os.geteuid() != 0 or passable_by_others(place)
    if len(os.fsencode(place)) <= LONGEST_SOCKET_FOLDER and PLAIN_PATH.fullmatch(str(place)) and is_reachable:
        place.mkdir(exist_ok=True)
        place.chmod(0o700)
        yield place
        return
    # /tmp by name: a long TMPDIR is what brings us here on some machines.
    temporary = Path(tempfile.mkdtemp(prefix="ventanilla-", dir="/tmp"))
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
