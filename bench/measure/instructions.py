"""User instructions for a request, counted by valgrind's callgrind: alone, alone again, and under
the launcher. Two runs that differ in the number of requests give the slope: start and end cancel
out. Instructions do not depend on how busy the machine is.
"""

from __future__ import annotations

import re

from . import figure
from .figure import Figure
from .machine import say
from .plan import Plan
from .spread import differences
from .subject import KINDS, PROGRAM_NAMES, Subject, each_mode

BOUNDS = {"connection": 50.0, "request": 0.0}
CALLGRIND = ["valgrind", "--tool=callgrind", "--callgrind-out-file={directory}/callgrind"]


def _run(program: str, launched: bool, kind: str, requests: int) -> int:
    with Subject(program, launched, CALLGRIND) as subject:
        subject.visit(kind, requests)
        subject.end()
        text = (subject.directory / "callgrind").read_text()
    found = re.search(r"^(?:totals|summary): (\d+)", text, re.MULTILINE)
    if not found:
        raise RuntimeError("callgrind wrote no total")
    return int(found.group(1))


def _slope(program: str, launched: bool, kind: str, plan: Plan) -> float:
    few, many = plan.instruction_requests
    less, more = (_run(program, launched, kind, n) for n in (few, many))
    return (more - less) / (many - few)


def _measure(program: str, kind: str, plan: Plan) -> Figure:
    rounds = []
    for number in range(plan.instruction_runs):
        say(f"steady: instructions of {program} for a {KINDS[kind]}, run {number + 1}")
        rounds.append(each_mode(lambda mode: _slope(program, mode, kind, plan)))
    alone, again, launched = ([three[i] for three in rounds] for i in range(3))
    return figure.of(
        f"instructions more for a {KINDS[kind]}, {program}",
        "",
        differences(launched, alone),
        [abs(d) for d in differences(again, alone)],
        BOUNDS[kind],
        alone=alone,
        again=again,
        launched=launched,
    )


def measure(plan: Plan) -> list[Figure]:
    return [_measure(program, kind, plan) for program in PROGRAM_NAMES for kind in KINDS]
