"""`check`: every gate, one line each, all of them even after a failure."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runner.arguments import Request
from runner.datadir import SECRETS
from runner.environment import build_environment
from runner.packages import node_command, prepare_assets, prepare_packages
from runner.places import NODE_MODULES, PYTHON, ROOT
from runner.terminal import Refusal, bad, faint, good, indented, say

MOST_LINES = 60


@dataclass(frozen=True)
class Gate:
    """One question with a yes or a no."""

    name: str
    command: list[str | Path]
    environment: Mapping[str, str] = field(default_factory=dict)


def run_check(request: Request) -> int:
    """Pass every gate; return 1 when any is closed."""
    prepare_packages(for_development=True)
    closed = [] if assets_build() else ["assets"]
    closed += [gate.name for gate in gates() if not passes(gate)]
    if closed:
        say(f"\n{bad('Check failed')}: {', '.join(closed)}.")
        return 1
    say(f"\n{good('Check passed')}.")
    return 0


def assets_build() -> bool:
    # A step of the preparation, but a gate here: what is wrong with the code must not hide the other gates' answers.
    try:
        prepare_assets(build_environment())
    except Refusal as refusal:
        say(str(refusal))
        return False
    return True


def gates() -> list[Gate]:
    python: list[str | Path] = [PYTHON, "-m"]
    manage: list[str | Path] = [PYTHON, "manage.py"]
    # Warnings of the interpreter here would be about the missing database, which is missing on purpose.
    silent: list[str | Path] = [PYTHON, "-W", "ignore::RuntimeWarning", "manage.py"]
    return [
        Gate("ruff format", [*python, "ruff", "format", "--check", "."]),
        Gate("ruff", [*python, "ruff", "check", "."]),
        Gate("mypy", [*python, "mypy"]),
        Gate("import contracts", [PYTHON.parent / "lint-imports", "--no-cache"]),
        Gate("migrations", [*silent, "makemigrations", "--check", "--dry-run"]),
        Gate("tsc", [node_command(), NODE_MODULES / "typescript" / "bin" / "tsc", "-p", "tsconfig.json"]),
        Gate("translations", [*manage, "check_translations"]),
        Gate(
            "deployment settings", [*manage, "check", "--deploy", "--fail-level", "WARNING"], production_environment()
        ),
    ]


def passes(gate: Gate) -> bool:
    began = time.monotonic()
    environment = gate.environment or build_environment()
    answer = subprocess.run(
        gate.command,
        cwd=ROOT,
        env=dict(environment),
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
    )
    is_open = answer.returncode == 0
    say(f"  {good('✓') if is_open else bad('✗')} {gate.name}  {faint(f'{time.monotonic() - began:.1f} s')}")
    if not is_open:
        say(indented(answer.stdout + answer.stderr, MOST_LINES))
    return is_open


def production_environment() -> dict[str, str]:
    """Return what a production process would be given, with secrets made for the occasion."""
    secrets = {name: SECRETS[name]() for name in ("SECRET_KEY", "FIELD_KEYS", "META_APP_SECRET", "META_VERIFY_TOKEN")}
    return build_environment("serve", HTTPS="1", ALLOWED_HOSTS="panel.example.com", **secrets)
