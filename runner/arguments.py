"""What was asked on the command line. By hand rather than with argparse: what follows `manage` and `test` belongs to others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runner.places import ROOT
from runner.terminal import Refusal

COMMANDS = ("demo", "serve", "test", "check", "bench", "faults", "manage")
DEFAULT_PORT = "8000"
HIGHEST_PORT = 65535

USAGE = """\
Usage: python3 run.py [--port N] [--data DIR] [--fresh] [command]

  demo               (default) everything on this machine, with demo data and a simulated phone
  serve              the same without demo data or simulated phone: small installations
  test [args]        all tests; the arguments go to pytest
  check              formatting, types, contracts, migrations, translations, settings
  bench [name]       measurements, on fresh services
  faults [name]      the tests that break things, at full scale
  manage <command>   Django's manage.py with the services up

  --port N           the address is http://127.0.0.1:N (default 8000, or PORT); the simulated phone is at N + 1
  --data DIR         where data stay (default .data)
  --fresh            start from nothing: wipes the data folder, if run.py made it

More in docs/running.md.
"""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One command line, understood."""

    command: str = "demo"
    arguments: tuple[str, ...] = ()
    port: int = int(DEFAULT_PORT)
    data: Path = ROOT / ".data"
    is_fresh: bool = False
    wants_help: bool = False


@dataclass
class Reading:
    """The command line while it is being read."""

    command: str = ""
    arguments: list[str] = field(default_factory=list)
    port: str | None = None
    data: str | None = None
    is_fresh: bool = False
    wants_help: bool = False


def read_arguments(words: list[str], environ: Mapping[str, str]) -> Request:
    """Return what was asked.

    Raises:
        Refusal: with a sentence naming what was not understood.
    """
    reading = Reading()
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if reading.command == "manage":
            # Verbatim: a management command may have a --port or a --data of its own.
            reading.arguments.append(word)
        elif not read_option(reading, word, rest):
            read_word(reading, word)
    refuse_extra_arguments(reading)
    if reading.command == "manage" and not reading.arguments:
        raise Refusal("`manage` needs a command, for example: python3 run.py manage create_user ana --role agent")
    data = Path(reading.data).expanduser() if reading.data else ROOT / ".data"
    return Request(
        command=reading.command or "demo",
        arguments=tuple(reading.arguments),
        port=read_port(reading.port, environ),
        data=Path.cwd() / data,
        is_fresh=reading.is_fresh,
        wants_help=reading.wants_help,
    )


def read_option(reading: Reading, word: str, rest: list[str]) -> bool:
    name, has_value, value = word.partition("=")
    if name in ("--port", "--data"):
        if not has_value:
            if not rest:
                raise Refusal(f"{name} needs a value, for example: {name} {'8080' if name == '--port' else '.data'}")
            value = rest.pop(0)
        setattr(reading, name.removeprefix("--"), value)
    elif word == "--fresh":
        reading.is_fresh = True
    elif word in ("--help", "-h") and reading.command != "test":
        reading.wants_help = True
    else:
        return False
    return True


def read_word(reading: Reading, word: str) -> None:
    if reading.command:
        reading.arguments.append(word)
    elif word in COMMANDS:
        reading.command = word
    else:
        raise Refusal(
            f"«{word}» is not a command of run.py. There are: {', '.join(COMMANDS)}. Try: python3 run.py --help"
        )


def refuse_extra_arguments(reading: Reading) -> None:
    if reading.command in ("test", "manage"):
        return
    allowed = 1 if reading.command in ("bench", "faults") else 0
    surplus = reading.arguments[allowed:] or [word for word in reading.arguments if word.startswith("-")]
    if surplus:
        raise Refusal(f"«{surplus[0]}» was not expected after {reading.command}. Try: python3 run.py --help")


def read_port(given: str | None, environ: Mapping[str, str]) -> int:
    """Return the port from --port, else PORT, else 8000."""
    name, value = ("--port", given) if given is not None else ("PORT", environ.get("PORT") or DEFAULT_PORT)
    if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= HIGHEST_PORT:
        raise Refusal(f"{name} is «{value}»; it must be a whole number from 1 to {HIGHEST_PORT}.")
    return int(value)
