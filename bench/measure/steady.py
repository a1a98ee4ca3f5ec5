"""Everything about the time between swaps: calls, instructions, throughput, starts, sizes."""

from __future__ import annotations

from . import footprint, instructions, spawn, syscalls, throughput
from .figure import Figure
from .plan import Plan


def measure(plan: Plan) -> list[Figure]:
    parts = (syscalls, instructions, throughput, spawn, footprint)
    return [figure for part in parts for figure in part.measure(plan)]
