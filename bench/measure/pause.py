"""The pause: how much longer than usual a new client has to wait for an answer during a swap.

A dense stream of new connections asks all the time. The figure of one swap is the longest time
without an answer from the command to the launcher's own answer, less the same in a window of the
same length without a swap right after it.
"""

from __future__ import annotations

import time

from . import figure
from .figure import Figure
from .load import Load
from .machine import say
from .plan import Plan
from .samples import Window
from .service import PROGRAMS, Service, Swap
from .spread import differences, median

RATE = 2000  # new connections a second: 0.5 ms apart, so that 2 ms can be told from nothing
KEEPALIVE = 100
BOUND_MS = 2.0


def quiet_window(length_ns: int) -> Window:
    begin = time.monotonic_ns()
    time.sleep(length_ns / 1e9)
    return begin, begin + length_ns


def _record(service: Service, swaps: int, start_s: float) -> tuple[list[Swap], list[Window]]:
    done: list[Swap] = []
    quiet: list[Window] = []
    for number in range(swaps):
        service.next_version()
        swap = service.swap()
        length_ns = swap.answered_ns - swap.asked_ns
        if not quiet:  # one more than swaps: the control compares each with the one before
            quiet.append(quiet_window(length_ns))
        quiet.append(quiet_window(length_ns))
        done.append(swap)
        say(f"pause, start {start_s:g} s: swap {number + 1} of {swaps}")
    return done, quiet


def _measure_start(start_s: float, swaps: int) -> Figure:
    with Service(PROGRAMS["asyncio"]) as service, Load([service.url], RATE, KEEPALIVE) as load:
        load.wait_for("established")
        service.set_fault(f"slow_start:{start_s:g}" if start_s else "ok")
        done, quiet = _record(service, swaps, start_s)
        report, samples = load.finish()
    in_swap = [samples.longest_gap_ms(swap.visible) for swap in done]
    in_quiet = [samples.longest_gap_ms(window)[0] for window in quiet]
    gaps = [gap for gap, _ in in_swap]
    # Where in the swap the gap was: boot is over when total_ms is.
    before_commit = [
        swap.launcher["total_ms"] - (begin - swap.asked_ns) / 1e6
        for swap, (_, begin) in zip(done, in_swap)
    ]
    return figure.of(
        f"pause, start {start_s:g} s",
        "ms",
        differences(gaps, in_quiet[1:]),
        [abs(d) for d in differences(in_quiet[1:], in_quiet)],
        BOUND_MS,
        gap_ms=gaps,
        quiet_gap_ms=in_quiet,
        gap_began_before_commit_ms=before_commit,
        median_gap_ms=median(gaps),
        median_quiet_gap_ms=median(in_quiet),
        launcher=[swap.launcher for swap in done],
        failed_new=report["new"]["failed"],
        # With a queue of 100 and 2,000 clients a second, any stall of 50 ms drops some: where?
        failed_in_swaps=[what for swap in done for what in samples.failures(swap.visible)],
        failed_in_quiet=[what for window in quiet for what in samples.failures(window)],
        failures=report["failures"],
        client_late_p999_ms=report["client"]["lateness_ms"]["p99_9"],
    )


def measure(plan: Plan) -> list[Figure]:
    return [_measure_start(start_s, plan.swaps) for start_s in plan.starts]
