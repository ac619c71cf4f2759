import json
import os
import stat

import pytest

from runner import datadir
from runner.arguments import Request
from runner.datadir import is_in_use, lock, open_data_folder, read_secrets, remove, temporary_data_folder, wipe
from runner.environment import build_environment, product_environment
from runner.terminal import Refusal


def test_a_folder_with_somebody_elses_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(Refusal, match="was not made by run.py"):
        open_data_folder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_is_no_data_folder(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Refusal, match="is a file"):
        open_data_folder(tmp_path / "file")


def test_fresh_wipes_what_we_made_and_stays_ours(tmp_path):
    folder = open_data_folder(tmp_path / "data")
    (folder.path / "postgres").mkdir()
    (folder.path / "postgres" / "PG_VERSION").write_text("18")
    (folder.path / "secrets.json").write_text("{}")
    with lock(folder):
        wipe(folder)
    assert sorted(path.name for path in folder.path.iterdir()) == [".ventanilla", "run.lock"]
    open_data_folder(folder.path)


def test_a_link_to_elsewhere_is_cut_and_never_followed(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").touch()
    (tmp_path / "postgres").symlink_to(elsewhere)
    remove(tmp_path / "postgres")
    assert not (tmp_path / "postgres").is_symlink()
    assert (elsewhere / "precious").exists()


def test_a_link_into_our_own_store_takes_its_target_along(tmp_path, monkeypatch):
    monkeypatch.setattr(datadir, "ROOT_STORE", tmp_path / "store")
    cluster = tmp_path / "store" / "postgres-1"
    cluster.mkdir(parents=True)
    (tmp_path / "postgres").symlink_to(cluster)
    remove(tmp_path / "postgres")
    assert not cluster.exists()


def test_a_second_run_is_told_where_the_first_one_is(tmp_path):
    folder = open_data_folder(tmp_path / "data")
    with lock(folder):
        folder.runtime.write_text(json.dumps({"address": "http://127.0.0.1:8123/"}))
        assert is_in_use(folder)
        with pytest.raises(Refusal, match="already runs on .* at http://127.0.0.1:8123/"), lock(folder):
            pass
        assert folder.runtime.exists(), "the second run must not touch the first one's files"
    assert not is_in_use(folder)
    assert not folder.runtime.exists()


def test_what_a_killed_run_left_says_nothing(tmp_path):
    folder = open_data_folder(tmp_path / "data")
    folder.runtime.write_text(json.dumps({"urls": {"DATABASE_URL": "gone"}}))
    assert datadir.wait_for_runtime(folder) == {}
    with lock(folder):
        assert not folder.runtime.exists()


def test_secrets_are_made_once_and_for_our_eyes_only(tmp_path):
    folder = open_data_folder(tmp_path / "data")
    first = read_secrets(folder)
    assert read_secrets(folder) == first
    assert stat.S_IMODE((folder.path / "secrets.json").stat().st_mode) == 0o600
    assert len(first["SECRET_KEY"]) >= 50


def test_a_newly_needed_secret_joins_the_others(tmp_path):
    folder = open_data_folder(tmp_path / "data")
    (folder.path / "secrets.json").write_text(json.dumps({"SECRET_KEY": "kept" * 10}))
    assert read_secrets(folder)["SECRET_KEY"] == "kept" * 10
    assert read_secrets(folder)["FIELD_KEYS"]


def test_damaged_secrets_are_never_replaced(tmp_path):
    folder = open_data_folder(tmp_path / "data")
    (folder.path / "secrets.json").write_text("{half")
    with pytest.raises(Refusal, match="is damaged"):
        read_secrets(folder)
    assert (folder.path / "secrets.json").read_text() == "{half"


def test_a_temporary_folder_goes_and_takes_along_what_killed_runs_left(tmp_path):
    left = open_data_folder(tmp_path / "ventanilla-test-left").path
    (tmp_path / "ventanilla-test-foreign").mkdir()
    with temporary_data_folder("test", tmp_path) as folder, temporary_data_folder("test", tmp_path) as other:
        assert not left.exists()
        assert folder.path.exists(), "the other run's folder is in use"
        assert other.path.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["ventanilla-test-foreign"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(Refusal, match="cannot be used"):
        open_data_folder(tmp_path / "data")


def test_what_the_caller_set_wins_but_the_mode_is_ours(tmp_path, monkeypatch):
    monkeypatch.setenv("ALLOWED_HOSTS", "panel.example.com")
    monkeypatch.setenv("META_APP_SECRET", "given")
    monkeypatch.setenv("VENTANILLA_MODE", "test")
    folder = open_data_folder(tmp_path / "data")
    environment = product_environment("demo", Request(port=9000), folder, {"REDIS_URL": "unix:///x"})
    assert environment["ALLOWED_HOSTS"] == "panel.example.com"
    assert environment["META_APP_SECRET"] == "given"
    assert environment["VENTANILLA_MODE"] == "demo"
    assert environment["META_GRAPH_URL"] == "http://127.0.0.1:9001"


def test_outside_the_demo_the_providers_secrets_come_from_outside(tmp_path, monkeypatch):
    for name in ("META_APP_SECRET", "META_VERIFY_TOKEN", "META_GRAPH_URL", "DEMO_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    environment = product_environment("serve", Request(), open_data_folder(tmp_path / "data"), {})
    assert not {"META_APP_SECRET", "META_VERIFY_TOKEN", "META_GRAPH_URL", "DEMO_PASSWORD"} & set(environment)


def test_steps_without_services_reach_no_database():
    assert build_environment()["DATABASE_URL"].endswith("host=/nonexistent")
