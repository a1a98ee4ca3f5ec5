"""Requests a second by wrk, and the processor time of the program for each of them: alone, alone
again, and under the launcher with each kind of connections, in turn within one run.
"""

from __future__ import annotations

import re
import subprocess
from functools import partial
from pathlib import Path

from . import figure
from .figure import Figure
from .frame import in_turn
from .machine import say
from .plan import Plan
from .spread import median
from .subject import ALONE, Subject
from .subject import CONNECTIONS as MODES

CONNECTIONS = "32"
CPU_BOUNDS = {"drain": None, "migrate": 3.0}  # percent of a request's time


def _cpu_ns(pid: int) -> int:
    """User and system time of all threads, as the scheduler counts it (proc(5), schedstat)."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)


def _wrk(subject: Subject, seconds: int) -> tuple[float, float]:
    """Requests a second; and the program's processor time for each, in microseconds."""
    before = _cpu_ns(subject.pid)
    done = subprocess.run(
        ["wrk", "-t1", "-c", CONNECTIONS, f"-d{seconds}s", f"http://127.0.0.1:{subject.port}/"],
        capture_output=True,
        text=True,
        check=True,
    )
    used = _cpu_ns(subject.pid) - before
    rate = re.search(r"^Requests/sec:\s+([\d.]+)", done.stdout, re.MULTILINE)
    count = re.search(r"^\s+(\d+) requests in", done.stdout, re.MULTILINE)
    if not rate or not count or "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RuntimeError("wrk: " + done.stdout)
    return float(rate.group(1)), used / 1000 / int(count.group(1))


def _lost(program: str, mode: str, rates: list[list[float]], which: int) -> Figure:
    lost = [(1 - b / a) * 100 for a, b in zip(rates[0], rates[which])]
    noise = [abs(1 - b / a) * 100 for a, b in zip(rates[0], rates[1])]
    medians = [median(rate) for rate in rates]
    name = f"requests a second lost (wrk), {program}, {mode}"
    return figure.of(name, "%", lost, noise, None, rates=rates, medians=medians)


def _spent(program: str, mode: str, times: list[list[float]], which: int) -> Figure:
    more = [(b / a - 1) * 100 for a, b in zip(times[0], times[which])]
    noise = [abs(b / a - 1) * 100 for a, b in zip(times[0], times[1])]
    medians = [median(time) for time in times]
    name = f"processor time more for a keep-alive request, {program}, {mode}"
    return figure.of(name, "%", more, noise, CPU_BOUNDS[mode], times=times, medians=medians)


def _measure(program: str, plan: Plan) -> list[Figure]:
    alone, again = Subject(program, ALONE), Subject(program, ALONE)
    with alone, again, Subject(program, MODES[0]) as drain, Subject(program, MODES[1]) as migrate:
        runs = in_turn(
            plan.wrk_rounds,
            [partial(_wrk, one, plan.wrk_seconds) for one in (alone, again, drain, migrate)],
            lambda n: say(f"steady: wrk, {program}: round {n} of {plan.wrk_rounds}"),
        )
    rates, times = ([[run[i] for run in mine] for mine in runs] for i in range(2))
    figures = []
    for which, mode in enumerate(MODES, 2):
        figures.append(_lost(program, mode, rates, which))
        figures.append(_spent(program, mode, times, which))
    return figures


def measure(plan: Plan) -> list[Figure]:
    return [one for program in plan.programs for one in _measure(program, plan)]
