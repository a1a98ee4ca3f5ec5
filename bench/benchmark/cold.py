"""The cold boot: the same agent started without state (examples/disk_agent.py), which reads its
data from the local disk and builds its index again. No sleeps; each step is taken apart.

Warm: the data lies in the page cache. Cold: it was put out of it before, posix_fadvise(2); the
interpreter and its modules stay. Below a virtual machine the host may still have it.
"""

from __future__ import annotations

import array
import dataclasses
import json
import os
import random
import subprocess
from collections.abc import Mapping
from pathlib import Path

from measure.machine import say
from measure.spread import median

from .agent import EXAMPLES, PYTHON, start_alone

WIDTH = 256  # of a vector, in examples/vector_agent.py
BLOCK_ROWS = 8192
TURNS = 250
STEPS = ("started", "imported", "read", "indexed")
STEP_NAMES = ("interpreter", "imports", "read", "index", "to first answer")


@dataclasses.dataclass
class Cold:
    warm_ms: list[dict[str, float]]  # by step, and the whole under "whole"
    cold_ms: list[dict[str, float]]

    def median(self, warm: bool, step: str = "whole") -> float:
        return median([start[step] for start in (self.warm_ms if warm else self.cold_ms)])


def write_history(path: Path) -> None:
    turns = [{"role": "user", "text": f"turn {n} ".ljust(170, ".")} for n in range(TURNS)]
    path.write_text(json.dumps({"count": 0, "turns": turns}))


def write_vectors(path: Path, size: int) -> None:
    """Rows of numbers; the first column is the agent's, which sums it up: zeros."""
    chance = random.Random(1)
    block = array.array("f", (chance.uniform(-1, 1) for _ in range(BLOCK_ROWS * WIDTH)))
    for row in range(BLOCK_ROWS):
        block[row * WIDTH] = 0
    data = memoryview(block).cast("B")
    with path.open("wb") as file:
        while size > 0:
            size -= file.write(data[: min(size, len(data))])


def _put_out(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    found = subprocess.run(
        ["fincore", "--bytes", "--noheadings", "--output", "RES", str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    if int(found.stdout) > path.stat().st_size // 100 + 4096:
        raise RuntimeError(f"{path} stays in the page cache: {found.stdout.strip()} bytes of it")


def _start(kind: str, data: Path, environment: Mapping[str, str]) -> dict[str, float]:
    start = start_alone([PYTHON, str(EXAMPLES / "disk_agent.py"), kind, str(data)], environment)
    marks = json.loads(start.output.splitlines()[0])
    times = [start.spawned_ns]
    times += [marks[step] for step in STEPS if step in marks]
    times.append(start.answered_ns)
    names = [name for name in STEP_NAMES if name != "index" or "indexed" in marks]
    steps = {name: (b - a) / 1e6 for name, a, b in zip(names, times, times[1:])}
    return {**steps, "whole": start.ms}


def measure(kind: str, data: Path, environment: Mapping[str, str], starts: int) -> Cold:
    warm, cold = [], []
    for number in range(starts):
        _put_out(data)
        cold.append(_start(kind, data.resolve(), environment))
        warm.append(_start(kind, data.resolve(), environment))
        say(f"cold boot of {kind}_agent.py: {number + 1} of {starts}, {cold[-1]['whole']:.0f} ms")
    return Cold(warm, cold)


def breakdown(cold: Cold, warm: bool) -> str:
    steps = (cold.warm_ms if warm else cold.cold_ms)[0]
    return ", ".join(f"{name} {cold.median(warm, name):.1f}" for name in steps if name != "whole")
