"""The founding document's table: three agents whose state is copied, arenas whose state changes
hands, and the cold boot of the same agents beside them.
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Sequence
from pathlib import Path

from measure.machine import say
from measure.spread import quartiles

from . import agent as agents
from . import cold, floor, plot
from .agent import Agent, Program, Undone
from .cold import Cold
from .floor import Floor
from .observe import Observed, observe, spread_text
from .plan import GIB, KIB, MIB, READY_MS, Plan
from .verdict import Verdict, broken

KB50 = 50 * KIB
PAUSE_50KB_MS = 5.0
ARENA_MS = 10.0
FLAT_MS = 1.0
ARENA_FOLD = 2.2  # memory that is taken, of the size: the floor has two buffers
COPY_FOLD = 4.0  # the old one's, what is handed over, the kept one, the page cache
PUBLISHED_BOOT_MS = 4500
PUBLISHED_BY = "AMD Ryzen 9 5950X"


@dataclasses.dataclass
class Row:
    scenario: str
    kind: str  # chat, vector, arena
    size: int
    mechanism: str
    published_ms: float | None  # on another machine
    floor: Floor | None = None
    observed: Observed | None = None
    cold: Cold | None = None
    state_wrong: int = 0  # answers or elements that are not what they have to be
    refused: str = ""

    @property
    def floor_ms(self) -> float:
        assert self.floor and self.observed
        return self.observed.median("alone_ms") + self.floor.memcpy + self.floor.checksum


def _wrong_answers(agent: Agent, kind: str, seen: Observed) -> int:
    """The count goes on over all versions; the vectors' sum is the one that follows from it."""
    answer = agent.ask()
    least = seen.answered + 1  # of those that failed nobody knows
    wrong = 0 if least <= answer["count"] <= least + seen.failed else 1
    if kind != "vector":
        return wrong
    while "sum" not in answer:
        answer = agent.ask()
    return wrong + int(answer["sum"] != answer["expected"])


def _copied(row: Row, program: Program, directory: Path, plan: Plan) -> None:
    data = directory / f"{row.kind}.data"
    if row.kind == "chat":
        cold.write_history(data)
    else:
        cold.write_vectors(data, row.size)
    with Agent(agents.from_disk(program, row.kind, data)) as agent:
        row.cold = cold.measure(row.kind, data, agent.environment(), plan.cold_starts)
        row.observed = observe(agent, program, plan.swaps, lambda: None, row.scenario)
        row.state_wrong = _wrong_answers(agent, row.kind, row.observed)
    data.unlink()


def _arena(row: Row, program: Program, plan: Plan) -> None:
    with Agent(program) as agent:
        agent.ask("/fill")
        # Nine more swaps in a full run: 2 to 10 are the ones that count.
        swaps = max(plan.swaps - 1, 1)
        row.observed = observe(agent, program, swaps, lambda: agent.ask("/write"), row.scenario)
        wrong: int = agent.ask("/check")["wrong"]
        row.state_wrong = wrong


def _measure_row(row: Row, directory: Path, plan: Plan) -> Row:
    fold = ARENA_FOLD if row.kind == "arena" else COPY_FOLD
    row.refused = floor.no_room(int(row.size * fold))
    if row.refused:
        say(f"{row.scenario}: {row.refused}")
        return row
    say(f"{row.scenario}: the floor")
    row.floor = floor.measure(row.size, plan.floor_repeats)
    try:
        if row.kind == "arena":
            _arena(row, agents.arena(row.size), plan)
        else:
            program = agents.chat() if row.kind == "chat" else agents.vectors(row.size)
            _copied(row, program, directory, plan)
    except Undone as undone:
        row.refused = f"the swap was undone: {undone}"
    return row


def measure(plan: Plan) -> list[Row]:
    rows = [
        Row("Simple chat agent", "chat", KB50, "pipe, copied and verified", 15),
        Row("RAG vector cache", "vector", 100 * MIB, "shm, copied and verified", 40),
        Row("Large context", "vector", plan.large_bytes, "shm, copied and verified", 120),
    ]
    for size in plan.arena_bytes:
        name = f"Large context in an arena, {size_text(size)}"
        rows.append(Row(name, "arena", size, "shm, ownership moves", None))
    plan.raw.mkdir(parents=True, exist_ok=True)
    # Beside the tree: the data has to lie on a disk, and /tmp may be memory.
    with tempfile.TemporaryDirectory(prefix="data-", dir=plan.raw) as directory:
        return [_measure_row(row, Path(directory), plan) for row in rows]


def size_text(size: int) -> str:
    for unit, name in ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")):
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return f"{size} B"


def verdicts(rows: Sequence[Row]) -> list[Verdict]:
    found: list[Verdict] = []
    for row in rows:
        if row.observed and row.floor:
            found += _row_verdicts(row, row.observed, row.floor)
        elif row.refused.startswith("the swap"):
            found.append(broken(f"{row.scenario}: {row.refused}", 1))
    return [*found, *_flat_in_size(rows)]


def _pause_bound(row: Row, seen: Observed, least: Floor) -> Verdict:
    pause = seen.median("pause_ms")
    noise = seen.quiet_noise_ms
    name = f"{row.scenario}: pause"
    if row.kind == "chat":
        return Verdict(name, "ms", pause, PAUSE_50KB_MS, noise)
    if row.kind == "arena":
        return Verdict(name, "ms", pause, ARENA_MS, noise)
    if row.size < GIB:
        how = "3 x memcpy + 5 ms"
        return Verdict(name, "ms", pause, 3 * least.memcpy + 5, max(noise, 3 * least.noise), how)
    return Verdict(name, "ms", pause, 2 * least.memcpy, max(noise, 2 * least.noise), "2 x memcpy")


