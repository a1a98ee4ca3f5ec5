"""One method in one scenario: what its swaps came to together, and the table of all of them."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from typing import Any

from measure.spread import median, quantile

from . import state
from .method import Method
from .plan import Scenario
from .trial import Trial

HEADING = (
    "| method | program (processes) | failed of requests | connections lost | p50 | p99 | p99.9 "
    "| max | pause | gap (quiet) | ready | state | memory before, peak | version |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
)
SHORT_HEADING = (
    "| method | program | start, state | failed of requests | connections lost | p99.9 | pause "
    "| ready | state |\n|---|---|---|---|---|---|---|---|---|"
)
STOOD_MS = 250  # a quarter of the clients' deadline: below it nobody is late for that reason alone
SHARES = {"p50": 0.5, "p99": 0.99, "p99_9": 0.999, "max": 1.0}


@dataclasses.dataclass
class Row:
    name: str
    title: str
    program: str
    workers: int
    package: str
    version: str
    manual: str
    mandatory: bool
    peer: bool
    start_s: float
    state_mb: int
    missing: str = ""  # why there are no figures: not available, does not apply, failed
    error: bool = False  # missing, and without it the comparison does not count
    trials: list[Trial] = dataclasses.field(default_factory=list)
    requests: int = 0
    failed: dict[str, int] = dataclasses.field(default_factory=dict)  # by "client kind"
    failed_outside: dict[str, int] = dataclasses.field(default_factory=dict)
    lost: float = 0  # connections of clients that stay, median of the swaps
    lost_most: int = 0
    clients: int = 0
    latency_ms: dict[str, float] = dataclasses.field(default_factory=dict)
    quiet_latency_ms: dict[str, float] = dataclasses.field(default_factory=dict)
    gap_ms: float = 0
    quiet_gap_ms: float = 0
    pause_ms: float = 0  # gap beyond the quiet one, median of the swaps
    ready_ms: float = 0
    alone_ms: float | None = None  # the program without the method
    stood_ms: float = 0  # the longest that a load client itself was kept from its work
    state: str = ""
    before_mib: float = 0
    peak_mib: float = 0

    def record(self) -> dict[str, Any]:
        """For JSON; the single latencies are in the raw files."""
        record = dataclasses.asdict(self)
        for trial in record["trials"]:
            del trial["latencies_ms"], trial["quiet_latencies_ms"]
        return record

    @property
    def failed_text(self) -> str:
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(self.failed.items()))
        return f"{self.failed_count}{f' ({kinds})' if kinds else ''}"

    @property
    def failed_count(self) -> str:
        stood = f", clients stood still for {self.stood_ms:.0f} ms"
        count = f"{sum(self.failed.values())} of {self.requests}"
        return count + (stood if self.stood_ms >= STOOD_MS else "")

    @property
    def pause_text(self) -> str:
        pauses = [trial.pause_ms for trial in self.trials]
        return f"{self.pause_ms:.1f} ({min(pauses):.1f} .. {max(pauses):.1f})"

    @property
    def ready_text(self) -> str:
        alone = f" (alone {self.alone_ms:.0f})" if self.alone_ms is not None else ""
        return f"{self.ready_ms:.0f}{alone}"

    def line(self) -> str:
        first = f"| {self.title} | {self.program} ({self.workers}) "
        if self.missing:
            return first + f"| {self.missing} |" + " |" * 10 + f" {self.version or '-'} |"
        latency = " | ".join(f"{self.latency_ms[share]:.1f}" for share in SHARES)
        return first + (
            f"| {self.failed_text} "
            f"| {self.lost:g} of {self.clients} | {latency} | {self.pause_text} "
            f"| {self.gap_ms:.1f} ({self.quiet_gap_ms:.1f}) | {self.ready_text} | {self.state} "
            f"| {self.before_mib:.0f}, {self.peak_mib:.0f} | {self.version} |"
        )

    def short_line(self) -> str:
        title = f"**{self.title}**" if not self.peer else self.title
        return (
            f"| {title} | {self.program} | {Scenario(self.start_s, self.state_mb).short} "
            f"| {self.failed_count} | {self.lost:g} of {self.clients} "
            f"| {self.latency_ms['p99_9']:.0f} | {self.pause_ms:.1f} | {self.ready_ms:.0f} "
            f"| {self.state} |"
        )


def empty(method: type[Method], version: str, scenario: Scenario, missing: str = "") -> Row:
    return Row(
        name=method.name,
        title=method.title,
        program=method.program,
        workers=method.workers,
        package=method.package,
        version=version,
        manual=method.manual,
        mandatory=method.mandatory,
        peer=method.peer,
        start_s=scenario.start_s,
        state_mb=scenario.state_mb,
        missing=missing,
    )


def _distribution(latencies_ms: Sequence[float]) -> dict[str, float]:
    if not latencies_ms:
        return dict.fromkeys(SHARES, 0.0)
    return {name: quantile(latencies_ms, share) for name, share in SHARES.items()}


def _sum(counts: Sequence[dict[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return dict(total)


def fill(row: Row, trials: Sequence[Trial]) -> Row:
    """Failures and requests of all swaps, latencies pooled, medians of the rest, most memory."""
    row.trials = list(trials)
    row.failed = _sum([trial.failed for trial in trials])
    row.failed_outside = _sum([trial.failed_outside for trial in trials])
    row.requests = sum(trial.requests for trial in trials)
    row.lost = median([trial.lost for trial in trials])
    row.lost_most = max(trial.lost for trial in trials)
    row.clients = trials[0].clients
    row.latency_ms = _distribution([ms for trial in trials for ms in trial.latencies_ms])
    row.quiet_latency_ms = _distribution([ms for t in trials for ms in t.quiet_latencies_ms])
    row.gap_ms = median([trial.gap_ms for trial in trials])
    row.quiet_gap_ms = median([trial.quiet_gap_ms for trial in trials])
    row.pause_ms = median([trial.pause_ms for trial in trials])
    row.ready_ms = median([trial.ready_ms for trial in trials])
    alone = [trial.alone_ms for trial in trials if trial.alone_ms is not None]
    row.alone_ms = median(alone) if alone else None
    row.state = state.together([trial.state for trial in trials])
    row.stood_ms = max(trial.stood_ms for trial in trials)
    row.before_mib = max(trial.before_mib for trial in trials)
    row.peak_mib = max(trial.peak_mib for trial in trials)
    return row


def table(rows: Sequence[Row]) -> str:
    """A table for each scenario; latencies, gaps and times to ready are milliseconds."""
    parts = []
    for scenario in dict.fromkeys((row.start_s, row.state_mb) for row in rows):
        lines = [row.line() for row in rows if (row.start_s, row.state_mb) == scenario]
        parts.append("\n".join([f"### {Scenario(*scenario).name}", "", HEADING, *lines]))
    return "\n\n".join(parts)


def short_table(rows: Sequence[Row]) -> str:
    """All that were measured, in one table of fewer columns."""
    return "\n".join([SHORT_HEADING, *(row.short_line() for row in rows if not row.missing)])
