"""Rows of several ids and statuses, each read in order from its own index and cut early: the SQL that the ORM cannot write.

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


@dataclass(frozen=True)
class Slice:
    """Rows led by an arm, in some statuses, under a condition."""

    arm: Arm
    statuses: tuple[str, ...]
    condition: Q

    def queryset(self) -> QuerySet[Conversation]:
        """The same rows where no order is asked for."""
        return Conversation.objects.filter(self.arm.lead() & self.condition, status__in=self.statuses)


def in_order(slices: Sequence[Slice], *, ordering: tuple[str, str], limit: int) -> list[tuple[Any, int]]:
    """Return the first (column, id) of all slices together, each row once."""
    column, _id = ordering
    parts = [first_of_each(each, ordering=ordering, limit=limit) for each in slices if each.statuses]
    if not parts:
        return []
    direction = "DESC" if column.startswith("-") else "ASC"
    merged = " UNION ALL ".join(sql for sql, _params in parts)
    sql = f"SELECT DISTINCT at, id FROM ({merged}) merged ORDER BY at {direction}, id {direction} LIMIT %s"  # noqa: S608  # parts compiled by the ORM
    return run(sql, [*(param for _sql, params in parts for param in params), limit])


def first_of_each(part: Slice, *, ordering: tuple[str, str], limit: int) -> Sql:
    """The first rows of every id in every status: a LATERAL join, planned once however many there are.

    Rejected: a UNION with a branch for each, which took three times as long to plan as to run.
    """
    rows = Conversation.objects.filter(part.condition)
    leads, lead_params = [], []
    if len(part.statuses) == 1:
        # The word itself, so that partial indexes can be used.
        rows = rows.filter(status=part.statuses[0])
    else:
        rows = rows.filter(status=RawSQL("step.status", ()))
        leads.append("unnest(%s::text[]) step(status)")
        lead_params.append(list(part.statuses))
    if len(part.arm.ids) == 1:
        rows = rows.filter(part.arm.lead())
    elif part.arm.column:
        rows = rows.filter(**{part.arm.column: RawSQL("arm.id", ())})
        leads.append("unnest(%s::bigint[]) arm(id)")
        lead_params.append(list(part.arm.ids))
    sql, params = compiled(rows.order_by(*ordering).values_list(ordering[0].removeprefix("-"), "id")[:limit])
    if not leads:
        return f"SELECT at, id FROM ({sql}) found(at, id)", params  # noqa: S608  # compiled by the ORM
    joined = f"{' CROSS JOIN '.join(leads)} CROSS JOIN LATERAL ({sql}) found(at, id)"
    return f"SELECT found.at, found.id FROM {joined}", (*lead_params, *params)  # noqa: S608  # as above


def count_by_status(
    live: Sequence[Slice], closed: Sequence[Slice], *, user_id: int, cap: int
) -> dict[str, dict[str, int]]:
    """Return {status: {"all", "unread", "unanswered", "mine"}} of slices that share no row; the closed ones are counted to the cap.

    One round trip. Grouping by status costs half of what a FILTER for each tray does.
    """
    counted, params = union_of(live, "status", "unread", "waiting_since", "assignee_id")
    sql = (
        "SELECT status, count(*), count(*) FILTER (WHERE unread > 0), count(waiting_since), "  # noqa: S608  # parts compiled by the ORM
        f"count(*) FILTER (WHERE assignee_id = %s) FROM ({counted}) live(status, unread, waiting_since, assignee_id) GROUP BY status"
    )
    params = (user_id, *params)
    if any(each.statuses for each in closed):
        counted, more = union_of(closed, "status")
        sql += f" UNION ALL SELECT 'closed', count(*), 0, 0, 0 FROM ({counted} LIMIT %s) closed"  # noqa: S608  # as above
        params = (*params, *more, cap)
    names = ("all", "unread", "unanswered", "mine")
    return {status: dict(zip(names, figures, strict=True)) for status, *figures in run(sql, params)}


def union_of(slices: Sequence[Slice], *columns: str) -> Sql:
    parts = [compiled(each.queryset().values_list(*columns)) for each in slices if each.statuses]
    return " UNION ALL ".join(sql for sql, _params in parts), tuple(param for _sql, params in parts for param in params)


def compiled(queryset: QuerySet[Any, Any]) -> Sql:
    return queryset.query.sql_with_params()


def run(sql: str, params: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()
