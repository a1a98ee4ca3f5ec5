"""The time between swaps, by bench/measure: instructions and system calls of a request, processor
time beside an A/A control, what the library adds to a start, sizes (docs/measurements.md).
"""

from __future__ import annotations

from collections.abc import Sequence

from measure import steady
from measure.figure import Figure, table

from .plan import Plan
from .verdict import Verdict

START_NAME = "start of true, preloaded, under a launcher: added"
START_US = 300.0


def measure(plan: Plan) -> list[Figure]:
    return steady.measure(plan.steady)


def section(rows: Sequence[Figure]) -> str:
    return table(rows)


def verdicts(rows: Sequence[Figure]) -> list[Verdict]:
    found = [
        Verdict(row.name, row.unit, row.value, row.bound + row.tolerance, row.noise)
        for row in rows
        if row.bound is not None
    ]
    for row in rows:
        if row.name == START_NAME:
            found.append(Verdict(row.name, row.unit, row.value, START_US, row.noise))
    return found


def draw(rows: Sequence[Figure], plan: Plan) -> None:
    """Nothing here grows."""
