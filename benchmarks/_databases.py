"""Databases of the benchmark's own, copied from the empty, migrated one it was given: whatever that holds is never touched."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, unquote, urlsplit

import django
import psycopg
from django.db import connection
from psycopg import sql

LEAVING_SECONDS = 10


def set_up_beside(suffix: str) -> tuple[str, str]:
    """Set Django up for a database of our own, before anything that needs its models is imported; return the given address and ours.

    The database is made later, by `copied`: nothing connects before.
    """
    given = os.environ["DATABASE_URL"]
    os.environ["DATABASE_URL"] = own = beside(given, suffix)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    return given, own


def let_go_of_the_database() -> None:
    """Leave, so that it can be copied or dropped."""
    connection.close()
    connection.close_pool()


def beside(url: str, suffix: str) -> str:
    """The address of a database of our own on the same server."""
    return with_name(url, f"{name_in(url)}_bench_{suffix}")


@contextmanager
def copied(source: str, copy: str) -> Iterator[None]:
    """Have a copy of `source` at `copy`, both on one server, and drop it afterwards. Nobody may be connected to the source."""
    with psycopg.connect(with_name(source, "postgres"), autocommit=True) as straight:
        names = {"copy": sql.Identifier(name_in(copy)), "source": sql.Identifier(name_in(source))}
        drop = sql.SQL("DROP DATABASE IF EXISTS {copy} WITH (FORCE)").format(**names)
        straight.execute(drop)
        wait_until_nobody_is_connected(straight, name_in(source))
        straight.execute(sql.SQL("CREATE DATABASE {copy} TEMPLATE {source}").format(**names))
        try:
            yield
        finally:
            straight.execute(drop)


def wait_until_nobody_is_connected(straight: psycopg.Connection, name: str) -> None:
    """Those who have just left are still there for a moment."""
    until = time.monotonic() + LEAVING_SECONDS
    question = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
    while time.monotonic() < until and straight.execute(question, [name]).fetchone() != (0,):
        time.sleep(0.05)


def name_in(url: str) -> str:
    return unquote(urlsplit(url).path.lstrip("/"))


def with_name(url: str, name: str) -> str:
    # Not urlunsplit: it drops the empty host of `postgresql:///name?host=/socket`.
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/{quote(name)}" + (f"?{parts.query}" if parts.query else "")
