"""The promise about the pause: what it is beyond the quiet gap, beside the best peer's."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from .row import Row

SHARE = 0.2
ENOUGH_MS = 2.0


@dataclasses.dataclass
class Verdict:
    name: str
    scenario: tuple[float, int]
    pause_ms: float
    best: str  # the peer, "" where none serves the same program with one process
    best_ms: float | None
    best_state: str  # what became of its state: none of the peers keeps one
    met: bool

    def line(self) -> str:
        beside = (
            f"; best peer {self.best}: {self.best_ms:.1f} ms, state {self.best_state}"
            if self.best
            else ""
        )
        start_s, state_mb = self.scenario
        return (
            f"{self.name}, start {start_s:g} s, {state_mb} MB: pause {self.pause_ms:.1f} ms"
            f"{beside}: {'met' if self.met else 'NOT met'}"
        )


def verdicts(rows: Sequence[Row]) -> list[Verdict]:
    """A fifth of the best peer's that serves the same program with one process, or 2 ms."""
    return [_verdict(row, rows) for row in rows if not row.peer and not row.missing]


def _verdict(own: Row, rows: Sequence[Row]) -> Verdict:
    scenario = (own.start_s, own.state_mb)
    peers = [
        row
        for row in rows
        if row.peer and not row.missing and row.workers == 1 and row.program == own.program
        if (row.start_s, row.state_mb) == scenario
    ]
    best = min(peers, key=lambda row: row.pause_ms, default=None)
    met = own.pause_ms <= ENOUGH_MS or bool(best and own.pause_ms <= SHARE * best.pause_ms)
    return Verdict(
        own.name,
        scenario,
        own.pause_ms,
        best.name if best else "",
        best.pause_ms if best else None,
        best.state if best else "",
        met,
    )
