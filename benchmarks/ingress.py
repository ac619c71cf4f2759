"""How fast deliveries are acknowledged durably, beside what the server, the usual view and the database can do.

All servers are up at the same time and are loaded in turn, round after round, so that what else the machine does falls on all alike.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median

import psycopg

from benchmarks import _pgbench as pgbench
from benchmarks._report import Target, machine, median_ratio, percentile, say_table, say_targets, say_title
from benchmarks._servers import Server, running
from runner.places import ROOT
from runner.terminal import bad, good, say

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "4"))
WARM_UP_SECONDS = 0.7
PATH = "/webhooks/meta/"
VIEW_KEY = "bench-django-view"

ACK_ONLY = Server("ack-only ASGI app, Daphne", "benchmarks._ack_only:application")
OURS = Server("our ingress, Daphne", "config.asgi:application")
VIEW = Server("Django async view + INSERT, Daphne", "benchmarks._django_view:application")
VIEW_POOLED = Server(
    "  the same with a connection pool", "benchmarks._django_view:application", environment=(("BENCH_VIEW_POOL", "1"),)
)
ALONE = Server("our ingress alone, uvicorn", "config.ingress_asgi:application", under="uvicorn")
SERVERS = [ACK_ONLY, OURS, VIEW, VIEW_POOLED, ALONE]
# The order of a round: what is compared stands side by side.
PHASES = [
    (ACK_ONLY, 16),
    (OURS, 16),
    (VIEW, 16),
    (VIEW_POOLED, 16),
    (ALONE, 16),
    None,
    (ALONE, 64),
    (OURS, 64),
    (ACK_ONLY, 64),
]


@dataclass
class Measured:
    """One server at one number of connections, over the rounds."""

    per_second: list[float] = field(default_factory=list)
    latencies_ms: list[float] = field(default_factory=list)
    acknowledged: int = 0
    refused: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    unanswered: int = 0
    generator_cpu: float = 0.0

    def add(self, result: dict[str, object]) -> None:
        self.per_second.append(float(result["per_second"]))
        self.latencies_ms += result["latencies_ms"]
        self.acknowledged += int(result["acknowledged"])
        self.unanswered += int(result["unanswered"])
        self.generator_cpu = max(self.generator_cpu, float(result["generator_cpu"]))
        for status, count in result["refused"].items():
            self.refused[status] += count

    @property
    def p99(self) -> float:
        return percentile(self.latencies_ms, 0.99)


def load(port: int, connections: int) -> dict[str, object]:
    options = {"--port": port, "--path": PATH, "--connections": connections}
    options |= {"--seconds": SECONDS, "--warm-up": WARM_UP_SECONDS}
    words = [str(word) for pair in options.items() for word in pair]
    command = [sys.executable, "-m", "benchmarks._load", *words]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS + 60)
    if answer.returncode:
        raise SystemExit(f"The load generator failed:\n{answer.stderr[-2000:]}")
    return json.loads(answer.stdout)


def main() -> int:
    database_url = os.environ["DATABASE_URL"]
    tool = pgbench.find_pgbench()
    say(f"  {machine()}")
    say(
        f"  {ROUNDS} rounds of {SECONDS:.0f} s each, interleaved; figures are medians of the rounds, percentiles over all of them"
    )
    measured: dict[tuple[str, int], Measured] = defaultdict(Measured)
    inserted: list[pgbench.Inserted] = []
    with running(SERVERS) as ports:
        for number in range(ROUNDS):
            for phase in PHASES:
                if phase is None:
                    inserted.append(pgbench.insert_rows(tool, database_url=database_url, seconds=SECONDS))
                else:
                    server, connections = phase
                    measured[server.name, connections].add(load(ports[server.name], connections))
            say(f"  round {number + 1} of {ROUNDS} done")
    say_figures(measured, inserted, pgbench.name_of(tool))
    targets = judge(measured, inserted)
    say_title("Targets")
    say_targets(targets)
    is_whole = nothing_was_lost(measured, inserted, database_url)
    say(f"\n  {machine()}")
    return 0 if is_whole and all(target.is_met for target in targets) else 1


def say_figures(
    measured: dict[tuple[str, int], Measured], inserted: list[pgbench.Inserted], name_of_pgbench: str
) -> None:
    say_title("Acknowledgements")
    ceiling = [each.per_second for each in inserted]
    rows = [
        [
            name,
            str(connections),
            f"{median(each.per_second):,.0f}/s",
            f"{median_ratio(each.per_second, ceiling):.2f}x",
            f"{percentile(each.latencies_ms, 0.5):.1f} ms",
            f"{each.p99:.1f} ms",
            f"{len(each.latencies_ms):,}",
            f"{each.generator_cpu:.0%}",
        ]
        for (name, connections), each in measured.items()
    ]
    rows.append([name_of_pgbench, str(pgbench.CLIENTS), f"{median(ceiling):,.0f}/s", "1.00x", "", "", "", ""])
    say_table(["", "connections", "median", "of pgbench", "p50", "p99", "samples", "generator's core"], rows)


def judge(measured: dict[tuple[str, int], Measured], inserted: list[pgbench.Inserted]) -> list[Target]:
    ours, alone = measured[OURS.name, 16], measured[ALONE.name, 16]
    ack_only = median_ratio(ours.per_second, measured[ACK_ONLY.name, 16].per_second)
    ack_only_64 = median_ratio(measured[OURS.name, 64].per_second, measured[ACK_ONLY.name, 64].per_second)
    view = median_ratio(ours.per_second, measured[VIEW.name, 16].per_second)
    ceiling = [each.per_second for each in inserted]
    of_pgbench = median_ratio(alone.per_second, ceiling)
    of_pgbench_64 = median_ratio(measured[ALONE.name, 64].per_second, ceiling)
    ratios = [
        Target("Daphne, 16: of ack-only", f"{ack_only:.2f}x", ">= 0.5x", ack_only >= 0.5),
        Target("Daphne, 64: of ack-only", f"{ack_only_64:.2f}x", ">= 0.5x", ack_only_64 >= 0.5),
        Target("Daphne, 16: of Django's async view + INSERT", f"{view:.1f}x", ">= 10x", view >= 10),
        Target("uvicorn, 16: of pgbench", f"{of_pgbench:.2f}x", ">= 0.5x", of_pgbench >= 0.5),
        Target("uvicorn, 64: of pgbench", f"{of_pgbench_64:.2f}x", ">= 0.5x", of_pgbench_64 >= 0.5),
    ]
    waits = [
        Target(f"{name}, {connections}: p99", f"{each.p99:.1f} ms", "<= 100 ms", each.p99 <= 100)
        for (name, connections), each in measured.items()
        if name in (OURS.name, ALONE.name)
    ]
    return ratios + waits


def nothing_was_lost(
    measured: dict[tuple[str, int], Measured], inserted: list[pgbench.Inserted], database_url: str
) -> bool:
    """Compare what was acknowledged with what is stored: neither one less nor one more."""
    say_title("Stored = acknowledged")
    with psycopg.connect(database_url) as connection:
        stored = dict(connection.execute("SELECT app_key, count(*) FROM webhooks_delivery GROUP BY 1").fetchall())
    by_key = {"": (OURS, ALONE), VIEW_KEY: (VIEW, VIEW_POOLED)}
    promised = {
        key: sum(
            each.acknowledged for (name, _), each in measured.items() if name in [server.name for server in servers]
        )
        for key, servers in by_key.items()
    }
    promised[pgbench.APP_KEY] = sum(each.rows for each in inserted)
    names = {"": "our ingress", VIEW_KEY: "Django's view", pgbench.APP_KEY: "pgbench"}
    say_table(
        ["", "acknowledged", "stored", ""],
        [
            [
                names[key],
                f"{count:,}",
                f"{stored.get(key, 0):,}",
                good("equal") if stored.get(key, 0) == count else bad("DIFFERENT"),
            ]
            for key, count in promised.items()
        ],
    )
    trouble = {
        f"{name}, {connections}": (dict(each.refused), each.unanswered)
        for (name, connections), each in measured.items()
        if each.refused or each.unanswered
    }
    if trouble:
        say(bad(f"  Refused by status, and unanswered: {trouble}"))
    return not trouble and all(stored.get(key, 0) == count for key, count in promised.items())


if __name__ == "__main__":
    sys.exit(main())
