"""From the command line to the command."""

from __future__ import annotations

import os
import signal
import sys

from runner.arguments import USAGE, Request, read_arguments
from runner.checking import run_check
from runner.ending import Ended, listen_for_endings
from runner.serving import run_demo, run_manage, run_serve
from runner.terminal import Refusal, complain, prepare_terminal, say
from runner.testing import run_bench, run_faults, run_test

COMMANDS = {
    "demo": run_demo,
    "serve": run_serve,
    "test": run_test,
    "check": run_check,
    "bench": run_bench,
    "faults": run_faults,
    "manage": run_manage,
}


def main(words: list[str]) -> int:
    """Run the command; return the exit code."""
    prepare_terminal()
    listen_for_endings()
    request = Request()
    try:
        request = read_arguments(words, os.environ)
        if request.wants_help:
            say(USAGE)
            return 0
        return COMMANDS[request.command](request)
    except Refusal as refusal:
        complain(f"\n{refusal}")
        return 1
    except Ended as ended:
        return farewell(request, ended)


def farewell(request: Request, ended: Ended) -> int:
    if request.command not in ("demo", "serve"):
        return 128 + ended.signal_number
    if ended.signal_number != signal.SIGHUP and sys.stdout.isatty():
        say("\n  Ventanilla terminó. Los datos quedan guardados.\n")
    # Ctrl-C is how these two are meant to end.
    return 0
