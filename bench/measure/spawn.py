"""What the library adds to the start of a process: posix_spawn to exit, in turn, without it, again
without, with it in LD_PRELOAD, and with it in LD_PRELOAD and the launcher's variables set.
"""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from pathlib import Path

from . import figure
from .figure import Figure
from .frame import in_turn
from .machine import say
from .plan import Plan
from .spread import median

LIBRARY = str(Path("lib/libaeterna_preload.so").resolve())
VARIANTS = ("without", "again", "preloaded", "preloaded, under a launcher")


def _environments() -> list[dict[str, str]]:
    plain = {key: value for key, value in os.environ.items() if not key.startswith("AETERNA_")}
    plain.pop("LD_PRELOAD", None)
    preloaded = {**plain, "LD_PRELOAD": LIBRARY}
    # Nobody listens there: a program that does not listen never asks.
    launched = {
        **preloaded,
        "AETERNA_CONTROL": "0" * 32 + ":aeterna/measure",
        "AETERNA_GENERATION": "1",
    }
    return [plain, plain, preloaded, launched]


def _once_us(command: list[str], environment: dict[str, str]) -> float:
    begin = time.monotonic_ns()
    pid = os.posix_spawn(command[0], command, environment)
    _, status = os.waitpid(pid, 0)
    if status:
        raise RuntimeError(f"{command[0]} failed")
    return (time.monotonic_ns() - begin) / 1000


def _measure(name: str, command: list[str], times: int) -> list[Figure]:
    say(f"steady: {times} starts of {name}")
    starts = [partial(_once_us, command, environment) for environment in _environments()]
    took = in_turn(times, starts, lambda _: None)
    middles = [median(one) for one in took]
    figures = []
    for which in (2, 3):
        added = figure.of(
            f"start of {name}, {VARIANTS[which]}: added",
            "us",
            [b - a for a, b in zip(took[0], took[which])],
            [abs(middles[1] - middles[0])],
            medians_us=dict(zip(VARIANTS, middles)),
        )
        added.value = middles[which] - middles[0]
        del added.detail["values"]
        figures.append(added)
    return figures


def measure(plan: Plan) -> list[Figure]:
    return [
        *_measure("true", ["/bin/true"], plan.spawns),
        *_measure("python3 -c pass", [sys.executable, "-c", "pass"], plan.python_spawns),
    ]
