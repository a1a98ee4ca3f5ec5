"""Requests a second by wrk: alone, alone again, and under the launcher, in turn within one run."""

from __future__ import annotations

import re
import subprocess

from . import figure
from .figure import Figure
from .machine import say
from .plan import Plan
from .spread import median
from .subject import PROGRAM_NAMES, Subject

CONNECTIONS = "32"


def _wrk(subject: Subject, seconds: int) -> float:
    done = subprocess.run(
        ["wrk", "-t1", "-c", CONNECTIONS, f"-d{seconds}s", f"http://127.0.0.1:{subject.port}/"],
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"^Requests/sec:\s+([\d.]+)", done.stdout, re.MULTILINE)
    if not found or "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RuntimeError("wrk: " + done.stdout)
    return float(found.group(1))


def _measure(program: str, plan: Plan) -> Figure:
    rates: list[list[float]] = [[], [], []]
    alone, again = Subject(program, False), Subject(program, False)
    with alone, again, Subject(program, True) as launched:
        subjects = (alone, again, launched)
        for number in range(plan.wrk_rounds):
            for i in range(3):  # each is the first, the second and the last in turn
                which = (number + i) % 3
                rates[which].append(_wrk(subjects[which], plan.wrk_seconds))
            say(f"steady: wrk, {program}: round {number + 1} of {plan.wrk_rounds}")
    lost = [(1 - b / a) * 100 for a, b in zip(rates[0], rates[2])]
    noise = [abs(1 - b / a) * 100 for a, b in zip(rates[0], rates[1])]
    return figure.of(
        f"requests a second lost (wrk), {program}",
        "%",
        lost,
        noise,
        None,
        alone=rates[0],
        again=rates[1],
        launched=rates[2],
        medians=[median(rate) for rate in rates],
    )


def measure(plan: Plan) -> list[Figure]:
    return [_measure(program, plan) for program in PROGRAM_NAMES]
