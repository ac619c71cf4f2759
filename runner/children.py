"""Processes we start, and that never outlive us.

A child is told by the kernel when we die (PR_SET_PDEATHSIG), so that even `kill -9` leaves nothing behind. The kernel means the
*thread* that forked: children are started from the main thread only. A change of user clears the setting: it comes after it.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from runner.ending import Ended, interrupt_is_the_childs

PR_SET_PDEATHSIG = 1
GRACE_SECONDS = 8
ROTATIONS = 3
# Loaded before any fork: between fork and exec as little as possible may happen.
LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass
class Child:
    """One running process, how to stop it, and where it writes."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    stop_signal: int = signal.SIGTERM
    grace_seconds: float = GRACE_SECONDS

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None


def start_child(
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path,
    environment: Mapping[str, str],
    folder: Path,
    user: pwd.struct_passwd | None = None,
    stop_signal: int = signal.SIGTERM,
    death_signal: int = signal.SIGKILL,
) -> Child:
    """Start a process in a session of its own (Ctrl-C is ours to hand on), writing to its log.

    `death_signal` is what the kernel sends it when we die. SIGKILL by default: whatever we run may be cut off at any moment.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=settle(user, death_signal),  # noqa: PLW1509 - we have one thread, and only a preexec_fn can set PDEATHSIG
        )
    return Child(name=name, process=process, log=log, stop_signal=stop_signal)


def settle(user: pwd.struct_passwd | None, death_signal: int) -> Callable[[], None]:
    """Return what the child does between fork and exec: become the user, then ask to be told of our death."""
    parent = os.getpid()

    def between_fork_and_exec() -> None:
        if user is not None:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
        if LIBC is not None:
            LIBC.prctl(PR_SET_PDEATHSIG, death_signal)
            if os.getppid() != parent:
                os._exit(1)

    return between_fork_and_exec


def stop_children(children: Sequence[Child]) -> None:
    """Ask all at once, wait together, then insist. A child's group goes with it: nothing is left running."""
    for child in children:
        if child.is_running:
            child.process.send_signal(child.stop_signal)
    began = time.monotonic()
    for child in children:
        with suppress(subprocess.TimeoutExpired):
            child.process.wait(timeout=max(0.0, child.grace_seconds - (time.monotonic() - began)))
    for child in children:
        # Also where the leader has ended: the group may hold processes it started. The session was ours alone.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait()


def run_attached(command: Sequence[str | Path], *, environment: Mapping[str, str], folder: Path) -> int:
    """Run a command that owns the terminal until it ends; return its exit code (128 + n for a signal, as shells do)."""
    with interrupt_is_the_childs():
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            preexec_fn=settle(None, signal.SIGTERM),  # noqa: PLW1509 - as above
        )
        try:
            code = process.wait()
        except Ended:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=GRACE_SECONDS)
            process.kill()
            process.wait()
            raise
    return code if code >= 0 else 128 - code


def rotate_log(log: Path) -> None:
    """web.log -> web.log.1 -> web.log.2 … The running child starts with an empty one."""
    for number in range(ROTATIONS - 1, -1, -1):
        older = log.with_name(f"{log.name}.{number}") if number else log
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number + 1}"))


def cut_log(log: Path, limit: int) -> None:
    """Keep a long-running child's log below the limit. Children append, so copying and cutting needs nothing of them."""
    if log.exists() and log.stat().st_size > limit:
        log.with_name(f"{log.name}.1").write_bytes(log.read_bytes())
        os.truncate(log, 0)
