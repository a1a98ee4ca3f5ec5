"""Swaps of an agent as its clients see them, in turn with the same program alone, under one load.

Of each swap: the time to ready (from the HUP to the first answer of the new generation), the
launcher's own account, the longest gap in the answers to new connections, and the same gap twice
in windows of the same length without a swap. After each swap the program is started alone, twice.
The second of each pair is the control (A/A).
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence

from measure.load import Load
from measure.machine import say
from measure.pause import quiet_window
from measure.samples import Samples, Window
from measure.service import Swap
from measure.spread import median

from .agent import Agent, Program, start_alone
from .plot import AROUND_NS

FAILURES = ("refused", "reset", "eof", "wrong_body", "late", "other")  # as the client names them
RATE = 300
KEEPALIVE = 16
AFTER_NS = 150_000_000  # of the commit: what comes with it is seen as well
REST_S = 0.3


@dataclasses.dataclass
class Seen:
    ready_ms: float
    boot_ms: float
    pause_ms: float
    total_ms: float
    state_bytes: int
    gap_ms: float
    quiet_ms: float
    quiet_again_ms: float
    alone_ms: float
    alone_again_ms: float
    timeline: list[tuple[float, float]]  # milliseconds from the gate, latency of what was due then


@dataclasses.dataclass
class Observed:
    first: Seen  # the launcher knows no size yet, and nothing is faulted in
    swaps: list[Seen]
    failures: dict[str, int]  # by kind, those that happened
    answered: int

    def of(self, field: str) -> list[float]:
        return [getattr(seen, field) for seen in self.swaps]

    def median(self, field: str) -> float:
        return median(self.of(field))

    @property
    def failed(self) -> int:
        return sum(self.failures.values())

    @property
    def made_of(self) -> str:
        boot, pause = self.median("boot_ms"), self.median("pause_ms")
        wait = median([seen.total_ms - seen.boot_ms - seen.pause_ms for seen in self.swaps])
        return f"{boot:.1f} + {wait:.1f} + {pause:.1f}"

    @property
    def beyond_quiet_ms(self) -> float:
        return median([seen.gap_ms - seen.quiet_ms for seen in self.swaps])

    @property
    def quiet_noise_ms(self) -> float:
        return median([abs(seen.quiet_ms - seen.quiet_again_ms) for seen in self.swaps])

    @property
    def start_noise_ms(self) -> float:
        return abs(self.median("alone_ms") - self.median("alone_again_ms"))


@dataclasses.dataclass
class _Round:
    swap: Swap
    window: Window
    quiet: Window
    again: Window
    alone_ms: float
    alone_again_ms: float


def _round(agent: Agent, program: Program) -> _Round:
    swap = agent.swap()
    window = (swap.asked_ns, swap.answered_ns + AFTER_NS)
    time.sleep(max(0.0, REST_S + (window[1] - time.monotonic_ns()) / 1e9))
    length_ns = window[1] - window[0]
    quiet, again = quiet_window(length_ns), quiet_window(length_ns)
    alone, alone_again = (start_alone(program.command, agent.environment()).ms for _ in range(2))
    return _Round(swap, window, quiet, again, alone, alone_again)


def _seen(one: _Round, samples: Samples) -> Seen:
    last = one.swap.launcher
    gate_ns = one.swap.answered_ns - int(last["pause_ms"] * 1e6)
    # Between gate and commit nobody is answered. The launcher counts from when it has seen the HUP,
    # so that the commit is a little later than this, never before.
    ready_ns = samples.first_answer_ns(one.swap.answered_ns)
    around = (gate_ns - AROUND_NS, gate_ns + AROUND_NS)
    return Seen(
        (ready_ns - one.swap.asked_ns) / 1e6,
        last["boot_ms"],
        last["pause_ms"],
        last["total_ms"],
        last["state_bytes"] or 0,
        samples.longest_gap_ms(one.window)[0],
        samples.longest_gap_ms(one.quiet)[0],
        samples.longest_gap_ms(one.again)[0],
        one.alone_ms,
        one.alone_again_ms,
        [((due - gate_ns) / 1e6, latency) for due, latency in samples.requests(around)],
    )


def observe(
    agent: Agent, program: Program, swaps: int, before: Callable[[], object], what: str
) -> Observed:
    """One swap more than 'swaps': the first. 'before' is called ahead of each."""
    rounds: list[_Round] = []
    with Load([agent.url], RATE, KEEPALIVE) as load:
        load.wait_for("established")
        for number in range(swaps + 1):
            before()
            time.sleep(REST_S)
            rounds.append(_round(agent, program))
            say(f"{what}: swap {number + 1} of {swaps + 1}, {rounds[-1].swap.launcher}")
        report, samples = load.finish()
    first, *others = [_seen(one, samples) for one in rounds]
    classes = (report["new"], report["keepalive"])
    answered = sum(one["ok"] for one in classes)
    failures = {kind: sum(one[kind] for one in classes) for kind in FAILURES}
    failures = {kind: count for kind, count in failures.items() if count}
    return Observed(first, others, failures, answered)


def spread_text(values: Sequence[float]) -> str:
    """Median, least and most: with ten values those say more than quartiles."""
    return f"{median(values):.1f} ({min(values):.1f} .. {max(values):.1f})"
