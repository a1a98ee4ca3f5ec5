"""What the two parts take: memory of a running launcher, and text of both as size(1) counts it."""

from __future__ import annotations

import subprocess

from .figure import Figure
from .machine import memory_kib, say
from .plan import Plan
from .service import LAUNCHER, PROGRAMS, Service
from .spawn import LIBRARY

SWAPS = 3


def _figure(name: str, unit: str, value: float) -> Figure:
    return Figure(name, unit, value, value, value, None, 1, None)


def _text_bytes(path: str) -> int:
    done = subprocess.run(["size", path], capture_output=True, text=True, check=True)
    return int(done.stdout.splitlines()[1].split()[0])


def measure(plan: Plan) -> list[Figure]:
    figures = []
    with Service(PROGRAMS["epoll"]) as service:
        for swaps in (0, SWAPS):
            for number in range(swaps):
                say(f"steady: memory, swap {number + 1} of {swaps}")
                service.next_version()
                service.swap()
            for name in ("VmRSS", "RssAnon"):
                size = memory_kib(service.launcher_pid, name)
                figures.append(_figure(f"launcher, {name}, after {swaps} swaps", "KiB", size))
    figures.append(_figure("launcher, text", "bytes", _text_bytes(LAUNCHER)))
    figures.append(_figure("library, text", "bytes", _text_bytes(LIBRARY)))
    return figures
