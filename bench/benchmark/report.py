"""What people and machines read: table.md, results.json, and the part of README.md between two
marks. Nothing is measured here.
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from measure.machine import description

from . import verdict
from .plan import Plan
from .verdict import Verdict

README = Path("README.md")
PICTURE = "timeline-state.svg"
MARKS = ("<!-- benchmark: written by make test-benchmark -->", "<!-- benchmark: end -->")
BUSY = 0.3  # of a processor: load average per processor above which the machine is not quiet
TITLES = {
    "state": "State",
    "growth": "Growth",
    "steady": "Between swaps",
    "others": "Beside what people would use instead",
}


@dataclasses.dataclass
class Part:
    name: str
    rows: Sequence[Any]
    text: str
    verdicts: list[Verdict]
    load: tuple[float, float]  # the machine's, before and after

    def record(self) -> dict[str, Any]:
        return {
            "rows": [_plain(dataclasses.asdict(row)) for row in self.rows],
            "verdicts": [one.record() for one in self.verdicts],
            "load": self.load,
        }


def _plain(value: Any) -> Any:  # noqa: ANN401
    """Without the timelines: those are in the files the pictures are drawn from."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items() if key != "timeline"}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, Path) else value


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown processor"


def _memory_gib() -> float:
    first = Path("/proc/meminfo").read_text().split()
    return int(first[1]) / 2**20


def machine() -> dict[str, Any]:
    return {**description(), "processor": _processor(), "memory_gib": _memory_gib()}


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], capture_output=True, text=True).stdout.strip()


def commit() -> str:
    """Of the tree that is measured; what this program writes itself is no change of it."""
    name = _git("rev-parse", "--short", "HEAD") or "unknown"
    written = (":!bench/results", f":!{README}")
    return name + ("-dirty" if _git("status", "--porcelain", "--", ".", *written) else "")


def heading(about: Mapping[str, Any], plan: Plan) -> str:
    command = "make test-benchmark" + (" QUICK=1" if plan.quick else "")
    return (
        f"`{command}`, {about['date']}, {about['processor']}, {about['processors']} processors, "
        f"{about['memory_gib']:.0f} GiB, Linux {about['kernel']}, Python {about['python']}, "
        f"commit {about['commit']}."
    )


def noise_text(parts: Sequence[Part], about: Mapping[str, Any]) -> str:
    """One sentence on whether this machine was quiet enough to tell."""
    busiest = max((part.load[0] for part in parts), default=0.0)
    noisy = [one.name for part in parts for one in part.verdicts if one.too_noisy]
    words = f"Load average before the parts: at most {busiest:.2f}"
    if busiest > BUSY * about["processors"]:
        words += ": **the machine was busy, its times say little**"
    if noisy:
        words += f". Noise (A/A) wider than the distance to the bound: {'; '.join(noisy)}"
    return words + "."


def markdown(parts: Sequence[Part], about: Mapping[str, Any], plan: Plan) -> str:
    blocks = ["# Benchmark", heading(about, plan), noise_text(parts, about)]
    if plan.quick:
        blocks.append("A quick run: it shows that everything works, not what it costs.")
    for part in parts:
        blocks += [f"## {TITLES.get(part.name, part.name)}", part.text]
    blocks += ["## Bounds", verdict.table([one for part in parts for one in part.verdicts])]
    blocks.append(missed_text(parts))
    return "\n\n".join(blocks) + "\n"


def missed(parts: Sequence[Part]) -> list[Verdict]:
    return [one for part in parts for one in part.verdicts if not one.met]


def missed_text(parts: Sequence[Part]) -> str:
    count = sum(len(part.verdicts) for part in parts)
    names = [one.name for one in missed(parts)]
    if not names:
        return f"All {count} bounds are met."
    return f"{len(names)} of {count} bounds are missed: {'; '.join(names)}."


def write(parts: Sequence[Part], about: Mapping[str, Any], plan: Plan) -> str:
    text = markdown(parts, about, plan)
    record = {
        "machine": about,
        "quick": plan.quick,
        "parts": {part.name: part.record() for part in parts},
    }
    plan.out.mkdir(parents=True, exist_ok=True)
    (plan.out / "table.md").write_text(text)
    (plan.out / "results.json").write_text(json.dumps(record, indent=1) + "\n")
    return text


def update_readme(parts: Sequence[Part], about: Mapping[str, Any], plan: Plan) -> None:
    """The picture and the table of state; the other parts are linked."""
    state = next(part for part in parts if part.name == "state")
    body = "\n\n".join(
        [
            f"![Latency through a swap]({plan.out / PICTURE})",
            state.text,
            heading(about, plan),
            noise_text(parts, about),
            missed_text(parts),
        ]
    )
    README.write_text(replaced(README.read_text(), body))


def replaced(text: str, body: str) -> str:
    before, first, rest = text.partition(MARKS[0])
    _, last, after = rest.partition(MARKS[1])
    if not first or not last:
        raise RuntimeError(f"{README}: no place for the benchmark between {MARKS}")
    return f"{before}{first}\n\n{body}\n\n{last}{after}"
