"""Indexes that a migration makes beside whoever writes, and that it may be asked for again: one that stopped halfway goes on where it was."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently, NotInTransactionMixin
from django.db.migrations import AddConstraint


class MakeIndex(AddIndexConcurrently):
    """`AddIndexConcurrently` that leaves an index alone which is there already."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if not is_made(schema_editor, self.index.name):
            super().database_forwards(app_label, schema_editor, from_state, to_state)


class MakeUniqueIndex(NotInTransactionMixin, AddConstraint):
    """A unique constraint with a condition, which is an index to PostgreSQL: made as one, without holding the table."""

    atomic = False

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self._ensure_not_in_transaction(schema_editor)
        model = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        if not is_made(schema_editor, self.constraint.name):
            made = str(self.constraint.create_sql(model, schema_editor))
            schema_editor.execute(
                made.replace("CREATE UNIQUE INDEX", "CREATE UNIQUE INDEX CONCURRENTLY", 1), params=None
            )

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self._ensure_not_in_transaction(schema_editor)
        name = schema_editor.quote_name(self.constraint.name)
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}", params=None)


def is_made(schema_editor: Any, name: str) -> bool:
    """Whether an index is there and whole. What a build that stopped left of it is taken away: PostgreSQL keeps it, and never uses it."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [name])
        found = cursor.fetchone()
    if found is not None and not found[0]:
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(name)}", params=None)
    return bool(found and found[0])
