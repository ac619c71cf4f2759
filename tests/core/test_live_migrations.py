"""Migrations run while people work: none holds a table that is written to for as long as an index takes (R48)."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db.migrations import AddIndex, CreateModel
from django.db.migrations.loader import MigrationLoader

# They hold what waits to be done or could not be read, and little else: an index of them is made at once.
SHORT = {"outboxentry", "deadletter", "providernotice"}


@pytest.mark.shows("R48")
def test_an_index_of_a_table_in_use_is_made_concurrently() -> None:
    ours = {each.label for each in apps.get_app_configs() if Path(each.path).parent == Path(settings.BASE_DIR)}
    found = 0
    for (app, name), migration in MigrationLoader(None, ignore_no_migrations=True).disk_migrations.items():
        if app not in ours or migration.initial:
            continue
        new = {each.name_lower for each in migration.operations if isinstance(each, CreateModel)}
        for operation in migration.operations:
            if isinstance(operation, AddIndex) and operation.model_name_lower not in new | SHORT:
                found += 1
                assert isinstance(operation, AddIndexConcurrently), f"{app} {name}: {operation.describe()}"
                assert not migration.atomic, f"{app} {name}"
    assert found > 3


@pytest.mark.shows("R48")
def test_a_column_changes_its_order_without_its_index_being_written_under_the_lock() -> None:
    migration = MigrationLoader(None, ignore_no_migrations=True).disk_migrations["inbox", "0011_names_in_order"]
    steps = [(type(each).__name__, getattr(each, "name", "")) for each in migration.operations]
    assert not migration.atomic
    changed = steps.index(("AlterField", "contact_name_folded"))
    assert steps.index(("RemoveIndexConcurrently", "conversation_name_trgm")) < changed
    made = [each.index.name for each in migration.operations[changed:] if isinstance(each, AddIndexConcurrently)]
    assert "conversation_name_trgm" in made
