"""The product's own processes: which there are, when they are up, and what happens when one dies."""

from __future__ import annotations

import http.client
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runner.arguments import HIGHEST_PORT
from runner.children import Child, cut_log, rotate_log, start_child
from runner.datadir import DataFolder
from runner.places import PYTHON, ROOT
from runner.terminal import Refusal, complain, last_lines, say

HEALTH_SECONDS = 90
LOOK_EVERY_SECONDS = 0.5
MOST_RESTARTS = 5
RESTART_WINDOW_SECONDS = 300
LOG_LIMIT_BYTES = 20 * 1024 * 1024
CUT_LOGS_EVERY_SECONDS = 30
# Beside the machine's proxy settings: these addresses are on this machine.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def web_command(port: int) -> list[str | Path]:
    # -v 0: no access log, whose query strings may hold tokens.
    return [PYTHON, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "-v", "0", "config.asgi:application"]


# Who serves which queues, and how many at once. Four processes and not one, so that a provider that answers nobody or a slow file
# holds up only its own kind; not six, because each takes some 100 MB. Push services that do not answer hold up no message (R51):
# what they share a process with can wait.
WORKERS = {
    "worker-inbound": (("inbound", "celery"), 3),
    # Twice one number's calls at once (OUTBOUND_CALLS_AT_ONCE): one that answers nobody leaves room for the others. Threads that wait for
    # the provider hold no connection to the database.
    "worker-outbound": (("outbound",), 48),
    "worker-media": (("media",), 2),
    "worker-push": (("push", "bulk"), 3),
}


def worker_command(name: str) -> list[str | Path]:
    queues, at_once = WORKERS[name]
    options = ["-n", f"{name}@%h", "--pool", "threads", "--concurrency", str(at_once), "-Q", ",".join(queues)]
    options += ["--loglevel", "WARNING", "--without-gossip", "--without-mingle"]
    return [PYTHON, "-m", "celery", "--quiet", "-A", "config", "worker", *options]


def beat_command(folder: DataFolder) -> list[str | Path]:
    # Not the worker's -B: that is a child of the worker's, which would outlive a worker that is killed.
    return [
        PYTHON,
        "-m",
        "celery",
        "-A",
        "config",
        "beat",
        "--schedule",
        folder.path / "celerybeat-schedule",
        "--pidfile",
        "",
        "--loglevel",
        "WARNING",
    ]


def simulator_command(folder: DataFolder, environment: Mapping[str, str], port: int) -> list[str | Path]:
    options = {
        "--port": str(port + 1),
        "--webhook": f"http://127.0.0.1:{port}/webhooks/meta/",
        # Several secrets are there while they are being rotated; the provider signs with one.
        "--app-secret": environment["META_APP_SECRET"].split(",")[0].strip(),
        "--verify-token": environment["META_VERIFY_TOKEN"],
        "--token": environment["DEMO_TOKEN"],
        "--phone-number-id": environment["DEMO_PHONE_NUMBER_ID"],
        "--waba-id": environment["DEMO_WABA_ID"],
        "--display-number": environment["DEMO_DISPLAY_NUMBER"],
        "--data": str(folder.path),
    }
    return [PYTHON, "-m", "simulator", *(f"{name}={value}" for name, value in options.items())]


@dataclass
class Watch:
    """The running processes, how each is started again, and how often each was."""

    folder: DataFolder
    environment: Mapping[str, str]
    running: dict[str, Child] = field(default_factory=dict)
    starters: dict[str, Callable[[], Child]] = field(default_factory=dict)
    restarts: dict[str, list[float]] = field(default_factory=dict)

    def start(self, name: str, command: list[str | Path]) -> None:
        log = self.folder.logs / f"{name}.log"
        rotate_log(log)

        def starter() -> Child:
            return start_child(name, command, log=log, environment=self.environment, folder=ROOT)

        self.adopt(starter(), starter)

    def adopt(self, child: Child, starter: Callable[[], Child] | None = None) -> None:
        """Watch a process. Without a starter its death is the end of the run."""
        self.running[child.name] = child
        if starter:
            self.starters[child.name] = starter

    def wait_for(self, address: str) -> None:
        """Wait until the address answers 200.

        Raises:
            Refusal: when it does not in time, or a process dies meanwhile.
        """
        deadline = time.monotonic() + HEALTH_SECONDS
        heard = ""
        while time.monotonic() < deadline:
            for child in self.running.values():
                if not child.is_running:
                    raise Refusal(death_sentence(child))
            is_well, heard = ask(address)
            if is_well:
                return
            time.sleep(0.1)
        raise Refusal(
            f"{address} does not answer well after {HEALTH_SECONDS} s: {heard}\nThe logs are in {self.folder.logs}."
        )

    def keep_running(self) -> None:
        """Stay until somebody ends us, starting again what dies, within bounds.

        Raises:
            Refusal: when a process keeps dying, or one dies that we cannot do without.
        """
        cut_at = time.monotonic()
        while True:
            time.sleep(LOOK_EVERY_SECONDS)
            for child in list(self.running.values()):
                if not child.is_running:
                    self.start_again(child)
            if time.monotonic() - cut_at > CUT_LOGS_EVERY_SECONDS:
                cut_at = time.monotonic()
                for child in self.running.values():
                    cut_log(child.log, LOG_LIMIT_BYTES)

    def start_again(self, child: Child) -> None:
        now = time.monotonic()
        recent = [moment for moment in self.restarts.get(child.name, []) if now - moment < RESTART_WINDOW_SECONDS]
        if child.name not in self.starters or len(recent) >= MOST_RESTARTS:
            raise Refusal(death_sentence(child))
        complain(f"\n{death_sentence(child)}")
        # At once the first time; then ever later, so that something broken does not keep the machine busy.
        time.sleep(2 ** len(recent) - 1)
        self.restarts[child.name] = [*recent, now]
        self.running[child.name] = self.starters[child.name]()
        say(f"{child.name} was started again.")


def death_sentence(child: Child) -> str:
    code = child.process.poll()
    how = f"was ended by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"
    return f"{child.name} {how}. The end of {child.log}:\n{last_lines(child.log)}"


def ask(address: str) -> tuple[bool, str]:
    """Return whether the address answers 200, and what it said."""
    try:
        with DIRECT.open(address, timeout=5) as answer:
            return answer.status == http.client.OK, f"it answers {answer.status}"
    except urllib.error.HTTPError as error:
        return False, f"it answers {error.code} {error.read(500).decode(errors='replace')}"
    except (OSError, http.client.HTTPException) as error:
        return False, str(error)


def refuse_taken_port(port: int, whose: str = "") -> None:
    """Raise a Refusal where another program listens already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise Refusal(
                f"Port {port} needs more rights than this user has. Choose one above 1023: --port 8000"
            ) from None
        except OSError:
            other = port + 10 if port + 11 < HIGHEST_PORT else port - 10
            raise Refusal(f"Port {port}{whose} is taken by another program. Choose another: --port {other}") from None


def free_port() -> int:
    """Return a port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
