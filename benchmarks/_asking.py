"""Asking the questions at two sizes in turn, and timing what the product does and what its SQL costs alone."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from benchmarks._questions import Ask, Question

Statement = tuple[str, Any]
SCAN = re.compile(
    r"(?:Index Scan|Index Only Scan|Bitmap Index Scan)(?: Backward)? (?:using|on) (\w+)|(Seq Scan on \w+)"
)


@dataclass
class Asked:
    """One question at one size: times in milliseconds, each of the SQL's beside a primary-key round trip of the same moment."""

    question: Question
    statements: list[Statement]
    rows: int
    key_ms: list[float] = field(default_factory=list)
    sql_ms: list[float] = field(default_factory=list)
    product_ms: list[float] = field(default_factory=list)

    @property
    def of_key(self) -> float:
        return median(self.sql_ms) / median(self.key_ms)


@contextmanager
def connected_to(wrapper: BaseDatabaseWrapper) -> Iterator[None]:
    """Let the product's «default» be this database for a while."""
    before = connections["default"]
    connections["default"] = wrapper
    try:
        yield
    finally:
        connections["default"] = before


def add_database(alias: str, name: str) -> BaseDatabaseWrapper:
    """Make another database of the same server known to Django."""
    connections.databases[alias] = {**connections.databases["default"], "NAME": name}
    return connections[alias]


def prepare(question: Question) -> Asked:
    """Ask once, keeping what was sent."""
    sent: list[Statement] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        sent.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        question.ask()
    return Asked(question=question, statements=sent, rows=sum(len(run(statement)) for statement in sent))


def time_once(asked: Asked, key: Statement) -> None:
    asked.key_ms.append(timed(lambda: run(key)))
    asked.sql_ms.append(timed(lambda: [run(statement) for statement in asked.statements]))
    asked.product_ms.append(timed(asked.question.ask))


def run(statement: Statement) -> list[Any]:
    """As Django runs it, through the same cursor, without making or reading objects."""
    with connection.cursor() as cursor:
        cursor.execute(*statement)
        return list(cursor.fetchall()) if cursor.description else []


def timed(work: Ask) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def plan_of(statement: Statement) -> str:
    """Which indexes were read, how many of the buffers, and whether a table was read from end to end."""
    sql, params = statement
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) {sql}", params)
        text = "\n".join(line for (line,) in cursor.fetchall())
    used = dict.fromkeys(index or scan for index, scan in SCAN.findall(text))
    buffers = re.search(r"Buffers: shared (?:hit=(\d+))?(?: ?read=(\d+))?", text)
    pages = sum(int(each or 0) for each in buffers.groups()) if buffers else 0
    return f"{', '.join(used)}; {pages:,} pages"
