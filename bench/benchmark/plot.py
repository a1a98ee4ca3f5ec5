"""Pictures, by gnuplot: the data goes into a file, a script beside it draws it, and both stay under
build/ so that a picture can be drawn again with another script.
"""

from __future__ import annotations

import dataclasses
import subprocess
from collections.abc import Sequence
from pathlib import Path

from measure.samples import Samples, Window

WIDTH = 900
CURVE_HEIGHT = 480
PANEL_HEIGHT = 150
LEAST_MS = 0.05  # drawn for 0.0: half of the last digit that the launcher says
STRETCHES = 1600  # of all timelines with many requests
AROUND_NS = 500_000_000  # of the gate, in a timeline
TOP = 2  # above the slowest: those that failed
# Okabe and Ito's colours: told apart by everybody.
FAILED = "#000000"
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")


@dataclasses.dataclass
class Series:
    name: str
    points: list[tuple[float, float, float, float]]  # x, median, least, most


@dataclasses.dataclass
class Axes:
    title: str
    x: str
    ticks: list[tuple[float, str]]


@dataclasses.dataclass
class Panel:
    name: str
    points: list[tuple[float, float]]  # milliseconds from the gate, latency in milliseconds
    ours: bool = True
    failed: list[float] = dataclasses.field(default_factory=list)  # milliseconds from the gate


def _text(words: str) -> str:
    """As gnuplot reads it between double quotes, enhanced text off."""
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _draw(name: str, data: str, script: Sequence[str], raw: Path) -> None:
    raw.mkdir(parents=True, exist_ok=True)
    (raw / f"{name}.data").write_text(data)
    path = raw / f"{name}.gnuplot"
    path.write_text("\n".join([*script, ""]))
    done = subprocess.run(["gnuplot", str(path)], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"gnuplot {path}: {done.stderr}")


def _head(height: int, out: Path) -> list[str]:
    return [
        f"set terminal svg size {WIDTH},{height} dynamic noenhanced font 'sans-serif,13' "
        "background '#ffffff'",
        f"set output {_text(str(out))}",
        "set grid linecolor rgb '#dddddd'",
        "set border 3 linecolor rgb '#666666'",
        "set tics nomirror",
    ]


def _blocks(groups: Sequence[Sequence[Sequence[float]]]) -> str:
    """Data sets as gnuplot's 'index' counts them: two empty lines apart."""
    return "\n\n".join(
        "".join(" ".join(f"{value:.6g}" for value in point) + "\n" for point in group)
        for group in groups
    )


def _thinned(
    points: Sequence[tuple[float, float]], stretches: int = STRETCHES
) -> list[tuple[float, float]]:
    """Of many, the slowest and the median of each stretch of time: a picture has so many pixels."""
    ordered = sorted(points)
    each = len(ordered) // stretches + 1
    if each < 3:
        return ordered
    kept: list[tuple[float, float]] = []
    for start in range(0, len(ordered), each):
        stretch = sorted(ordered[start : start + each], key=lambda point: point[1])
        kept += {stretch[-1], stretch[len(stretch) // 2]}
    return kept


def panel(name: str, samples: Path, window: Window) -> Panel:
    """From what a load client wrote with --raw: the window and what was just before it."""
    begin, end = window
    seen = (begin - AROUND_NS, end)
    found = Samples(samples)
    points = [((due - begin) / 1e6, latency) for due, latency in found.requests(seen)]
    return Panel(name, points, failed=[(due - begin) / 1e6 for due, _ in found.failed(seen)])


def curves(axes: Axes, series: Sequence[Series], out: Path, raw: Path) -> None:
    """Milliseconds, logarithmic both ways."""
    drawn = [one for one in series if one.points]
    if not drawn:
        return
    groups = [[(x, *(y or LEAST_MS for y in values)) for x, *values in one.points] for one in drawn]
    data = raw / f"{out.stem}.data"
    parts = []
    for index, one in enumerate(drawn):
        colour = f"linecolor rgb '{COLOURS[index % len(COLOURS)]}'"
        source = f"{_text(str(data))} index {index}"
        parts.append(f"{source} using 1:2:3:4 with yerrorbars pointtype 0 {colour} notitle")
        parts.append(
            f"{source} using 1:2 with linespoints linewidth 2 pointtype 7 pointsize 0.6 "
            f"{colour} title {_text(one.name)}"
        )
    ticks = ", ".join(f"{_text(name)} {x}" for x, name in axes.ticks)
    script = [
        *_head(CURVE_HEIGHT, out),
        f"set title {_text(axes.title)}",
        f"set xlabel {_text(axes.x)}",
        "set ylabel 'ms'",
        "set logscale xy",
        f"set xtics ({ticks})",
        "set format y '%g'",
        "set key top left reverse Left",
        "set rmargin 6",
        "plot " + ", ".join(parts),
    ]
    _draw(out.stem, _blocks(groups), script, raw)


def timeline(panels: Sequence[Panel], out: Path, raw: Path, zero: str = "the gate") -> None:
    """One below the other, all with the same axes: each dot is a request, where it was due; one
    that failed is a cross at the top.
    """
    drawn = [panel for panel in panels if panel.points]
    if not drawn:
        return
    most = max(max(latency for panel in drawn for _, latency in panel.points), 10)
    first = min(when for panel in drawn for when, _ in panel.points)
    last = max(when for panel in drawn for when, _ in panel.points)
    data = raw / f"{out.stem}.data"
    script = [
        *_head(PANEL_HEIGHT * len(drawn) + 40, out),
        f"set multiplot layout {len(drawn)},1",
        "set logscale y",
        f"set yrange [0.1:{most * TOP * 1.5:.6g}]",
        "set ytics 10",
        f"set xrange [{first:.6g}:{last:.6g}]",
        "set ylabel 'latency, ms'",
        "set arrow from 0, graph 0 to 0, graph 1 nohead linecolor rgb '#999999' dashtype 2",
        "set key off",
    ]
    for index, panel in enumerate(drawn):
        script.append(f"set title {_text(panel.name)} offset 0,-0.6")
        if index == len(drawn) - 1:
            script.append(f"set xlabel {_text(f'when the request was due, ms from {zero}')}")
        colour = COLOURS[0 if panel.ours else 1]
        script.append(
            f"plot {_text(str(data))} index {2 * index} using 1:(($2 < 0.1) ? 0.1 : $2) "
            f"with points pointtype 7 pointsize 0.35 linecolor rgb '{colour}', "
            f"'' index {2 * index + 1} with points pointtype 2 pointsize 0.6 "
            f"linecolor rgb '{FAILED}'"
        )
    script.append("unset multiplot")
    groups = []
    for panel in drawn:
        groups.append(_thinned(panel.points, STRETCHES // len(drawn)))
        failed = _thinned([(when, most * TOP) for when in panel.failed], STRETCHES // len(drawn))
        groups.append(failed or [(first - 1, most)])
    _draw(out.stem, _blocks(groups), script, raw)
