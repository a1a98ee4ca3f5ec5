"""The machine's floor for so many bytes: fresh memory, memcpy between two touched buffers, and a
checksum of one, one thread, by build/aeterna-floor. Measured in the same run as what is compared
with it.
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
from pathlib import Path

from measure.spread import median, quartiles

PROGRAM = "build/aeterna-floor"
RESERVE = 1 << 30  # left to everybody else


@dataclasses.dataclass
class Floor:
    bytes: int
    fresh_ms: list[float]
    memcpy_ms: list[float]
    checksum_ms: list[float]

    @property
    def fresh(self) -> float:
        return median(self.fresh_ms)

    @property
    def memcpy(self) -> float:
        return median(self.memcpy_ms)

    @property
    def checksum(self) -> float:
        return median(self.checksum_ms)

    @property
    def noise(self) -> float:
        """How far apart the quartiles of the copies are."""
        low, high = quartiles(self.memcpy_ms)
        return high - low


def available_bytes() -> int:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    raise KeyError("MemAvailable")


def no_room(needed: int) -> str:
    """Empty, or why something that takes so much memory is not begun; proc_meminfo(5)."""
    there = available_bytes()
    if needed + RESERVE <= there:
        return ""
    return f"not measured: needs {needed / 2**30:.1f} GiB of memory, {there / 2**30:.1f} are there"


def measure(size: int, repeats: int) -> Floor:
    done = subprocess.run(
        [PROGRAM, str(size), str(repeats)], capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    return Floor(size, found["fresh_ms"], found["memcpy_ms"], found["checksum_ms"])