def _width(values: Sequence[float]) -> float:
    low, high = quartiles(values)
    return high - low


def _kinds(seen: Observed) -> str:
    kinds = ", ".join(f"{count} {kind}" for kind, count in seen.failures.items())
    return f" ({kinds})" if kinds else ""


def _row_verdicts(row: Row, seen: Observed, least: Floor) -> list[Verdict]:
    alone = seen.median("alone_ms")
    found = [
        _pause_bound(row, seen, least),
        Verdict(
            f"{row.scenario}: time to ready",
            "ms",
            seen.median("ready_ms"),
            alone + READY_MS,
            seen.start_noise_ms,
            "own start + 5 ms",
        ),
        broken(f"{row.scenario}: requests that failed{_kinds(seen)}", seen.failed),
        broken(f"{row.scenario}: state that is not as it was", row.state_wrong),
    ]
    pauses = seen.of("pause_ms")
    if row.kind == "arena" and len(pauses) >= 6:
        rise = sum(pauses[-3:]) / 3 - sum(pauses[:3]) / 3
        name = f"{row.scenario}: pause of the last three swaps, more than of the first three"
        found.append(Verdict(name, "ms", rise, FLAT_MS, _width(pauses)))
    return found


def _flat_in_size(rows: Sequence[Row]) -> list[Verdict]:
    seen = [row.observed for row in rows if row.kind == "arena" and row.observed]
    if len(seen) < 2:
        return []
    pauses = [one.median("pause_ms") for one in seen]
    noise = max(_width(one.of("pause_ms")) for one in seen)
    name = "Arena: pause of the largest, more than of the smallest"
    return [Verdict(name, "ms", pauses[-1] - pauses[0], FLAT_MS, noise)]


HEADING = (
    "| scenario | state | mechanism | time to ready, ms | own start, ms | pause, ms "
    "| first swap's | client's pause beyond quiet | total, ms | floor, ms | fresh memory, ms "
    f"| ratio to floor | of cold boot | published ({PUBLISHED_BY}) |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
)


def _cells(row: Row) -> list[str]:
    published = f"~{row.published_ms:g} ms" if row.published_ms else "-"
    head = [row.scenario, size_text(row.size), row.mechanism]
    seen = row.observed
    if not seen or not row.floor:
        return [*head, row.refused, *[""] * 9, published]
    ready = seen.median("ready_ms")
    least = row.floor
    made_of = f"{seen.median('alone_ms'):.1f} + {least.memcpy:.3g} + {least.checksum:.3g}"
    boot = f"{ready / row.cold.median(True):.2f}" if row.cold else "-"
    return [
        *head,
        spread_text(seen.of("ready_ms")),
        spread_text(seen.of("alone_ms")),
        spread_text(seen.of("pause_ms")),
        f"{seen.first.pause_ms:.1f}",
        f"{seen.beyond_quiet_ms:.1f} (noise {seen.quiet_noise_ms:.1f})",
        f"{seen.median('total_ms'):.1f} ({seen.made_of})",
        f"{row.floor_ms:.1f} ({made_of})",
        f"{least.fresh:.3g}",
        f"{ready / row.floor_ms:.2f}",
        boot,
        published,
    ]


def _cold_cells(row: Row, start: Cold) -> list[list[str]]:
    name = f"Cold boot of the {row.kind} agent"
    found = []
    for warm in (True, False):
        values = [one["whole"] for one in (start.warm_ms if warm else start.cold_ms)]
        how = f"disk, {'warm' if warm else 'cold'} ({cold.breakdown(start, warm)})"
        published = f"{PUBLISHED_BOOT_MS} ms" if warm else "-"
        text = spread_text(values)
        ratio = f"{start.median(warm) / start.median(True):.2f}"
        found.append([name, size_text(row.size), how, text, *[""] * 8, ratio, published])
    return found


def section(rows: Sequence[Row]) -> str:
    lines = [HEADING]
    lines += ["| " + " | ".join(_cells(row)) + " |" for row in rows]
    for row in rows:
        if row.cold:
            lines += ["| " + " | ".join(c) + " |" for c in _cold_cells(row, row.cold)]
    return "\n".join([*lines, "", NOTES])


NOTES = f"""Medians, with the least and the most. *Time to ready*: from the request to the first
answer of the new version; of a cold boot: from spawn to the first answer. *Own start*: the same
program alone, without its data, in turn with the swaps. *Pause*: gate to commit, as the launcher
says; the first swap's stands by itself. *Client's pause*: the longest time without an answer to a
new connection, less the same without a swap. *Total*: request to commit: boot, then memory and a
quiet moment, then the pause. *Floor*: own start + memcpy between two touched buffers + CRC-32C of
the same bytes, in one thread. *Fresh memory*: what the machine takes to give as many bytes to a
process, once; the state's are fetched with a low priority while the old version serves, and are the
second part of *total*. *Of cold boot*: time to ready against the warm one of the same data.
*Published*: the founding document's figures, which are another machine's ({PUBLISHED_BY}): beside
these, not comparable."""


def panel_name(scenario: str, size: int) -> str:
    """Arenas have the size in their name."""
    text = size_text(size)
    return scenario if scenario.endswith(text) else f"{scenario}, {text}"


def draw(rows: Sequence[Row], plan: Plan) -> None:
    panels = [
        plot.Panel(
            panel_name(row.scenario, row.size),
            row.observed.swaps[-1].timeline,
            caption=row.mechanism,
        )
        for row in rows
        if row.observed
    ]
    plot.timeline(panels, plan.out / "timeline-state.svg")
