"""`test`, `bench` and `faults`: on services of their own, never on the demo's data."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from runner.arguments import Request
from runner.children import run_attached
from runner.database import prepare_database
from runner.datadir import open_data_folder, temporary_data_folder
from runner.environment import build_environment, product_environment
from runner.migrated import begin_with, migrated_cluster
from runner.packages import node_command, prepare
from runner.places import PYTHON, ROOT
from runner.product import free_port
from runner.services import services
from runner.terminal import Refusal, bad, good, say, strong
from runner.tools import Command

TESTS_FAILED, NOTHING_COLLECTED = 1, 5
# More than these are not chance.
MOST_RETRIED = 3
LAST_FAILED = ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_CHROMIUM = "No Chromium on this machine: the browser tests ARE SKIPPED. Install it (Debian: apt install chromium) and run again."


def run_test(request: Request) -> int:
    """Run pytest, then, unless some tests of Python were asked for, the JavaScript tests; the last line says how it went."""
    prepare(for_development=True, build_environment=build_environment())
    chromium = find_chromium()
    if not chromium:
        shout(NO_CHROMIUM)
    results: dict[str, tuple[int, float]] = {}
    unsteady: list[str] = []
    with test_services(request) as environment:
        results["pytest"] = timed([PYTHON, "-m", "pytest", *spread(request.arguments), *request.arguments], environment)
        # Whoever asks for some tests wants to see them as they are.
        if results["pytest"][0] == TESTS_FAILED and not request.arguments:
            unsteady = failed_ones()
        if unsteady:
            results["once more"] = timed([PYTHON, "-m", "pytest", "--last-failed", "-n", "0"], environment)
            results["pytest"] = results["once more"][0], results["pytest"][1]
        scripts = sorted(str(file.relative_to(ROOT)) for file in ROOT.glob("tests/js/**/*.test.js"))
        if scripts and not request.arguments:
            # Files by name: Node 20 knows no patterns.
            command: Command = [
                node_command(),
                "--import",
                "./tests/js/register.mjs",
                "--test",
                "--test-reporter=spec",
                *scripts,
            ]
            results["node"] = timed(command, environment)
    return report(results, has_chromium=bool(chromium), unsteady=unsteady)


def failed_ones() -> list[str]:
    """The tests that failed just now, where they are few enough to be tried once more, alone; otherwise none (decision 027)."""
    failed = sorted(json.loads(LAST_FAILED.read_text()))
    # What could not even be collected is no chance.
    are_tests = all("::" in each for each in failed)
    return failed if are_tests and len(failed) <= MOST_RETRIED else []


def spread(arguments: tuple[str, ...]) -> list[str]:
    """Two workers, unless the caller says how many, or needs the terminal."""
    has_choice = any(word.startswith(("-n", "--numprocesses", "--pdb", "--trace")) for word in arguments)
    return [] if has_choice else ["-n", "2", "--dist", "loadgroup"]


def report(results: Mapping[str, tuple[int, float]], *, has_chromium: bool, unsteady: Sequence[str] = ()) -> int:
    if not has_chromium:
        shout(NO_CHROMIUM)
    if unsteady and not results["pytest"][0]:
        shout(
            f"Failed first and passed alone, so they depend on something they should not. Mend them: {', '.join(unsteady)}"
        )
    parts = ", ".join(
        f"{name} {'✓' if code == 0 else '✗'} {seconds:.0f} s" for name, (code, seconds) in results.items()
    )
    failed = [code for code, _ in results.values() if code]
    say(f"\n{bad('Tests failed') if failed else good('Tests passed')}: {parts}.")
    return failed[0] if failed else 0


def run_faults(request: Request) -> int:
    """Run the tests that break things, at full scale."""
    prepare(for_development=True, build_environment=build_environment())
    chosen = ["-k", request.arguments[0]] if request.arguments else []
    with test_services(request) as environment:
        command: Command = [PYTHON, "-m", "pytest", "tests", "-m", "faults", *chosen, "-s", "-n", "0"]
        code, _ = timed(command, environment | {"FAULTS_SCALE": "full"})
    if code == NOTHING_COLLECTED:
        raise Refusal("No test of that name breaks anything. All of them: python3 run.py faults")
    return code


def run_bench(request: Request) -> int:
    """Run one benchmark, or all. Their services write to the disk as production's do."""
    names = sorted(file.stem for file in ROOT.glob("benchmarks/*.py") if not file.stem.startswith("_"))
    chosen = list(request.arguments) or names
    if not names or not set(chosen) <= set(names):
        raise Refusal(
            f"There is no benchmark «{chosen[0] if chosen else ''}». There are: {', '.join(names) or 'none yet'}."
        )
    prepare(for_development=True, build_environment=build_environment())
    codes = []
    for name in chosen:
        say(f"\n{strong(name)}")
        with bench_services(request) as environment:
            codes.append(run_attached([PYTHON, "-m", f"benchmarks.{name}"], environment=environment, folder=ROOT))
    return max(codes)


@contextmanager
def test_services(request: Request) -> Iterator[dict[str, str]]:
    # In a temporary folder: two test runs may go at once, and none can come near anybody's data.
    cluster = migrated_cluster(request)
    with temporary_data_folder("test") as folder:
        migrated = begin_with(cluster, folder)
        with services(folder, durable=False) as up:
            environment = product_environment("test", replace(request, port=free_port()), folder, up.urls)
            yield environment | migrated | {"CHROMIUM": find_chromium() or ""}


@contextmanager
def bench_services(request: Request) -> Iterator[dict[str, str]]:
    # In the data folder, not in /tmp: that may be memory, and what is measured includes the disk.
    parent = open_data_folder(request.data).path
    with temporary_data_folder("bench", parent) as folder, services(folder) as up:
        # As the demo: with the secrets that the ingress asks for.
        environment = product_environment("demo", replace(request, port=free_port()), folder, up.urls)
        prepare_database(folder, environment, with_demo=False)
        yield environment


def timed(command: Command, environment: Mapping[str, str]) -> tuple[int, float]:
    began = time.monotonic()
    code = run_attached(command, environment=environment, folder=ROOT)
    return code, time.monotonic() - began


def find_chromium() -> str | None:
    return next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)


def shout(text: str) -> None:
    say(f"\n{bad('!' * 100)}\n{bad(text)}\n{bad('!' * 100)}\n")
