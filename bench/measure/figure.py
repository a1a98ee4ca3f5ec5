"""One figure: what was measured, how wide it spreads, the machine's noise, and the bound.

A bound is written down where the figure is made and compared as it stands; the noise is shown
beside the value and never subtracted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from . import spread

HEADING = (
    "| figure | median | quartiles | noise (A/A) | n | bound | met | load |\n"
    "|---|---|---|---|---|---|---|---|"
)


@dataclasses.dataclass
class Figure:
    name: str
    unit: str
    value: float
    low: float
    high: float
    noise: float | None  # the same figure where there is nothing to be seen
    count: int
    bound: float | None  # at most; None: the figure is only reported
    tolerance: float = 0.0  # below which the method cannot tell the value from the bound
    load: tuple[float, float] = (0.0, 0.0)  # the machine's, before and after the part
    detail: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def met(self) -> bool | None:
        return None if self.bound is None else self.value <= self.bound + self.tolerance

    def row(self) -> str:
        noise = "" if self.noise is None else f"{self.noise:.{self._digits()}f}"
        bound = "" if self.bound is None else f"{self.bound:g}"
        met = {None: "", True: "yes", False: "**no**"}[self.met]
        digits = self._digits()
        return (
            f"| {self.name} | {self.value:.{digits}f} {self.unit} "
            f"| {self.low:.{digits}f} .. {self.high:.{digits}f} | {noise} | {self.count} "
            f"| {bound} | {met} | {self.load[0]:.2f}, {self.load[1]:.2f} |"
        )

    def _digits(self) -> int:
        return 0 if abs(self.value) >= 1000 else 3

    def record(self) -> dict[str, Any]:
        return {**dataclasses.asdict(self), "met": self.met}


def of(
    name: str,
    unit: str,
    values: Sequence[float],
    noise: Sequence[float] | None = None,
    bound: float | None = None,
    **detail: object,
) -> Figure:
    """The median of values; the noise is the median of what the control gave."""
    low, high = spread.quartiles(values)
    detail = {"values": list(values), **detail}
    control = None
    if noise:
        control = spread.median(noise)
        detail["noise_values"] = list(noise)
    return Figure(
        name, unit, spread.median(values), low, high, control, len(values), bound, detail=detail
    )


def table(figures: Sequence[Figure]) -> str:
    return "\n".join([HEADING, *(figure.row() for figure in figures)])
