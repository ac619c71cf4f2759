"""docker-compose.yml as this machine can run it: the same commands, on loopback."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.stack import ROOT

# As the image's entry points do; by module, so that this very interpreter runs them.
MODULES = {"gunicorn", "daphne", "uvicorn", "celery"}


def read_compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return found


def command_of(service: str, *, port: int = 0, name: str = "a", folder: Path | str = "/tmp") -> list[str]:
    """The service's command with what differs outside a container replaced: the address, the node's name, the scratch folder."""
    words = shlex.split(read_compose()["services"][service]["command"])
    assert words[0] in MODULES, words
    replaced = {
        "0.0.0.0:8000": f"127.0.0.1:{port}", "0.0.0.0": "127.0.0.1", "8000": str(port), "/tmp/beat": f"{folder}/beat", "/tmp": str(folder),
    }  # fmt: skip
    words = [replaced.get(word, word).replace("@%h", f"@{name}") for word in words]
    return [sys.executable, "-m", *words]
