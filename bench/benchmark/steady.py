"""The time between swaps, by bench/measure: instructions and system calls of a request, processor
time beside an A/A control, what the library adds to a start, sizes (docs/measurements.md).
"""

from __future__ import annotations

from collections.abc import Sequence

from measure import machine, steady
from measure.figure import Figure, table
from measure.spread import median

from .plan import Plan
from .verdict import Verdict

START_NAME = "start of true, preloaded, under a launcher: added"
START_US = 300.0


def measure(plan: Plan) -> list[Figure]:
    before = machine.load()
    figures = steady.measure(plan.steady)
    for one in figures:
        one.load = (before, machine.load())
    return figures


def _absolute(values: object) -> float | None:
    """System calls come by name, instructions by run."""
    if isinstance(values, dict):
        return float(sum(values.values()))
    return median(values) if isinstance(values, list) else None


def section(rows: Sequence[Figure]) -> str:
    lines = [
        "| a request, with and without the library | alone | alone again | with it |",
        "|---|---|---|---|",
    ]
    for row in rows:
        values = [_absolute(row.detail.get(word)) for word in ("alone", "again", "launched")]
        if None not in values:
            what = row.name.replace(" more for", " for")
            lines.append(f"| {what} | " + " | ".join(f"{value:.1f}" for value in values) + " |")
    return "\n".join([*lines, "", table(rows)])


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
