"""How much is measured: the numbers that --quick makes small. A full run fits a quiet hour."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass
class Plan:
    starts: tuple[float, ...] = (0, 2, 20)  # seconds that a new version takes to start
    swaps: int = 20  # of each start
    first_answers: int = 10
    latency_samples: int = 10000  # in swap windows, at least
    programs: tuple[str, ...] = ("epoll", "nginx")  # of the steady state
    instruction_requests: tuple[int, int] = (100, 1100)
    instruction_runs: int = 3
    wrk_rounds: int = 9
    wrk_seconds: int = 3
    moves: int = 9  # swaps with each number of connections
    move_sizes: tuple[int, ...] = (500, 1000, 2000, 4000, 9500)
    next_requests: int = 1000
    spawns: int = 500
    python_spawns: int = 100


def quick() -> Plan:
    return Plan(
        swaps=3,
        first_answers=3,
        latency_samples=3000,
        instruction_requests=(50, 150),
        instruction_runs=1,
        wrk_rounds=2,
        wrk_seconds=1,
        moves=2,
        move_sizes=(500, 2000),
        next_requests=100,
        spawns=50,
        python_spawns=10,
    )
