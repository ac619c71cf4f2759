"""Empty tables after a test that committed, in some milliseconds instead of Django's half second.

Django's own way (`flush`) truncates every table there is, a hundred of them, and then makes content types and permissions anew. Here
only tables that have rows are emptied, by DELETE where the rows are few; content types and permissions stay as they were made, once.
What it cannot do (many rows, somebody touched what stays) is left to Django's own way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.test import TransactionTestCase

KEPT = (ContentType, Permission)
# Beyond it TRUNCATE is faster, and leaves no dead rows for the next test to walk through.
FEW_ROWS = 3_000

kept_before: list[list[tuple[Any, ...]]] = []


def clear_by_need(monkeypatch: Any) -> None:
    """Let every test that commits clean up so, for as long as the patch lasts. Asked before the first test, on the fresh database."""
    kept_before[:] = kept_now()
    by_django: Callable[[TransactionTestCase], None] = TransactionTestCase._fixture_teardown

    def clear(case: TransactionTestCase) -> None:
        if case.reset_sequences or case.available_apps is not None or not clear_filled_tables():
            by_django(case)
            kept_before[:] = kept_now()

    monkeypatch.setattr(TransactionTestCase, "_fixture_teardown", clear)


def clear_filled_tables() -> bool:
    """Empty the tables that have rows. False, and nothing is done: that is Django's to do."""
    kept = {model._meta.db_table for model in KEPT}
    tables = [name for name in connection.introspection.django_table_names(only_existing=True) if name not in kept]
    if kept_now() != kept_before:
        return False
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(count_up_to(each) for each in tables))
        filled = [(name, rows) for name, rows in cursor.fetchall() if rows]
        if sum(rows for _name, rows in filled) > FEW_ROWS:
            return False
        if filled:
            # In any order: keys are checked at the end.
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            cursor.execute("; ".join(f"DELETE FROM {quoted(name)}" for name, _rows in filled))
    return True


def count_up_to(table: str) -> str:
    """How many rows, as far as it matters."""
    return f"SELECT '{table}', (SELECT count(*) FROM (SELECT FROM {quoted(table)} LIMIT {FEW_ROWS + 1}) AS first)"


def kept_now() -> list[list[tuple[Any, ...]]]:
    return [list(model._default_manager.order_by("pk").values_list()) for model in KEPT]


def quoted(name: str) -> str:
    return connection.ops.quote_name(name)
