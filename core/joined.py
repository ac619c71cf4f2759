"""Whole rows of several models by a statement that is written out once.

Django composes its SQL anew each time. For what is asked at every message that leaves, composing cost ten times the asking
(docs/performance.md); everywhere else a QuerySet says it better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, models


class Joined:
    """Models by the alias that the statement gives their tables: `Joined(entry=OutboxEntry, message=Message)`."""

    def __init__(self, **parts: type[models.Model]) -> None:
        self.parts: Mapping[str, type[models.Model]] = parts

    @cached_property
    def columns(self) -> str:
        """What to SELECT, in the order in which `read` takes it."""
        return ", ".join(
            f"{alias}.{connection.ops.quote_name(str(field.column))}"
            for alias, model in self.parts.items()
            for field in model._meta.concrete_fields
        )

    def read(self, row: Sequence[Any]) -> tuple[dict[str, Any], Sequence[Any]]:
        """The instances by alias, None where an outer join found none; and what the statement selected after them."""
        found: dict[str, Any] = {}
        for alias, model, begin, end, names, key, converted in self.places:
            values = list(row[begin:end])
            if values[key] is None:
                found[alias] = None
                continue
            for place, ways in converted:
                for way in ways:
                    values[place] = way(values[place], None, connection)
            found[alias] = model.from_db(DEFAULT_DB_ALIAS, names, values)
        return found, row[self.places[-1][3] :]

    @cached_property
    def places(self) -> list[tuple[str, type[models.Model], int, int, list[str], int, list[tuple[int, list[Any]]]]]:
        """Of each part: where it begins and ends, its attributes, which of them is the key, and which need more than the driver does."""
        places, begin = [], 0
        for alias, model in self.parts.items():
            fields = model._meta.concrete_fields
            converted = [(at, ways) for at, field in enumerate(fields) if (ways := field.get_db_converters(connection))]
            key = next(at for at, field in enumerate(fields) if field.primary_key)
            names = [field.attname for field in fields]
            places.append((alias, model, begin, begin + len(fields), names, key, converted))
            begin += len(fields)
        return places
