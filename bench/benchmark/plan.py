"""How much is measured: the full run, and the quick one that only shows that it works."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from measure.plan import Plan as SteadyPlan

KIB = 1 << 10
MIB = 1 << 20
GIB = 1 << 30
READY_MS = 5.0  # the bound of the time to ready, more than the program's own start


@dataclasses.dataclass
class Plan:
    out: Path = Path("bench/results")
    raw: Path = Path("build/benchmark")  # samples and what the pictures are drawn from
    quick: bool = False
    swaps: int = 10  # counted; one more comes first and stands by itself
    cold_starts: int = 5  # with the data in the page cache, and as many without
    floor_repeats: int = 5
    large_bytes: int = GIB
    arena_bytes: tuple[int, ...] = (GIB, 4 * GIB)
    growth_swaps: int = 5
    growth_bytes: tuple[int, ...] = (
        KIB,
        64 * KIB,
        MIB,
        16 * MIB,
        100 * MIB,
        256 * MIB,
        GIB,
        2 * GIB,
        4 * GIB,
    )
    growth_connections: tuple[int, ...] = (1, 10, 100, 1000, 4000, 9500)
    growth_processes: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64)
    steady: SteadyPlan = dataclasses.field(default_factory=SteadyPlan)


def quick() -> Plan:
    return Plan(
        quick=True,
        swaps=1,
        cold_starts=1,
        floor_repeats=3,
        large_bytes=256 * MIB,
        arena_bytes=(256 * MIB,),
        growth_swaps=1,
        growth_bytes=(KIB, 100 * MIB),
        growth_connections=(1, 1000),
        growth_processes=(1, 8),
        steady=SteadyPlan(
            programs=("epoll",),
            instruction_requests=(20, 60),
            instruction_runs=1,
            wrk_rounds=1,
            wrk_seconds=1,
            spawns=50,
            python_spawns=5,
        ),
    )
