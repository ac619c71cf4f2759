"""Many rows in one statement: COPY for new ones, `UPDATE … FROM` for known ones (PERFORMANCE.md, "Storing messages").

Names of tables and columns come from the models; values never become part of the SQL's text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

import orjson
from django.db import connection, models


def copy_rows(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """Insert the rows by COPY, in their order. Each has its key afterwards; columns with a default of the database are left to it.

    Nothing here skips a row that is there already: the caller holds the locks that make it new, and the unique constraints are the
    arbiter.

    Raises:
        DatabaseError: as an INSERT would, for all rows together.
    """
    if not rows:
        return
    give_keys(model, rows)
    # Without a default of ours as well, an attribute that nobody set holds no value.
    fields = [field for field in model._meta.concrete_fields if field.has_default() or not field.has_db_default()]
    read = attrgetter(*(field.attname for field in fields))
    own_ways = [(place, way) for place, field in enumerate(fields) if (way := own_way(field)) is not None]
    columns = ", ".join(quoted(field.column) for field in fields)
    command = f"COPY {quoted(model._meta.db_table)} ({columns}) FROM STDIN"
    # Django wraps the errors of `execute` only.
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(command) as copy:
        for row in rows:
            values = list(read(row))
            for place, way in own_ways:
                values[place] = way(row, values[place])
            copy.write_row(values)


def give_keys(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """Take the next keys of the table for rows that have none, so that they may point to each other before they are stored."""
    waiting = [row for row in rows if row.pk is None]
    if not waiting:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [model._meta.db_table, model._meta.pk.column, len(waiting)],
        )
        for row, (key,) in zip(waiting, cursor.fetchall(), strict=True):
            row.pk = key


def own_way(field: models.Field[Any, Any]) -> Callable[[models.Model, Any], Any] | None:
    """How the values of a field that needs more than its attribute reach the database; None for all others."""
    if isinstance(field, models.JSONField):
        return lambda _row, value: orjson.dumps(value).decode()
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return lambda row, _value: field.pre_save(row, add=True)
    return None


def update_from(model: type[models.Model], rows: Sequence[models.Model], *names: str) -> int:
    """Write the named fields of all rows in one statement; return how many rows there were. The caller holds the rows' locks.

    Never `bulk_update`: its CASE for every value of every row took ten times as long.
    """
    if not rows:
        return 0
    known = {field.name: field for field in model._meta.concrete_fields}
    key, fields = model._meta.pk, [known[name] for name in names]
    table, key_column = quoted(model._meta.db_table), quoted(key.column)
    shape = ", ".join(f"{quoted(field.column)} {type_of(field)}" for field in (key, *fields))
    changes = ", ".join(f"{quoted(field.column)} = new.{quoted(field.column)}" for field in fields)
    # As JSON the rows are one parameter, whatever their number, and are written by compiled code.
    columns, read = [str(field.column) for field in (key, *fields)], attrgetter(*(f.attname for f in (key, *fields)))
    values = orjson.dumps([dict(zip(columns, read(row), strict=True)) for row in rows])
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {changes} FROM json_to_recordset(%s::json) AS new({shape})"  # noqa: S608  # names are the model's
            f" WHERE {table}.{key_column} = new.{key_column}",
            [values.decode()],
        )
        return int(cursor.rowcount)


def quoted(name: str | None) -> str:
    return connection.ops.quote_name(str(name))


def type_of(field: models.Field[Any, Any]) -> str:
    """The column's type without its length: a cast to `varchar(160)` would cut a long value where the column refuses it."""
    kind = field.rel_db_type(connection) if field.primary_key else field.db_type(connection)
    return str(kind).partition("(")[0]
