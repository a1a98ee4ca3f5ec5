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
MARKS = ("<!-- benchmark: written by make test-benchmark -->", "<!-- benchmark: end -->")
BUSY = 0.3  # of a processor: load average per processor above which the machine is not quiet
OMITTED = {"timeline", "latencies_ms", "quiet_latencies_ms"}  # the files below plan.raw have them
TITLES = {
    "state": "State",
    "growth": "Growth",
    "others": "Beside what people would use instead",
    "steady": "Between swaps",
}
PICTURES = {  # as README.md shows them, in its order
    "others": ("timeline-others.svg", "Latency through a reload, ours above the others'"),
    "state": ("timeline-state.svg", "Latency through a swap with state"),
}


@dataclasses.dataclass
class Part:
    name: str
    rows: Sequence[Any]
    text: str
    verdicts: list[Verdict]
    load: tuple[float, float]  # the machine's, before and after
    summary: str = ""  # for README.md, where it is not the text

    def record(self, about: Mapping[str, Any], plan: Plan) -> dict[str, Any]:
        """All that is ever said of it: parts of other runs stay what they were."""
        return {
            "machine": about,
            "quick": plan.quick,
            "heading": heading(self, about, plan),
            "text": self.text,
            "summary": self.summary or self.text,
            "rows": [_plain(dataclasses.asdict(row)) for row in self.rows],
            "verdicts": [one.record() for one in self.verdicts],
            "bounds": verdict.table(self.verdicts),
            "missed": missed_text(self.verdicts),
            "load": self.load,
        }


def _plain(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items() if key not in OMITTED}
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


def heading(part: Part, about: Mapping[str, Any], plan: Plan) -> str:
    command = "make test-benchmark" + (" QUICK=1" if plan.quick else "")
    words = (
        f'`{command} BENCHMARK_OPTIONS="{part.name}"`, {about["date"]}, {about["processor"]}, '
        f"{about['processors']} processors, {about['memory_gib']:.0f} GiB, "
        f"Linux {about['kernel']}, Python {about['python']}, commit {about['commit']}. "
    )
    words += noise_text(part, about)
    if plan.quick:
        words += " A quick run: it shows that everything works, not what it costs."
    return words


def noise_text(part: Part, about: Mapping[str, Any]) -> str:
    """Whether this machine was quiet enough to tell."""
    words = f"Load average before: {part.load[0]:.2f}"
    if part.load[0] > BUSY * about["processors"]:
        words += ": **the machine was busy, its times say little**"
    noisy = [one.name for one in part.verdicts if one.too_noisy]
    if noisy:
        words += f". Noise (A/A) wider than the distance to the bound: {'; '.join(noisy)}"
    return words + "."


def missed(parts: Sequence[Part]) -> list[Verdict]:
    return [one for part in parts for one in part.verdicts if not one.met]


def missed_text(verdicts: Sequence[Verdict]) -> str:
    names = [one.name for one in verdicts if not one.met]
    if not names:
        return f"All {len(verdicts)} bounds are met."
    return f"{len(names)} of {len(verdicts)} bounds are missed: {'; '.join(names)}."


def markdown(found: Mapping[str, Any]) -> str:
    blocks = ["# Benchmark"]
    for name in (name for name in TITLES if name in found):
        part = found[name]
        blocks += [f"## {TITLES[name]}", part["heading"], part["text"]]
        blocks += [f"### Bounds: {TITLES[name]}", part["bounds"], part["missed"]]
    return "\n\n".join(blocks) + "\n"


def measured(out: Path) -> dict[str, Any]:
    """What earlier runs have written, by part."""
    try:
        parts: dict[str, Any] = json.loads((out / "results.json").read_text())["parts"]
    except (OSError, ValueError, KeyError):
        return {}
    return {name: part for name, part in parts.items() if "heading" in part}


def write(parts: Sequence[Part], about: Mapping[str, Any], plan: Plan) -> str:
    """Parts that were not measured now stay as they were. Returns the table of those that were."""
    now = {part.name: part.record(about, plan) for part in parts}
    plan.out.mkdir(parents=True, exist_ok=True)
    found = {**measured(plan.out), **now}
    (plan.out / "results.json").write_text(json.dumps({"parts": found}, indent=1) + "\n")
    (plan.out / "table.md").write_text(markdown(found))
    return markdown(now)


def update_readme(plan: Plan) -> None:
    """Pictures and tables of what people look for first; the rest is linked."""
    blocks = []
    for name, (picture, title) in PICTURES.items():
        part = measured(plan.out).get(name)
        if part:
            blocks += [f"### {TITLES[name]}", f"![{title}]({plan.out / picture})"]
            blocks += [part["summary"], part["heading"], part["missed"]]
    README.write_text(replaced(README.read_text(), "\n\n".join(blocks)))


def replaced(text: str, body: str) -> str:
    before, first, rest = text.partition(MARKS[0])
    _, last, after = rest.partition(MARKS[1])
    if not first or not last:
        raise RuntimeError(f"{README}: no place for the benchmark between {MARKS}")
    return f"{before}{first}\n\n{body}\n\n{last}{after}"
