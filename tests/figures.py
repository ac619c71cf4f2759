"""How a fault test says what it measured: the figure, on how much and how often, on which machine (TRUST.md, its head).

    figure("R14", "p95 of the others 41 ms before, 43 ms with one customer limited", data="19 customers", samples=380)
    control("R14", "one line for all: p95 of the others 2,070 ms", data="19 customers", samples=38)

A control is the same measure of a variant without the safeguard, and its test asserts that it fails.
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks._report import machine, percentile
from tests.concurrency import IS_FULL


def figure(behaviour: str, says: str, *, data: str, samples: int) -> None:
    """Print what was measured. `data`: how much there was to do it with; `samples`: how many single measures it rests on."""
    write(f"{behaviour}: {says}", data, samples)


def control(behaviour: str, says: str, *, data: str, samples: int) -> None:
    """Print what the same measure gives without the safeguard."""
    write(f"{behaviour} negative control: {says}", data, samples)


def write(line: str, data: str, samples: int) -> None:
    scale = "full scale" if IS_FULL else "small scale"
    print(f"\n{line}\n    {data}; n={samples:,}; {scale}; {machine()}")


def p95_ms(seconds: Sequence[float]) -> float:
    return percentile(seconds, 0.95) * 1000
