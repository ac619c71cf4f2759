"""How many sockets hear of a change, how soon, and what each costs: beside Channels' own way, a group_send over Redis.

Ours is the whole product: ids through Redis, the row read again, offered by audience, counts included. The baseline only hands a ready
frame of the same size to everybody (benchmarks/_group_send.py). Both run on the same servers, in turn, round after round.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection

from accounts.actions import create_user, seed_roles_and_aux_states
from benchmarks._report import Target, machine, median_ratio, percentile, say_table, say_targets, say_title
from benchmarks._servers import Server, running_children
from campaigns.actions import ensure_campaign, save_whatsapp_account
from connectors.messages import InboundMessage
from core.realtime.bus import channel_name
from inbox import rows
from inbox.actions.receiving import receive_messages
from inbox.models import Conversation
from runner.children import Child
from runner.places import ROOT
from runner.terminal import last_lines, say
from tests import factories
from typification.actions import seed_tree

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "5"))
SOCKETS = int(os.environ.get("BENCH_SOCKETS", "1000"))
PEOPLE, BATCH, EVENTS_PER_SECOND = 20, 20, 10.0

OURS, GROUP_SEND = "config.asgi:application", "benchmarks._group_send:application"
SERVERS = {
    ("ours", "Daphne"): Server("ours, Daphne", OURS),
    ("group_send", "Daphne"): Server("group_send, Daphne", GROUP_SEND),
    ("ours", "uvicorn"): Server("ours, uvicorn", OURS, under="uvicorn"),
    ("group_send", "uvicorn"): Server("group_send, uvicorn", GROUP_SEND, under="uvicorn"),
}


@dataclass
class Measured:
    """One way under one server, over the rounds."""

    per_second: list[float] = field(default_factory=list)
    latencies_ms: list[float] = field(default_factory=list)
    # What the server spent on the events whose waits were measured: it says more than the waits where others share the cores.
    cpu_seconds: float = 0.0
    kib_per_socket: float = 0.0
    lost: int = 0


class Load:
    """benchmarks/_sockets.py: all sockets of one server, kept open between the rounds."""

    def __init__(self, port: int, wanted: dict[str, Any]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks._sockets"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.ask({"port": port, **wanted})

    def ask(self, wanted: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(wanted) + "\n")
        self.process.stdin.flush()
        guard = threading.Timer(180, self.process.kill)
        guard.start()
        line = self.process.stdout.readline()
        guard.cancel()
        if not line:
            raise SystemExit("The load generator ended before it answered.")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


def resident(child: Child) -> int:
    return int(Path(f"/proc/{child.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(child: Child) -> float:
    words = Path(f"/proc/{child.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    say(f"  {machine()}")
    say(f"  {SOCKETS} sockets of {PEOPLE} people on each server; {ROUNDS} rounds of {SECONDS:.0f} s, interleaved")
    cookies, ids, frame = make_work()
    measured: dict[tuple[str, str], Measured] = defaultdict(Measured)
    with running_children(list(SERVERS.values())) as children:
        loads: dict[tuple[str, str], Load] = {}
        try:
            for name, server in SERVERS.items():
                child, port = children[server.name]
                channel = channel_name() if name[0] == "ours" else None
                wanted = {"cookies": cookies, "sockets": SOCKETS, "ids": ids, "channel": channel, "frame": frame}
                # Threads, pools and imports of the first visitors are the process's, not a socket's.
                Load(port, {**wanted, "sockets": PEOPLE}).close()
                before = resident(child)
                loads[name] = Load(port, wanted)
                measured[name].kib_per_socket = (resident(child) - before) / 1024 / SOCKETS
            for number in range(ROUNDS):
                for name in SERVERS:
                    # What ours announces, every server of ours would hear: one crowd at a time is awake.
                    try:
                        take_turn(name, loads, children, measured[name])
                    except SystemExit:
                        say(f"It was the turn of {', '.join(name)}.")
                        raise
                say(f"  round {number + 1} of {ROUNDS} done")
        except SystemExit:
            for server, (child, _port) in children.items():
                say(f"{server}:\n{last_lines(child.log)}")
            raise
        finally:
            for load in loads.values():
                load.close()
    say_figures(measured)
    targets = judge(measured)
    say_title("Targets")
    say_targets(targets)
    say(f"\n  {machine()}")
    lost = sum(each.lost for each in measured.values())
    return 0 if not lost and all(target.is_met for target in targets) else 1


def take_turn(
    name: tuple[str, str],
    loads: dict[tuple[str, str], Load],
    children: dict[str, tuple[Child, int]],
    into: Measured,
) -> None:
    others = [children[server.name][0] for other, server in SERVERS.items() if other != name and other[0] == name[0]]
    sleepers = [loads[other].process for other in SERVERS if other != name and other[0] == name[0]]
    for process in [*(each.process for each in others), *sleepers]:
        process.send_signal(19)  # SIGSTOP
    try:
        load = loads[name]
        answer = load.ask({"what": "throughput", "seconds": SECONDS, "batch": BATCH})
        into.per_second.append(float(answer["per_second"]))
        spent = cpu_seconds(children[SERVERS[name].name][0])
        answer = load.ask({"what": "waits", "seconds": SECONDS, "per_second": EVENTS_PER_SECOND})
        into.cpu_seconds += cpu_seconds(children[SERVERS[name].name][0]) - spent
        into.latencies_ms += answer["latencies_ms"]
        into.lost = int(answer["lost"])
    finally:
        for process in [*(each.process for each in others), *sleepers]:
            process.send_signal(18)  # SIGCONT


def make_work() -> tuple[list[str], list[int], dict[str, Any]]:
    """People with sessions, conversations all of them see, and a frame as ours for the baseline."""
    seed_roles_and_aux_states()
    seed_tree()
    campaign = ensure_campaign("Altas", client="Fibra Sur", project="Hogar")
    account = save_whatsapp_account(
        name="WhatsApp", phone_number_id=factories.PHONE_NUMBER_ID, waba_id="1", token="x", campaign=campaign
    )
    store = import_module(settings.SESSION_ENGINE).SessionStore
    cookies = []
    for number in range(PEOPLE):
        user = create_user(f"persona{number}", role="admin", password=None, first_name="Persona", last_name=str(number))
        session = store()
        session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session.create()
        cookies.append(session.session_key)
    heard: list[InboundMessage] = [
        factories.inbound(
            "Hola, quería saber por mi pedido de la semana pasada", sender=factories.identity(f"59597{number:07d}")
        )
        for number in range(BATCH)
    ]
    receive_messages(account, heard)
    found = rows.read_conversations(Conversation.objects.values_list("pk", flat=True))
    row = rows.show_conversation(next(iter(found.values())), sees_numbers=True)
    frame = {
        "type": "put",
        "watch": "list",
        "row": json.loads(json.dumps(row, default=str)),
        "sort_key": ["2026-11-21T00:00:00Z", 1],
    }
    connection.close()
    connection.close_pool()
    return cookies, list(found), frame


def say_figures(measured: dict[tuple[str, str], Measured]) -> None:
    say_title("Deliveries")
    say_table(
        ["", "deliveries", "p50 at 10/s", "p95", "p99", "samples", "CPU each", "per socket", "lost"],
        [
            [
                f"{what}, {under}",
                f"{median(each.per_second):,.0f}/s",
                *(f"{percentile(each.latencies_ms, share):.1f} ms" for share in (0.5, 0.95, 0.99)),
                f"{len(each.latencies_ms):,}",
                f"{each.cpu_seconds / max(len(each.latencies_ms), 1) * 1e6:.0f} µs",
                f"{each.kib_per_socket:.0f} KiB",
                str(each.lost),
            ]
            for (what, under), each in measured.items()
        ],
    )


def judge(measured: dict[tuple[str, str], Measured]) -> list[Target]:
    targets = []
    for under in ("Daphne", "uvicorn"):
        ours, baseline = measured["ours", under], measured["group_send", under]
        ratio = median_ratio(ours.per_second, baseline.per_second)
        p50, p99 = percentile(ours.latencies_ms, 0.5), percentile(ours.latencies_ms, 0.99)
        targets += [
            Target(f"{under}: of group_send", f"{ratio:.1f}x", ">= 8x", ratio >= 8),
            Target(f"{under}: p50 at 10 events/s", f"{p50:.1f} ms", "<= 25 ms", p50 <= 25),
            Target(f"{under}: p99", f"{p99:.1f} ms", "<= 80 ms", p99 <= 80),
            Target(
                f"{under}: memory per socket", f"{ours.kib_per_socket:.0f} KiB", "<= 60 KiB", ours.kib_per_socket <= 60
            ),
        ]
    return targets


if __name__ == "__main__":
    sys.exit(main())
