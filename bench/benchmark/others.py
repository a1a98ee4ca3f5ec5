"""The part of the benchmark that has the comparison: compare.py's rows with their bounds, and the
same swap's latencies one below the other.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from measure.spread import median

from . import compare, plot
from .peers import bound, row
from .peers import plan as plans
from .peers.row import Row
from .plan import READY_MS, Plan
from .verdict import Verdict, broken

NOTE = (
    "Latencies, gaps and times to ready are milliseconds; failed requests and latencies are those "
    "of the swap's window. What each method does, and what each column means: docs/peers.md."
)


def measure(plan: Plan) -> list[Row]:
    chosen = plans.quick() if plan.quick else plans.Plan()
    out = plan.raw / "others"
    rows = compare.measure(chosen, out)
    compare.write(rows, chosen, out)
    return rows


def section(rows: Sequence[Row]) -> str:
    return f"{row.table(rows)}\n\n{NOTE}"


def summary(rows: Sequence[Row]) -> str:
    return f"{row.short_table(rows)}\n\n{NOTE}"


def _name(found: Row) -> str:
    return f"{found.title}, {found.program}, {plans.Scenario(found.start_s, found.state_mb).name}"


def _own_verdicts(own: Row) -> list[Verdict]:
    found = [
        broken(f"failed requests, {_name(own)}", sum(own.failed.values())),
        broken(f"connections lost, {_name(own)}", own.lost_most),
    ]
    if own.state not in ("kept", "none"):
        found.append(broken(f"state {own.state}, {_name(own)}", 1))
    if own.alone_ms is not None:
        again = median([t.alone_again_ms for t in own.trials if t.alone_again_ms is not None])
        noise = abs(again - own.alone_ms)
        most = own.alone_ms + READY_MS
        name = f"time to ready, {_name(own)}"
        found.append(Verdict(name, "ms", own.ready_ms, most, noise, "own start + 5 ms"))
    most = 2 * own.before_mib + own.state_mb
    how = "twice before, and the state once"
    found.append(Verdict(f"memory, {_name(own)}", "MiB", own.peak_mib, most, how=how))
    return found


def verdicts(rows: Sequence[Row]) -> list[Verdict]:
    """Nothing fails and nothing is lost with Aeterna; its pause is a fifth of the best peer's that
    serves the same program with one process, or 2 ms; it is ready 5 ms after the program alone
    would be, in the memory of two and of the state. A mandatory method has to be there.
    """
    found = [broken(f"not measured: {_name(one)}", 1) for one in rows if one.error]
    for own in (one for one in rows if not one.peer and not one.missing):
        found += _own_verdicts(own)
    for one in bound.verdicts(rows):
        share = bound.SHARE * one.best_ms if one.best_ms is not None else 0.0
        how = f"a fifth of {one.best}" if share > bound.ENOUGH_MS else ""
        (own,) = (r for r in rows if r.name == one.name and (r.start_s, r.state_mb) == one.scenario)
        noise = max(t.quiet_gap_ms for t in own.trials) - min(t.quiet_gap_ms for t in own.trials)
        most = max(share, bound.ENOUGH_MS)
        found.append(Verdict(f"pause, {_name(own)}", "ms", one.pause_ms, most, noise, how))
    return found


def _caption(one: Row) -> str:
    """Of all its swaps, not of the one that is drawn."""
    return (
        f"{sum(one.failed.values())} of {one.requests} requests failed, "
        f"{one.lost:g} of {one.clients} connections lost, state {one.state}"
    )


def _panel(one: Row, raw: Path) -> plot.Panel:
    last = one.trials[-1]
    drawn = plot.panel(f"{one.title} ({one.program})", raw / last.raw, last.window)
    return dataclasses.replace(drawn, ours=not one.peer, caption=_caption(one))


def draw(rows: Sequence[Row], plan: Plan) -> None:
    """The last swap of each method, ours first; with a start where that was measured."""
    there = [one for one in rows if one.trials and not one.state_mb]
    longest = max((one.start_s for one in there), default=0.0)
    shown = [one for one in there if one.start_s == longest]
    raw = plan.raw / "others" / "raw"
    panels = [_panel(one, raw) for one in sorted(shown, key=lambda one: one.peer)]
    plot.timeline(panels, plan.out / "timeline-others.svg", "the command")
