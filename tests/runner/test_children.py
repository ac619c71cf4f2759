"""Nothing we start outlives us, however we end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runner.children import cut_log, rotate_log, run_attached, start_child, stop_children
from runner.places import ROOT
from runner.terminal import last_lines

SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
]
PARENT = """
import os, sys, time
from pathlib import Path
from runner.children import start_child
child = start_child("sleeper", [sys.executable, "-c", "import time; time.sleep(60)"], log=Path(sys.argv[1]), environment=os.environ, folder=Path("/"))
print(child.process.pid, flush=True)
time.sleep(60)
"""


def start(tmp_path, command):
    child = start_child("sleeper", command, log=tmp_path / "log", environment=os.environ, folder=Path("/"))
    wait_until(lambda: "up" in (tmp_path / "log").read_text())
    return child


def wait_until(is_true, seconds=60):
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_kill_9_of_the_runner_takes_its_children_along(tmp_path):
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path / "log")], cwd=ROOT, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    with parent.stdout:
        pid = int(parent.stdout.readline())
        assert is_alive(pid)
        parent.kill()
        parent.wait()
    wait_until(lambda: not is_alive(pid))


def test_children_are_asked_to_end(tmp_path):
    child = start(tmp_path, SLEEPER)
    stop_children([child])
    assert child.process.returncode == -signal.SIGTERM


def test_a_child_that_does_not_listen_is_ended_after_its_grace(tmp_path):
    child = start(tmp_path, STUBBORN)
    child.grace_seconds = 0.1
    stop_children([child])
    assert child.process.returncode == -signal.SIGKILL


def test_the_exit_code_of_a_command_is_passed_on():
    assert run_attached([sys.executable, "-c", "raise SystemExit(7)"], environment=os.environ, folder=ROOT) == 7
    dead = [sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"]
    assert run_attached(dead, environment=os.environ, folder=ROOT) == 128 + 9


def test_a_log_starts_empty_and_the_last_ones_are_kept(tmp_path):
    log = tmp_path / "web.log"
    for number in range(6):
        rotate_log(log)
        log.write_text(str(number))
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "web.log": "5",
        "web.log.1": "4",
        "web.log.2": "3",
        "web.log.3": "2",
    }


def test_a_log_over_the_limit_is_cut_under_its_writer(tmp_path):
    log = tmp_path / "web.log"
    with log.open("a") as writer:
        writer.write("x" * 100)
        writer.flush()
        cut_log(log, 50)
        writer.write("new")
    assert log.read_text() == "new"
    assert (tmp_path / "web.log.1").read_text() == "x" * 100


def test_the_end_of_a_log_is_shown_or_its_absence(tmp_path):
    (tmp_path / "log").write_text("\n".join(map(str, range(100))))
    assert last_lines(tmp_path / "log", 2) == "    98\n    99"
    assert "no log" in last_lines(tmp_path / "nothing")
