"""The migrated cluster that runs of tests begin with."""

import datetime

import pytest
import time_machine

from runner import migrated
from runner.arguments import read_arguments
from runner.datadir import open_data_folder


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with one migration."""
    (tmp_path / "inbox" / "migrations").mkdir(parents=True)
    (tmp_path / "inbox" / "migrations" / "0001_initial.py").write_text("operations = []")
    monkeypatch.setattr(migrated, "ROOT", tmp_path)
    return tmp_path


def test_another_migration_another_package_and_another_day_need_another_one(checkout):
    first = migrated.migrations_digest()
    assert migrated.migrations_digest() == first
    (checkout / "inbox" / "migrations" / "0002_more.py").write_text("operations = []")
    second = migrated.migrations_digest()
    (checkout / "requirements.txt").write_text("django==5.2")
    third = migrated.migrations_digest()
    with time_machine.travel(datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)):
        fourth = migrated.migrations_digest()
    assert len({first, second, third, fourth}) == 4


def test_a_database_of_the_callers_is_left_as_it_is(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql:///theirs")
    assert migrated.migrated_cluster(read_arguments(["test"], {})) is None


def test_a_copy_is_put_in_its_place_and_named_to_the_tests(tmp_path, monkeypatch):
    # As root, the server is somebody else, to whom a test's temporary folder is closed.
    monkeypatch.setattr(migrated, "passable_by_others", lambda place: True)
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "PG_VERSION").write_text("18")
    folder = open_data_folder(tmp_path / "data")
    assert migrated.begin_with(kept, folder) == {"TEST_TEMPLATE": "ventanilla", "TEST_CLUSTER": str(kept)}
    assert (folder.cluster / "PG_VERSION").read_text() == "18"


def test_what_has_gone_meanwhile_leaves_nothing_half_copied(tmp_path, monkeypatch):
    monkeypatch.setattr(migrated, "passable_by_others", lambda place: True)
    folder = open_data_folder(tmp_path / "data")
    assert migrated.begin_with(tmp_path / "gone", folder) == {}
    assert not folder.cluster.exists()
