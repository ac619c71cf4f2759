"""Migrations, seed and demo data: brought up to date at a start, skipped when neither code nor packages have changed since."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runner.datadir import DataFolder, read_json, write_private
from runner.places import PYTHON, ROOT
from runner.stamps import digest, read_stamps, write_stamps
from runner.terminal import step
from runner.tools import run_quietly

# Not part of what migrations, seed and demo data are made of.
NOT_THE_PRODUCT = (
    "tests",
    "benchmarks",
    "runner",
    "simulator",
    "static",
    "static_build",
    "static_root",
    "node_modules",
    "docs",
)


def prepare_database(folder: DataFolder, environment: Mapping[str, str], *, with_demo: bool) -> None:
    """Migrate, seed and, for the demo, load its data. Each is safe to repeat; an unchanged product repeats none."""
    wanted = product_digest()
    stamps = read_stamps(folder.stamps)
    # Whoever gave the database may have changed it: only our own cluster is known to be as we left it.
    is_ours = not os.environ.get("DATABASE_URL")
    steps = {"migrate": "Database", "seed": "Roles, auxiliaries, outcomes"} | (
        {"load_demo": "Demo data"} if with_demo else {}
    )
    for command, title in steps.items():
        if is_ours and stamps.get(command) == wanted:
            continue
        with step(title):
            said = manage(command, environment)
        if command == "load_demo":
            remember_logins(folder, said)
        write_stamps(folder.stamps, **{command: wanted})


def is_prepared(folder: DataFolder) -> bool:
    return bool(os.environ.get("DATABASE_URL")) or "seed" in read_stamps(folder.stamps)


def manage(command: str, environment: Mapping[str, str]) -> str:
    extra = ["--noinput"] if command == "migrate" else []
    return run_quietly([PYTHON, "manage.py", command, *extra], environment=environment)


def product_digest() -> str:
    """Return a digest of all the product's Python: a seed or a migration may read anything of it."""
    packages = [path.parent for path in ROOT.glob("*/__init__.py") if path.parent.name not in NOT_THE_PRODUCT]
    sources = [
        file
        for package in packages
        for file in package.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    ]
    return digest([*sources, ROOT / "requirements.txt"], *(str(file.relative_to(ROOT)) for file in sorted(sources)))


def remember_logins(folder: DataFolder, said: str) -> None:
    """Keep the logins that `load_demo` reports as JSON in its last line: later starts skip it and still print them.

    Only the first report is kept: a repeated load changes nothing, not even a password.
    """
    lines = said.strip().splitlines()
    try:
        people = json.loads(lines[-1]) if lines else []
    except ValueError:
        people = []
    if people and isinstance(people, list) and not demo_file(folder).exists():
        write_private(demo_file(folder), {"logins": people})


def logins(folder: DataFolder, environment: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return username, role and password of who may enter the demo."""
    reported = read_json(demo_file(folder)).get("logins")
    if reported:
        return list(reported)
    roles = {"ana": "agent", "luis": "supervisor", "admin": "admin"}
    return [{"username": name, "role": role, "password": environment["DEMO_PASSWORD"]} for name, role in roles.items()]


def demo_file(folder: DataFolder) -> Path:
    return folder.path / "demo.json"
