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
from .subject import KINDS, Subject, each_case, each_mode

BOUNDS = {
    ("drain", "connection"): 50.0,
    ("drain", "request"): 0.0,
    ("migrate", "connection"): None,
    ("migrate", "request"): 1500.0,
}
# Start-up differs by some instructions from run to run, and so does the slope by a part of one. The
# library cannot execute a part of an instruction for a request: less than half of one is none.
TOLERANCE = 0.5
CALLGRIND = ["valgrind", "--tool=callgrind", "--callgrind-out-file={directory}/callgrind"]


def _run(program: str, mode: str, kind: str, requests: int) -> tuple[int, int]:
    """Instructions; and the digits of the process number, which an answer may hold."""
    with Subject(program, mode, CALLGRIND) as subject:
        subject.visit(kind, requests)
        subject.end()
        text = (subject.directory / "callgrind").read_text()
    found = re.search(r"^(?:totals|summary): (\d+)", text, re.MULTILINE)
    if not found:
        raise RuntimeError("callgrind wrote no total")
    return int(found.group(1)), len(str(subject.pid))


def _slopes(program: str, connections: str, kind: str, plan: Plan) -> list[float]:
    """Alone, alone again, under the launcher; once more if one process number was longer."""
    few, many = plan.instruction_requests
    while True:
        runs = each_mode(
            lambda mode: [_run(program, mode, kind, n) for n in plan.instruction_requests],
            connections,
        )
        if len({digits for pair in runs for _, digits in pair}) == 1:
            return [(more[0] - less[0]) / (many - few) for less, more in runs]


def _measure(program: str, connections: str, kind: str, plan: Plan) -> Figure:
    rounds = []
    for number in range(plan.instruction_runs):
        what = f"{program}, {connections}, for a {KINDS[kind]}"
        say(f"steady: instructions of {what}, run {number + 1}")
        rounds.append(_slopes(program, connections, kind, plan))
    alone, again, launched = ([three[i] for three in rounds] for i in range(3))
    more = figure.of(
        f"instructions more for a {KINDS[kind]}, {program}, {connections}",
        "",
        differences(launched, alone),
        [abs(d) for d in differences(again, alone)],
        BOUNDS[connections, kind],
        alone=alone,
        again=again,
        launched=launched,
    )
    more.tolerance = TOLERANCE
    return more


def measure(plan: Plan) -> list[Figure]:
    return each_case(_measure, plan)
