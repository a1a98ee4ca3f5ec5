"""What people and machines read: table.md, results.json, and the part of README.md between two
marks. Nothing is measured here. results.json in the tree has what digest.py keeps; the one below
build/ has every value of the last run.
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from measure import frame
from measure.machine import description

from . import verdict
from .digest import digest, lines, whole
from .plan import Plan
from .verdict import Verdict

README = Path("README.md")
MARKS = ("<!-- benchmark: written by make test-benchmark -->", "<!-- benchmark: end -->")
BUSY = 0.3  # of a processor: load average per processor above which the machine is not quiet
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
        record = {
            "machine": about,
            "quick": plan.quick,
            "heading": heading(self, about, plan),
            "text": self.text,
            "rows": [whole(dataclasses.asdict(row)) for row in self.rows],
            "verdicts": [one.record() for one in self.verdicts],
            "load": self.load,
        }
        return {**record, "summary": self.summary} if self.summary else record


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


def _sections(name: str, part: Mapping[str, Any]) -> str:
    verdicts = [Verdict(**one) for one in part["verdicts"]]
    return "\n\n".join(
        [
            *(f"## {TITLES[name]}", part["heading"], part["text"]),
            *(f"### Bounds: {TITLES[name]}", verdict.table(verdicts), missed_text(verdicts)),
        ]
    )


def _text(name: str, part: Mapping[str, Any], table: str) -> str:
    """What `_sections` has put into the table."""
    begin = f"## {TITLES[name]}\n\n{part['heading']}\n\n"
    end = f"\n\n### Bounds: {TITLES[name]}\n"
    return table.partition(begin)[2].partition(end)[0]


def markdown(found: Mapping[str, Any]) -> str:
    parts = [_sections(name, found[name]) for name in TITLES if name in found]
    return "\n\n".join(["# Benchmark", *parts]) + "\n"


def measured(out: Path) -> dict[str, Any]:
    """What earlier runs have written, by part."""
    try:
        parts: dict[str, Any] = json.loads((out / "results.json").read_text())["parts"]
        table = (out / "table.md").read_text()
    except (OSError, ValueError, KeyError):
        return {}
    return {name: {**part, "text": _text(name, part, table)} for name, part in parts.items()}


def save(found: Mapping[str, Any], out: Path) -> None:
    """The texts are in the table alone."""
    parts = {n: {k: v for k, v in part.items() if k != "text"} for n, part in found.items()}
    out.mkdir(parents=True, exist_ok=True)
    (out / "results.json").write_text(lines({"parts": parts}, 4) + "\n")
    (out / "table.md").write_text(markdown(found))


def write(parts: Sequence[Part], about: Mapping[str, Any], plan: Plan) -> str:
    """Parts that were not measured now stay as they were. Returns the table of those that were."""
    now = {part.name: part.record(about, plan) for part in parts}
    frame.save({"parts": now}, plan.raw / "results.json")
    kept = {
        name: {**part, "rows": [digest(row) for row in part["rows"]]} for name, part in now.items()
    }
    save({**measured(plan.out), **kept}, plan.out)
    return markdown(now)


def update_readme(plan: Plan) -> None:
    """Pictures and tables of what people look for first; the rest is linked."""
    blocks = []
    for name, (picture, title) in PICTURES.items():
        part = measured(plan.out).get(name)
        if part:
            blocks += [f"### {TITLES[name]}", f"![{title}]({plan.out / picture})"]
            blocks += [part.get("summary", part["text"]), part["heading"]]
            blocks.append(missed_text([Verdict(**one) for one in part["verdicts"]]))
    README.write_text(replaced(README.read_text(), "\n\n".join(blocks)))


def replaced(text: str, body: str) -> str:
    before, first, rest = text.partition(MARKS[0])
    _, last, after = rest.partition(MARKS[1])
    if not first or not last:
        raise RuntimeError(f"{README}: no place for the benchmark between {MARKS}")
    return f"{before}{first}\n\n{body}\n\n{last}{after}"
