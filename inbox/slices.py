"""Rows of several ids and statuses, each read from its own index and cut early: the SQL that the ORM cannot write.

The conditions are the ORM's own, compiled: what a filter means is said in one place (filters.py), here only how it is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from inbox.audience import Arm
from inbox.models.conversation import Conversation

Sql = tuple[str, tuple[Any, ...]]


# So many found rows are sorted at once; where there are more, reading in order soon meets enough of them.
FEW = 2_000


@dataclass(frozen=True)
class Slice:
    """Rows led by an arm, in some statuses, under a condition."""

    arm: Arm
    statuses: tuple[str, ...]
    condition: Q
    # No index has the order asked for, but the rows are few: they are read whole, and sorted with the others.
    is_short: bool = False

    def read(self, columns: Sequence[str], *, ordering: Sequence[str] = (), limit: int | None = None) -> Sql:
        """The rows; with a limit, the first in order of every id in every status: too many are read, never too few."""
        rows = Conversation.objects.filter(self.condition).order_by().values_list(*columns)
        whole = rows.filter(self.arm.lead(), status__in=self.statuses)
        if self.is_short:
            return compiled(whole)
        if not ordering and not self.arm.column:
            return compiled(whole[:limit])
        leads: list[str] = []
        params: list[Any] = []
        if len(self.statuses) == 1:
            # The word itself: only so are partial indexes used.
            rows = rows.filter(status=self.statuses[0])
        else:
            rows = rows.filter(status=RawSQL("step.status", ()))
            leads.append("unnest(%s::text[]) step(status)")
            params.append(list(self.statuses))
        if len(self.arm.ids) < 2:
            rows = rows.filter(self.arm.lead())
        else:
            rows = rows.filter(**{self.arm.column: RawSQL("arm.id", ())})
            leads.append("unnest(%s::bigint[]) arm(id)")
            params.append(list(self.arm.ids))
        sql, inner_params = compiled(rows.order_by(*ordering)[:limit])
        if not leads:
            return sql, inner_params
        return across(leads, sql, is_cut=limit is not None), (*params, *inner_params)


def across(leads: Sequence[str], sql: str, *, is_cut: bool) -> str:
    """The rows of every id and status: a LATERAL join, planned once however many there are.

    Rejected: a UNION with a branch for each, which took three times as long to plan as to run. OFFSET 0 keeps the planner from
    turning it into an ordinary join, which it misjudges: it takes «live» and «of these statuses» for independent.
    """
    return f"SELECT found.* FROM {' CROSS JOIN '.join(leads)} CROSS JOIN LATERAL ({sql}{'' if is_cut else ' OFFSET 0'}) found"  # noqa: S608  # compiled by the ORM


def in_order(slices: Sequence[Slice], *, ordering: tuple[str, str], limit: int) -> list[tuple[Any, int]]:
    """Return the first (column, id) of all slices together, each row once."""
    column = ordering[0].removeprefix("-")
    merged, params = union(
        [each.read((column, "id"), ordering=ordering, limit=limit) for each in slices if each.statuses]
    )
    if not merged:
        return []
    direction = "DESC" if ordering[0].startswith("-") else "ASC"
    sql = f"SELECT DISTINCT at, id FROM ({merged}) merged(at, id) ORDER BY at {direction}, id {direction} LIMIT %s"  # noqa: S608  # as above
    return run(sql, (*params, limit))


def few_in_order(found: Slice, *, ordering: tuple[str, str], limit: int) -> list[tuple[Any, int]] | None:
    """Return the same of a slice whose condition finds few rows, or None where it finds many.

    Not left to the planner: it guesses how common the words are, and where it is wrong it reads half a million rows in order.
    """
    if not found.statuses:
        return []
    sql, params = found.read((ordering[0].removeprefix("-"), "id"), limit=FEW + 1)
    direction = "DESC" if ordering[0].startswith("-") else "ASC"
    rows = run(
        f"SELECT at, id, count(*) OVER () FROM ({sql}) found(at, id) ORDER BY at {direction}, id {direction} LIMIT %s",  # noqa: S608  # as above
        (*params, limit),
    )
    return None if rows and rows[0][2] > FEW else [(at, pk) for at, pk, _all in rows]


def count_by_status(
    live: Sequence[Slice], closed: Sequence[Slice], *, user_id: int, cap: int
) -> dict[str, dict[str, int]]:
    """Return {status: {"all", "unread", "unanswered", "mine"}} of slices that share no row; the closed ones are counted to the cap.

    One round trip. Grouping by status costs half of what a FILTER for each tray does.
    """
    columns = ("status", "unread", "waiting_since", "assignee_id")
    counted, params = union([each.read(columns) for each in live if each.statuses])
    sql = (
        "SELECT status, count(*), count(*) FILTER (WHERE unread > 0), count(waiting_since), "  # noqa: S608  # as above
        f"count(*) FILTER (WHERE assignee_id = %s) FROM ({counted}) live({', '.join(columns)}) GROUP BY status"
    )
    params = (user_id, *params)
    capped, more = union([each.read(("status",), limit=cap) for each in closed if each.statuses])
    if capped:
        sql += f" UNION ALL SELECT 'closed', count(*), 0, 0, 0 FROM (SELECT FROM ({capped}) each LIMIT %s) closed"  # noqa: S608  # as above
        params = (*params, *more, cap)
    names = ("all", "unread", "unanswered", "mine")
    return {status: dict(zip(names, figures, strict=True)) for status, *figures in run(sql, params)}


def union(parts: Sequence[Sql]) -> Sql:
    return " UNION ALL ".join(f"({sql})" for sql, _params in parts), tuple(
        value for _sql, params in parts for value in params
    )


def compiled(queryset: QuerySet[Any, Any]) -> Sql:
    return queryset.query.sql_with_params()


def run(sql: str, params: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()
