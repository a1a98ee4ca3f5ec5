"""One swap under load, and what the clients saw of it. Each swap has a load client of its own, so
that every count is of this swap.

The swap's window begins with the command. It has the same length for all methods, or a slow one
would have the better percentiles; only where one is not done by then it is longer. The quiet window
is before it, with the same clients.
"""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from measure.load import Load
from measure.samples import Samples, Window

from . import state
from .connections import established
from .family import Memory
from .method import Method
from .plan import Crowd, Plan
from .site import Site

CLOSED = ("closed_idle", "closed_announced")


@dataclasses.dataclass
class Trial:
    number: int
    raw: str  # the load client's samples, a file below --out
    quiet: Window
    window: Window
    done_ns: int  # when the method says that the swap is over
    ready_ms: float  # from the command to the new version's first answer
    gap_ms: float  # longest time in the window without an answer to a new connection
    gap_from_ns: int
    quiet_gap_ms: float
    failed: dict[str, int]  # in the window, by "client kind"
    failed_outside: dict[str, int]
    requests: int
    lost: int  # of the connections there were before the swap, those that are gone after it
    closed: dict[str, int]  # how often the server closed one without failing a request
    clients: int
    state: str
    before_mib: float
    peak_mib: float
    account: dict[str, Any]  # the method's own, where it has one
    alone_ms: float | None = None  # the program alone, spawn to first answer, under the same load
    alone_again_ms: float | None = None  # once more (A/A)
    stood_ms: float = 0  # the longest that the load client itself was kept from its work
    latencies_ms: list[float] = dataclasses.field(default_factory=list, repr=False)
    quiet_latencies_ms: list[float] = dataclasses.field(default_factory=list, repr=False)

    @property
    def pause_ms(self) -> float:
        """The gap beyond the quiet one."""
        return self.gap_ms - self.quiet_gap_ms


def _sent(report: dict[str, Any]) -> tuple[int, int]:
    answered = sum(report[kind]["ok"] for kind in ("new", "keepalive"))
    return answered, answered + int(report["failed"])


def _stood_ms(report: dict[str, Any]) -> float:
    client = report["client"]
    return float(max(client["loop_max_ms"], client["held_ms"]["longest"]))


def _requests(samples: Samples, window: Window, failed: Counter[str]) -> int:
    """All that were due: those with a latency, a late one too, and the other failures."""
    late = sum(count for kind, count in failed.items() if kind.endswith(" late"))
    return len(samples.latencies_ms(window)) - late + sum(failed.values())


def _ready_ms(report: dict[str, Any], version: str, asked_ns: int) -> float:
    first = [int(v["first_ns"]) for v in report["versions"] if v["version"] == version]
    if not first:
        raise RuntimeError(f"no client has had an answer of {version}")
    return (first[0] - asked_ns) / 1e6


def _clients(site: Site, crowd: Crowd, versions: Sequence[str], raw: Path) -> Load:
    """No other version may answer."""
    more = ["--gap", crowd.gap]
    for version in versions:
        more += ["--body", f"prefix:{version} "]
    return Load([f"http://{site.address}/"], crowd.rate, crowd.keepalive, more, raw)


def run(method: Method, plan: Plan, number: int, raw: Path) -> Trial:
    site = method.site
    old, new = site.version, f"v{number + 1}"
    before = state.look(site, first=False)
    with _clients(site, plan.crowd, [old, new], raw) as clients:
        clients.wait_for("established")
        time.sleep(plan.settle_s)
        connected = established(site.port)
        quiet_ns = time.monotonic_ns()
        time.sleep(plan.quiet_s)
        with Memory({clients.pid}) as memory:
            site.next_version()
            asked_ns = time.monotonic_ns()
            method.swap()
            done_ns = time.monotonic_ns()
            time.sleep(max(plan.tail_s, plan.window_s - (done_ns - asked_ns) / 1e9))
        end_ns = time.monotonic_ns()
        kept = len(connected & established(site.port))
        alone_ms, alone_again_ms = (method.start_alone_ms() for _ in range(2))
        report, samples = clients.finish()
    after = state.look(site, first=True)
    window = (asked_ns, end_ns)
    gap_ms, gap_from_ns = samples.longest_gap_ms(window)
    failed = Counter(samples.failures(window))
    return Trial(
        number=number,
        raw=raw.name,
        quiet=(quiet_ns, asked_ns),
        window=window,
        done_ns=done_ns,
        ready_ms=_ready_ms(report, new, asked_ns),
        alone_ms=alone_ms,
        alone_again_ms=alone_again_ms,
        gap_ms=gap_ms,
        gap_from_ns=gap_from_ns,
        quiet_gap_ms=samples.longest_gap_ms((quiet_ns, asked_ns))[0],
        failed=dict(failed),
        failed_outside=dict(Counter(samples.failures((0, 1 << 63))) - failed),
        requests=_requests(samples, window, failed),
        lost=plan.crowd.keepalive - kept,
        closed={how: int(report["keepalive"][how]) for how in CLOSED},
        clients=plan.crowd.keepalive,
        state=state.verdict(before, after, *_sent(report)),
        before_mib=memory.first_mib,
        peak_mib=memory.peak_mib,
        account=method.account(),
        stood_ms=_stood_ms(report),
        latencies_ms=samples.latencies_ms(window),
        quiet_latencies_ms=samples.latencies_ms((quiet_ns, asked_ns)),
    )
