"""What a benchmark says: the machine, figures beside their baselines, and whether a target was met."""

from __future__ import annotations

import math
import os
import platform
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from runner.terminal import bad, faint, good, say, strong

ESCAPES = re.compile(r"\033\[[0-9]*m")


@dataclass(frozen=True)
class Target:
    """One promise: a figure, what was promised of it, and whether it holds."""

    what: str
    figure: str
    promised: str
    is_met: bool


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def median_ratio(figures: Sequence[float], baseline: Sequence[float]) -> float:
    """The median of the ratios round by round: both sides of each were measured within the same seconds."""
    return median(figure / base for figure, base in zip(figures, baseline, strict=True) if base)


def say_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print columns, the first to the left, figures to the right."""
    cells = [list(headings), *[list(row) for row in rows]]
    widths = [max(len(ESCAPES.sub("", row[column])) for row in cells) for column in range(len(headings))]
    for number, row in enumerate(cells):
        parts = [
            cell + " " * (width - len(ESCAPES.sub("", cell)))
            if column == 0
            else " " * (width - len(ESCAPES.sub("", cell))) + cell
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        line = "  ".join(parts).rstrip()
        say(f"  {faint(line) if number == 0 else line}")


def say_targets(targets: Sequence[Target]) -> None:
    say_table(
        ["target", "measured", "promised", ""],
        [[each.what, each.figure, each.promised, good("met") if each.is_met else bad("NOT MET")] for each in targets],
    )


def say_title(text: str) -> None:
    say(f"\n{strong(text)}")


def machine() -> str:
    """One line; the load tells a reader how far the absolute figures can be trusted."""
    loads = " ".join(f"{each:.1f}" for each in os.getloadavg())
    return (
        f"{os.cpu_count()} cores ({processor()}), {memory()}, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}; load average {loads}"
    )


def others_busy(seconds: float = 0.5) -> float:
    """How many cores are busy while we do nothing: what else the machine does. 0 where the system does not tell (macOS)."""
    before = busy_seconds()
    time.sleep(seconds)
    return max(0.0, (busy_seconds() - before) / seconds)


def busy_seconds() -> float:
    try:
        user, nice, system, _idle, _waiting, irq, softirq, steal = map(
            int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
        )
    except OSError:
        return 0.0
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.machine()
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def memory() -> str:
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"
