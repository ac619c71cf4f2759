"""Figures of the desk, each with its target, how many samples it has, and what it stands beside."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from benchmarks._report import Target, percentile


@dataclass
class Figures:
    targets: list[Target] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def add(
        self, what: str, values: list[float], target: float, *, share: float, unit: str = "ms", control: str = ""
    ) -> None:
        """One figure of many samples, judged at one percentile."""
        if not values:
            self.targets.append(Target(what, "no sample", f"<= {target:g} {unit}", is_met=False))
            return
        figure = percentile(values, share)
        self.targets.append(
            Target(f"{what}, p{share * 100:.0f}", f"{figure:,.1f} {unit}", f"<= {target:g} {unit}", figure <= target)
        )
        spread = [f"{percentile(values, each):,.1f}" for each in (0.5, 0.75, 0.95, 0.99)]
        self.rows.append([what, str(len(values)), *spread, f"{max(values):,.1f} {unit}", control])

    def one(
        self, what: str, figure: float, target: float, *, unit: str, at_least: bool = False, beside: str = ""
    ) -> None:
        """A single figure."""
        is_met = figure >= target if at_least else figure <= target
        self.targets.append(
            Target(what, f"{figure:,.1f} {unit}", f"{'>=' if at_least else '<='} {target:g} {unit}", is_met)
        )
        if beside:
            self.rows.append([what, "1", "", "", "", "", f"{figure:,.1f} {unit}", beside])
