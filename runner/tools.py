"""Running the tools a step needs (pip, npm, manage.py), quietly: their words are shown only when they fail."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from runner.places import ROOT
from runner.terminal import Refusal, indented

Command = list[str | Path]


def tool_environment() -> dict[str, str]:
    """Return the caller's environment without what would turn our Python into another one."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
    }


def run_quietly(command: Sequence[str | Path], *, environment: Mapping[str, str], folder: Path = ROOT) -> str:
    """Run a command and return what it printed.

    Raises:
        Refusal: with the end of what it said, when it fails.
    """
    answer = subprocess.run(
        command,
        cwd=folder,
        env=dict(environment),
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
    )
    if answer.returncode:
        words = " ".join(Path(part).name if isinstance(part, Path) else part for part in command[:6])
        raise Refusal(f"`{words} …` failed:\n{indented(answer.stdout + answer.stderr)}")
    return answer.stdout
