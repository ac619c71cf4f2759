"""For migrations: what goes with a row of another table goes with it in the database, too."""

from __future__ import annotations

from typing import Any

from django.db import migrations


def cascade_in_database(table: str, column: str) -> migrations.RunPython:
    """Return the step that gives a foreign key ON DELETE CASCADE, under the name it has.

    `on_delete=CASCADE` alone deletes what Django has read: a row that another transaction commits between that and the deletion breaks it
    at its commit. Django goes on deleting first; the database takes along what came late.
    """

    def run(_apps: Any, schema_editor: Any) -> None:
        with schema_editor.connection.cursor() as cursor:
            constraints = schema_editor.connection.introspection.get_constraints(cursor, table)
        name, (to_table, to_column) = next(
            (name, each["foreign_key"])
            for name, each in constraints.items()
            if each["foreign_key"] and each["columns"] == [column]
        )
        quote = schema_editor.quote_name
        # Behind one long query everybody would wait for a lock that waits: it gives up instead, and is started again.
        schema_editor.execute("SET LOCAL lock_timeout = '5s'")
        schema_editor.execute(
            f"ALTER TABLE {quote(table)} DROP CONSTRAINT {quote(name)},"
            f" ADD CONSTRAINT {quote(name)} FOREIGN KEY ({quote(column)}) REFERENCES {quote(to_table)} ({quote(to_column)})"
            " ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED"
        )

    return migrations.RunPython(run, migrations.RunPython.noop)
