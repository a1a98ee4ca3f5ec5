"""How a swap grows: with the size of the state, copied or in an arena, with the number of
keep-alive connections, and of processes. No load meanwhile: the launcher's own account.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Sequence

from measure import move
from measure.machine import only_children, say
from measure.plan import Plan as MovePlan
from measure.service import Service, Swap
from measure.spread import median

from . import agent as agents
from . import floor, plot
from .agent import Agent, Program, Undone
from .observe import spread_text
from .plan import Plan
from .state import ARENA_FOLD, size_text
from .verdict import Verdict, broken

COPY_FOLD = 3.0  # the old one's, what is handed over, what is kept; no data on disk here
# The move is over when the new process has so many descriptors: of fewer connections that cannot be
# told from the program's own.
LEAST_MOVED = 100
PREFORK = "build/programs/prefork"
CURVES = {
    "copy": "state, copied and verified",
    "arena": "state in an arena",
    "connections": "keep-alive connections, C server with epoll",
    "processes": "processes, prefork C server without state",
}


@dataclasses.dataclass
class Row:
    curve: str
    x: int
    pause_ms: list[float] = dataclasses.field(default_factory=list)
    other_ms: list[float] = dataclasses.field(default_factory=list)  # boot; time to move
    memcpy_ms: float | None = None
    wrong: int = 0
    refused: str = ""


def _swap_sizes(row: Row, program: Program, plan: Plan) -> None:
    path = "/write" if row.curve == "arena" else "/"
    with Agent(program) as agent:
        if row.curve == "arena":
            agent.ask("/fill")
        count = int(agent.ask()["count"])
        for number in range(plan.growth_swaps + 1):  # the first one apart: its size is not known
            agent.ask(path)
            swap = agent.swap()
            if number:
                row.pause_ms.append(swap.launcher["pause_ms"])
                row.other_ms.append(swap.launcher["boot_ms"])
        row.wrong = abs(int(agent.ask()["count"]) - count - plan.growth_swaps - 2)
        if row.curve == "arena":
            row.wrong += int(agent.ask("/check")["wrong"])


def _size(curve: str, size: int, plan: Plan) -> Row:
    row = Row(curve, size)
    fold = ARENA_FOLD if curve == "arena" else COPY_FOLD
    row.refused = floor.no_room(int(size * fold))
    if row.refused:
        return row
    if curve == "copy":
        row.memcpy_ms = floor.measure(size, plan.floor_repeats).memcpy
    program = agents.arena(max(size, 4096)) if curve == "arena" else agents.vectors(size)
    try:
        _swap_sizes(row, program, plan)
    except Undone as undone:
        row.refused = f"the swap was undone: {undone}"
    return row


def _connections(size: int, plan: Plan) -> Row:
    moved = move.swaps("epoll", size, MovePlan(moves=plan.growth_swaps))
    row = Row("connections", size, [one.pause_ms for one in moved])
    if size >= LEAST_MOVED:
        row.other_ms = [one.move_ms for one in moved]
    return row


class Prefork(Service):
    """Its own number of workers, and a swap that is over when all of them are there."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        super().__init__([os.path.abspath(PREFORK)])

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "WORKERS": str(self._workers)}

    def swap(self) -> Swap:
        done = super().swap()
        there = len(only_children(int(self.status()["pid"])))
        if there != self._workers:
            raise Undone(f"{there} of {self._workers} processes")
        return done


def _processes(workers: int, plan: Plan) -> Row:
    row = Row("processes", workers)
    with Prefork(workers) as service:
        for _ in range(plan.growth_swaps):
            service.next_version()
            last = service.swap().launcher
            row.pause_ms.append(last["pause_ms"])
            row.other_ms.append(last["boot_ms"])
    return row


def measure(plan: Plan) -> list[Row]:
    steps: list[tuple[str, Sequence[int], Callable[[str, int, Plan], Row]]] = [
        ("copy", plan.growth_bytes, _size),
        ("arena", plan.growth_bytes, _size),
        ("connections", plan.growth_connections, lambda _, size, p: _connections(size, p)),
        ("processes", plan.growth_processes, lambda _, size, p: _processes(size, p)),
    ]
    rows = []
    for curve, sizes, one in steps:
        for size in sizes:
            rows.append(one(curve, size, plan))
            found = rows[-1].refused or f"pause {spread_text(rows[-1].pause_ms)} ms"
            say(f"growth, {CURVES[curve]}, {_x_text(rows[-1])}: {found}")
    return rows


def _x_text(row: Row) -> str:
    return size_text(row.x) if row.curve in ("copy", "arena") else f"{row.x}"


def section(rows: Sequence[Row]) -> str:
    lines = [
        "| grows with | | pause, ms | boot, or time to move, ms | memcpy, ms |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        pause = row.refused or spread_text(row.pause_ms)
        other = spread_text(row.other_ms) if row.other_ms else ""
        memcpy = "" if row.memcpy_ms is None else f"{row.memcpy_ms:.3g}"
        lines.append(f"| {CURVES[row.curve]} | {_x_text(row)} | {pause} | {other} | {memcpy} |")
    return "\n".join(lines)


def verdicts(rows: Sequence[Row]) -> list[Verdict]:
    """Only what may not happen: the bounds are in the table of state."""
    found = []
    for curve in CURVES:
        mine = [row for row in rows if row.curve == curve]
        wrong = sum(row.wrong for row in mine)
        undone = sum(row.refused.startswith("the swap") for row in mine)
        found.append(
            broken(f"growth, {CURVES[curve]}: wrong state, or swaps undone", wrong + undone)
        )
    return found


def _series(rows: Sequence[Row], curve: str, field: str, name: str) -> plot.Series:
    points = []
    for row in rows:
        values = getattr(row, field)
        if row.curve == curve and values:
            points.append((float(row.x), median(values), min(values), max(values)))
    return plot.Series(name, points)


def draw(rows: Sequence[Row], plan: Plan) -> None:
    copies = [(float(r.x), r.memcpy_ms, r.memcpy_ms, r.memcpy_ms) for r in rows if r.memcpy_ms]
    pictures = {
        "growth-state": (
            "copy",
            "Pause and the size of the state",
            "state",
            [
                _series(rows, "copy", "pause_ms", "copied and verified"),
                _series(rows, "arena", "pause_ms", "arena: ownership moves"),
                plot.Series("memcpy of the same bytes", copies),
            ],
        ),
        "growth-connections": (
            "connections",
            "Keep-alive connections that move",
            "connections",
            [
                _series(rows, "connections", "pause_ms", "pause"),
                _series(rows, "connections", "other_ms", "until all have moved, after the commit"),
            ],
        ),
        "growth-processes": (
            "processes",
            "Processes of a generation",
            "processes",
            [
                _series(rows, "processes", "pause_ms", "pause"),
                _series(rows, "processes", "other_ms", "boot of the new generation"),
            ],
        ),
    }
    for name, (curve, title, x, series) in pictures.items():
        out = plan.out / f"{name}.svg"
        ticks = [(float(row.x), _x_text(row)) for row in rows if row.curve == curve]
        plot.curves(plot.Axes(title, x, ticks), series, out)
