"""The ceiling: the same rows into the same table, one transaction each, by PostgreSQL's own load generator."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks._whatsapp import body
from runner.postgres import find_binaries

APP_KEY = "bench-pgbench"
CLIENTS = 16
SCRIPT = f"INSERT INTO webhooks_delivery (app_key, body) VALUES ('{APP_KEY}', convert_to(:body, 'UTF8'));\n"
PSYCOPG = f"INSERT INTO webhooks_delivery (app_key, body) VALUES ('{APP_KEY}', %b)"


@dataclass(frozen=True)
class Inserted:
    per_second: float
    rows: int


def find_pgbench() -> Path | None:
    for binaries in find_binaries():
        if (binaries.folder / "pgbench").exists():
            return binaries.folder / "pgbench"
    found = shutil.which("pgbench")
    return Path(found) if found else None


def name_of(pgbench: Path | None) -> str:
    if pgbench is None:
        return f"psycopg INSERT, {CLIENTS} connections (no pgbench here; slower than it)"
    version = subprocess.run([pgbench, "--version"], capture_output=True, text=True, check=True).stdout.split()[2]
    return f"pgbench {version} single-row INSERT, {CLIENTS} clients, prepared"


def insert_rows(pgbench: Path | None, *, database_url: str, seconds: float) -> Inserted:
    if pgbench is None:
        return asyncio.run(insert_by_psycopg(database_url, seconds))
    variables = ["-D", f"body={body(1).decode()}"]
    return run_script(pgbench, SCRIPT, database_url=database_url, seconds=seconds, variables=variables)


def run_script(
    pgbench: Path, text: str, *, database_url: str, seconds: float, variables: Sequence[str] = ()
) -> Inserted:
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(text)
        script.flush()
        options = ["-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-T", str(max(1, round(seconds)))]
        command = [pgbench, *options, "-f", script.name, *variables, database_url]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60)
    if answer.returncode:
        raise SystemExit(f"pgbench failed: {answer.stderr[-500:]}")
    return Inserted(
        per_second=float(re.search(r"tps = ([\d.]+)", answer.stdout)[1]),  # type: ignore[index]  # it says so, or fails above
        rows=int(re.search(r"actually processed: (\d+)", answer.stdout)[1]),  # type: ignore[index]
    )


async def insert_by_psycopg(database_url: str, seconds: float) -> Inserted:
    content = body(1)
    connections = [
        await psycopg.AsyncConnection.connect(database_url, autocommit=True, prepare_threshold=0)
        for _ in range(CLIENTS)
    ]
    until = time.perf_counter() + seconds

    async def insert(connection: psycopg.AsyncConnection) -> int:
        rows = 0
        while time.perf_counter() < until:
            await connection.execute(PSYCOPG, [content])
            rows += 1
        return rows

    began = time.perf_counter()
    rows = sum(await asyncio.gather(*map(insert, connections)))
    elapsed = time.perf_counter() - began
    for connection in connections:
        await connection.close()
    return Inserted(per_second=rows / elapsed, rows=rows)
