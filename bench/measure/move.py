"""What it takes to move connections: the launcher's pause, the time from the commit until the new
generation has them all, the processor time of everybody for each, and how soon a client that moved
is answered, against one that comes anew.
"""

from __future__ import annotations

import dataclasses
import os
import signal
import time
from pathlib import Path

from . import figure
from .crowd import Crowd
from .figure import Figure
from .machine import cpu_ms, descriptors, only_children, say
from .plan import Plan
from .service import PATIENCE_S, PROGRAMS, Service
from .spread import differences, median

PROGRAM_NAMES = ("epoll", "asyncio")
PAUSE_BOUND_MS = 200.0
LOOK_S = 0.0005
REST_S = 0.5  # from one measurement to the next


@dataclasses.dataclass
class Moved:
    pause_ms: float
    move_ms: float  # from the commit
    cpu_ms: float  # of the launcher and both generations, from the command to the end of the move


def _newcomer(service: Service, old: int) -> int:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        for pid in only_children(service.launcher_pid):
            if pid != old:
                return pid
        time.sleep(LOOK_S)
    raise RuntimeError("no new generation\n" + service.log())


def _gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def _swap(service: Service, size: int) -> Moved:
    """One swap by HUP, watched from outside: nobody is asked while it goes on."""
    old = int(service.status()["pid"])
    service.next_version()
    before = cpu_ms(service.launcher_pid, True) + cpu_ms(old)
    asked = time.monotonic_ns()
    os.kill(service.launcher_pid, signal.SIGHUP)
    new = _newcomer(service, old)
    end = time.monotonic() + PATIENCE_S
    while descriptors(new) < size:
        if time.monotonic() > end:
            raise RuntimeError(f"{descriptors(new)} of {size} moved\n" + service.log())
        time.sleep(LOOK_S)
    moved = time.monotonic_ns()
    while not _gone(old):  # what it used is its parent's then
        time.sleep(LOOK_S)
    after = cpu_ms(service.launcher_pid, True) + cpu_ms(new)
    last = service.status()["last_swap"]
    if last["result"] != "committed" or last["connections_moved"] != size:
        raise RuntimeError(f"{last}\n{service.log()}")
    commit = asked + last["total_ms"] * 1e6
    return Moved(last["pause_ms"], (moved - commit) / 1e6, after - before)


def swaps(name: str, size: int, plan: Plan) -> list[Moved]:
    done = []
    with Service(PROGRAMS[name]) as service, Crowd(service.port, size):
        for number in range(plan.moves):
            time.sleep(REST_S)
            done.append(_swap(service, size))
            say(f"move, {name}: {size} connections, swap {number + 1} of {plan.moves}")
    return done


def _each(name: str, unit: str, sizes: tuple[int, ...], middles: list[float]) -> Figure:
    """The cost of one connection from size to size: the same everywhere if growth is linear."""
    steps = list(zip(zip(sizes, middles), zip(sizes[1:], middles[1:])))
    slopes = [(b - a) * 1000 / (m - n) for (n, a), (m, b) in steps]
    whole = (middles[-1] - middles[0]) * 1000 / (sizes[-1] - sizes[0])
    detail = {"sizes": sizes, "medians_ms": middles, "slopes_us": slopes}
    return Figure(
        name, unit, whole, min(slopes), max(slopes), None, len(slopes), None, detail=detail
    )


def _cost(name: str, plan: Plan) -> list[Figure]:
    runs = {size: swaps(name, size, plan) for size in plan.move_sizes}
    figures = []
    for size, done in runs.items():
        bound = PAUSE_BOUND_MS if size == max(runs) else None
        what = f"{size} connections, {name}"
        pauses = [swap.pause_ms for swap in done]
        figures.append(figure.of(f"pause with {what}", "ms", pauses, None, bound))
        figures.append(figure.of(f"time to move {what}", "ms", [swap.move_ms for swap in done]))
    for what, field in (("time", "move_ms"), ("processor time", "cpu_ms")):
        middles = [median([getattr(swap, field) for swap in done]) for done in runs.values()]
        figures.append(
            _each(f"{what} to move one connection, {name}", "us", plan.move_sizes, middles)
        )
    return figures


def _next_request(name: str, plan: Plan) -> Figure:
    """Each connection is asked once after it moved; a new one before and after it."""
    size = plan.next_requests
    moved, new, again = [], [], []
    with Service(PROGRAMS[name]) as service, Crowd(service.port, size) as crowd:
        _swap(service, size)
        time.sleep(REST_S)
        for index in range(size):
            new.append(crowd.ask_new_us())
            moved.append(crowd.ask_us(index))
            again.append(crowd.ask_new_us())
        accepted = [crowd.ask_us(index) for index in range(size)]
    return figure.of(
        f"next request on a moved connection, later than a new one's, {name}",
        "us",
        differences(moved, new),
        [abs(median(again) - median(new))],
        0.0,
        median_us={
            "moved": median(moved),
            "new": median(new),
            "again": median(again),
            "accepted": median(accepted),
        },
    )


def measure(plan: Plan) -> list[Figure]:
    figures = []
    for name in PROGRAM_NAMES:
        figures += _cost(name, plan)
        figures.append(_next_request(name, plan))
    return figures
