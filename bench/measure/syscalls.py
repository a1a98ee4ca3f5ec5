"""System calls for a request, counted by strace -f -c: alone, alone again, and under the launcher.

Two runs that differ in the number of requests give the slope: start and end cancel out.
"""

from __future__ import annotations

from pathlib import Path

from .figure import Figure
from .machine import say
from .plan import Plan
from .subject import KINDS, Subject, each_case, each_mode

Counts = dict[str, int]


def _parse(path: Path) -> Counts:
    counts = {}
    for line in path.read_text().splitlines():
        words = line.split()
        if len(words) >= 5 and words[0].replace(".", "").isdigit() and words[-1] != "total":
            counts[words[-1]] = int(words[3])
    return counts


def _run(program: str, mode: str, kind: str, requests: int) -> Counts:
    with Subject(program, mode, ["strace", "-f", "-c", "-o", "{directory}/calls"]) as subject:
        subject.visit(kind, requests)
        subject.end()
        return _parse(subject.directory / "calls")


def _slopes(program: str, mode: str, kind: str, plan: Plan) -> dict[str, float]:
    few, many = plan.instruction_requests
    less, more = (_run(program, mode, kind, n) for n in (few, many))
    slopes = {n: (more.get(n, 0) - less.get(n, 0)) / (many - few) for n in sorted({*less, *more})}
    return {name: slope for name, slope in slopes.items() if slope}


def _measure(program: str, connections: str, kind: str, plan: Plan) -> Figure:
    say(f"steady: system calls of {program}, {connections}, for a {KINDS[kind]}")
    alone, again, launched = each_mode(lambda mode: _slopes(program, mode, kind, plan), connections)
    more = sum(launched.values()) - sum(alone.values())
    return Figure(
        f"system calls more for a {KINDS[kind]}, {program}, {connections}",
        "",
        more,
        more,
        more,
        abs(sum(again.values()) - sum(alone.values())),
        1,
        0,
        detail={"alone": alone, "again": again, "launched": launched},
    )


def measure(plan: Plan) -> list[Figure]:
    return each_case(_measure, plan)
