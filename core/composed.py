"""A QuerySet's statement composed once and asked again with other values.

Django composes its SQL anew each time. Where a question has many joins and sub-queries and is asked for every change that is pushed,
composing costs ten times what asking does (docs/performance.md). Unlike `core.joined` the question stays a QuerySet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from django.db import connection, models
from django.db.models.sql.compiler import SQLCompiler


@models.Field.register_lookup
class AnyOf(models.Lookup):
    """`filter(pk__any_of=[…])`: one parameter however many ids, where `in` writes one for each and so another statement."""

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s)", (*params, self.rhs)


class Composed:
    """Ask `question(*values).values(…)` again and again.

    Args:
        question: gives the QuerySet of dictionaries for some values. They may stand in its conditions only, each once.
        stand_ins: a value in the place of each while it is composed, unlike every other value of the statement.
    """

    def __init__(self, question: Callable[..., models.QuerySet[Any, dict[str, Any]]], *stand_ins: Any) -> None:
        self.question = question
        self.stand_ins = stand_ins

    def ask(self, *values: Any) -> list[dict[str, Any]]:
        """The rows, as the QuerySet itself would give them. One query."""
        compiler, sql, params, places, names = self.statement
        params = list(params)
        for place, value in zip(places, values, strict=True):
            params[place] = value
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            found = compiler.results_iter(results=[cursor.fetchall()], tuple_expected=True)
            return [dict(zip(names, row, strict=True)) for row in found]

    @cached_property
    def statement(self) -> tuple[SQLCompiler, str, Sequence[Any], list[int], list[str]]:
        """Its compiler, which turns columns into values; the text, the parameters, where ours stand among them, and the names."""
        query = self.question(*self.stand_ins).query
        compiler = query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        places = []
        for stand_in in self.stand_ins:
            # Equal and not of the same type: the driver has types of its own for numbers.
            found = [at for at, param in enumerate(params) if param == stand_in]
            if len(found) != 1:
                raise ValueError(f"{stand_in!r} stands {len(found)} times among the parameters of the statement.")
            places += found
        names = list(query.selected or [*query.extra_select, *query.values_select, *query.annotation_select])
        return compiler, sql, params, places, names
