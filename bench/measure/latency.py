"""Latency while the program is swapped: p99.9 of all requests due between the command and the end
of the old generation, less p99.9 of as many requests due when nothing happened, in the same run.
"""

from __future__ import annotations

from . import spread
from .figure import Figure
from .load import Load
from .machine import say
from .pause import quiet_window
from .plan import Plan
from .samples import Window
from .service import PROGRAMS, Service

RATE = 300
KEEPALIVE = 100
REQUESTS_A_SECOND = 800  # 300 new ones, and 100 clients with one in 200 ms
SHARE = 0.999
BOUND_MS = 5.0


def _record(service: Service, name: str, wanted: int) -> list[tuple[Window, Window, Window]]:
    """Swap, quiet, quiet again: windows of the same length."""
    windows = []
    seconds = 0.0
    while seconds * REQUESTS_A_SECOND < wanted * 1.1:
        service.next_version()
        swap = service.swap()
        length_ns = swap.retired_ns - swap.asked_ns
        seconds += length_ns / 1e9
        windows.append((swap.whole, quiet_window(length_ns), quiet_window(length_ns)))
        say(f"latency, {name}: {seconds * REQUESTS_A_SECOND:.0f} of {wanted} samples")
    return windows


def _measure_program(name: str, wanted: int) -> Figure:
    with Service(PROGRAMS[name]) as service, Load([service.url], RATE, KEEPALIVE) as load:
        load.wait_for("established")
        quiet_window(10**9)
        windows = _record(service, name, wanted)
        report, samples = load.finish()
    swap, quiet, again = ([samples.latencies_ms(three[i]) for three in windows] for i in range(3))
    p999 = [spread.quantile(spread.pooled(groups), SHARE) for groups in (swap, quiet, again)]
    low, high = spread.resampled(swap, quiet, SHARE)
    return Figure(
        f"p99.9 in swaps, {name}",
        "ms",
        p999[0] - p999[1],
        low,
        high,
        abs(p999[2] - p999[1]),
        sum(map(len, swap)),
        BOUND_MS,
        detail={
            "p999_swap_quiet_again_ms": p999,
            "p50_swap_ms": spread.median(spread.pooled(swap)),
            "p50_quiet_ms": spread.median(spread.pooled(quiet)),
            "samples": [sum(map(len, groups)) for groups in (swap, quiet, again)],
            "swaps": len(windows),
            "failed_in_swaps": [what for three in windows for what in samples.failures(three[0])],
            "failed_new": report["new"]["failed"],
            "client_late_p999_ms": report["client"]["lateness_ms"]["p99_9"],
        },
    )


def measure(plan: Plan) -> list[Figure]:
    return [_measure_program(name, plan.latency_samples) for name in ("asyncio", "epoll")]
