"""Indexes of migrations that may be asked for again (core.index_making): whatever stopped them, the second time ends well."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import IntegrityError, connection, models
from django.db.migrations.state import ModelState, ProjectState
from django.db.utils import NotSupportedError

from core.index_making import MakeIndex, MakeUniqueIndex

TABLE = "core_scratch"
PLAIN = models.Index(fields=["word"], name="scratch_by_word")
ONCE = models.UniqueConstraint(fields=["word"], condition=~models.Q(word=""), name="scratch_word_once")


@pytest.fixture
def state(transactional_db: None) -> Iterator[ProjectState]:
    state = ProjectState()
    fields = [("id", models.BigAutoField(primary_key=True)), ("word", models.CharField(max_length=20))]
    state.add_model(ModelState("core", "Scratch", fields, {"db_table": TABLE}))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {TABLE} (id bigserial PRIMARY KEY, word varchar(20) NOT NULL)")
        cursor.execute(f"INSERT INTO {TABLE} (word) VALUES ('uno'), ('dos'), (''), ('')")
    yield state
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {TABLE}")


def run(operation: MakeIndex | MakeUniqueIndex, state: ProjectState) -> None:
    after = state.clone()
    operation.state_forwards("core", after)
    with connection.schema_editor(atomic=False) as editor:
        operation.database_forwards("core", editor, state, after)


def undo(operation: MakeIndex | MakeUniqueIndex, state: ProjectState) -> None:
    after = state.clone()
    operation.state_forwards("core", after)
    with connection.schema_editor(atomic=False) as editor:
        operation.database_backwards("core", editor, after, state)


def indexes() -> dict[str, tuple[int, bool]]:
    """Of the scratch table, by name: which file it is, and whether it is whole."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, pg_relation_filenode(oid), indisvalid FROM pg_class JOIN pg_index ON indexrelid = oid"
            " WHERE indrelid = %s::regclass AND NOT indisprimary",
            [TABLE],
        )
        return {name: (file, is_valid) for name, file, is_valid in cursor.fetchall()}


@pytest.mark.shows("R48")
def test_an_index_that_is_there_already_is_left_alone(state: ProjectState) -> None:
    for operation, name in ((MakeIndex("scratch", PLAIN), PLAIN.name), (MakeUniqueIndex("scratch", ONCE), ONCE.name)):
        run(operation, state)
        made = indexes()[name]
        assert made[1]
        run(operation, state)
        assert indexes()[name] == made
        undo(operation, state)
        undo(operation, state)
        assert name not in indexes()


@pytest.mark.shows("R48")
def test_what_a_build_that_failed_left_is_made_anew(state: ProjectState) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {TABLE} (word) VALUES ('uno')")
    with pytest.raises(IntegrityError):
        run(MakeUniqueIndex("scratch", ONCE), state)
    assert indexes()[ONCE.name][1] is False, "PostgreSQL keeps the half of it"
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE} WHERE id > 4")
    run(MakeUniqueIndex("scratch", ONCE), state)
    assert indexes()[ONCE.name][1] is True
    with connection.cursor() as cursor, pytest.raises(IntegrityError):
        cursor.execute(f"INSERT INTO {TABLE} (word) VALUES ('uno')")
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {TABLE} (word) VALUES ('')")


def test_none_is_made_within_a_transaction(state: ProjectState) -> None:
    after = state.clone()
    for operation in (MakeIndex("scratch", PLAIN), MakeUniqueIndex("scratch", ONCE)):
        with connection.schema_editor(atomic=True) as editor, pytest.raises(NotSupportedError):
            operation.database_forwards("core", editor, state, after)
    assert indexes() == {}
