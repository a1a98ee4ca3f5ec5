"""The pictures: curves of what grows, and latencies around a swap, one method below the other."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from measure.samples import Samples, Window
from measure.spread import median

from .svg import AXIS, GRID, Picture, Scale, width_of

WIDTH = 900
LEFT, RIGHT = 70, 25  # margins
CURVE_HEIGHT = 420
PANEL_HEIGHT = 66  # of the latencies
PANEL_STEP = 122
HEAD = 44  # above the first panel: its title and its caption
FOOT = 62  # below the axis: its numbers, in two rows, and its name
COLUMN = 6  # pixels that share a bar of a timeline
LEAST_MS = 0.05  # drawn for 0.0: half of the last digit that the launcher says
FASTEST_MS = 0.1  # drawn for what is faster, in a timeline
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
    caption: str = ""


def panel(name: str, samples: Path, window: Window) -> Panel:
    """From what a load client wrote with --raw: the window and what was just before it."""
    begin, end = window
    seen = (begin - AROUND_NS, end)
    found = Samples(samples)
    points = [((due - begin) / 1e6, latency) for due, latency in found.requests(seen)]
    return Panel(name, points, failed=[(due - begin) / 1e6 for due, _ in found.failed(seen)])


def _decades(values: Sequence[float]) -> tuple[float, float]:
    """The powers of ten around them."""
    low = high = 1.0
    while low > min(values):
        low /= 10
    while low * 10 <= min(values):
        low *= 10
    high = max(low, high)
    while high < max(values):
        high *= 10
    return low, high


def _y_axis(picture: Picture, y: Scale) -> None:
    picture.rules([y(decade) for decade in y.decades()], (LEFT, WIDTH - RIGHT), GRID)
    for decade in y.decades():
        picture.text((LEFT - 6, y(decade) + 4), f"{decade:g}", "end", AXIS)
    picture.line([(LEFT, y.pixels[0]), (LEFT, y.pixels[1])], AXIS)


def _x_axis(picture: Picture, x: Scale, at: float, ticks: Sequence[tuple[float, str]]) -> None:
    """A number that would touch the one before it is a row lower."""
    picture.line([(LEFT, at), (WIDTH - RIGHT, at)], AXIS)
    taken = float("-inf")
    lower = False
    for value, words in ticks:
        place, half = x(value), width_of(words) / 2
        lower = place - half < taken and not lower
        taken = place + half + 8
        picture.line([(place, at), (place, at + 5)], AXIS)
        picture.text((place, at + (31 if lower else 18)), words, "middle", AXIS)


def curves(axes: Axes, series: Sequence[Series], out: Path) -> None:
    """Milliseconds, logarithmic both ways; bars from the least to the most."""
    drawn = [
        [(x, *(y or LEAST_MS for y in values)) for x, *values in one.points]
        for one in series
        if one.points
    ]
    names = [one.name for one in series if one.points]
    if not drawn:
        return
    bottom = CURVE_HEIGHT - FOOT
    across = [x for points in drawn for x, *_ in points]
    x = Scale((min(across), max(across)), (LEFT + 15, WIDTH - RIGHT - 15), log=True)
    y = Scale(
        _decades([ms for points in drawn for _, *values in points for ms in values]),
        (bottom, HEAD),
        log=True,
    )
    picture = Picture(WIDTH, CURVE_HEIGHT)
    picture.text((WIDTH / 2, 24), axes.title, "middle", more=' font-weight="bold"')
    picture.text((WIDTH / 2, CURVE_HEIGHT - 10), axes.x, "middle")
    picture.upwards((16, (bottom + HEAD) / 2), "ms")
    _y_axis(picture, y)
    _x_axis(picture, x, bottom, axes.ticks)
    for index, (name, points) in enumerate(zip(names, drawn)):
        colour = COLOURS[index % len(COLOURS)]
        picture.line([(x(at), y(middle)) for at, middle, *_ in points], colour, 2)
        picture.bars([(x(at), y(least), y(most)) for at, _, least, most in points], colour)
        picture.bars([(x(at), y(middle), y(middle)) for at, middle, *_ in points], colour, 6)
        place = HEAD + 14 + 18 * index
        picture.line([(LEFT + 15, place), (LEFT + 45, place)], colour, 2)
        picture.text((LEFT + 52, place + 4), name)
    picture.save(out)


def _column(x: float) -> int:
    return int(x / COLUMN) * COLUMN + COLUMN // 2


def _columns(points: Sequence[tuple[float, float]], x: Scale) -> list[tuple[int, float, float]]:
    """Of the requests that share a few pixels: where, the median and the slowest."""
    shared: dict[int, list[float]] = {}
    for when, latency in points:
        shared.setdefault(_column(x(when)), []).append(max(latency, FASTEST_MS))
    return [(at, median(latencies), max(latencies)) for at, latencies in sorted(shared.items())]


def _nice_ticks(first: float, last: float) -> list[tuple[float, str]]:
    step = next(
        s for s in (10, 20, 50, 100, 200, 500, 1000, 2000, 5000) if (last - first) / s <= 12
    )
    low = -int(-first // step) * step
    return [(float(at), str(at)) for at in range(low, int(last) + 1, step)]


def timeline(panels: Sequence[Panel], out: Path, zero: str = "the gate") -> None:
    """One below the other, all with the same axes: a bar goes from the median to the slowest of the
    requests that were due in its few pixels; where some failed there is a black one at the top.
    """
    drawn = [one for one in panels if one.points]
    if not drawn:
        return
    most = max(max(latency for one in drawn for _, latency in one.points), 10)
    whens = [when for one in drawn for when in (*(at for at, _ in one.points), *one.failed)]
    x = Scale((min(whens), max(whens)), (LEFT, WIDTH - RIGHT), log=False)
    height = HEAD + PANEL_STEP * (len(drawn) - 1) + PANEL_HEIGHT + FOOT
    picture = Picture(WIDTH, height)
    ticks = _nice_ticks(*x.values)
    for index, one in enumerate(drawn):
        top = HEAD + PANEL_STEP * index
        bottom = top + PANEL_HEIGHT
        y = Scale((FASTEST_MS, most * TOP * 1.5), (bottom, top), log=True)
        picture.text((LEFT, top - 24), one.name, more=' font-weight="bold"')
        picture.text((LEFT, top - 9), one.caption, colour=AXIS)
        picture.upwards((16, (top + bottom) / 2), "ms")
        _y_axis(picture, y)
        _x_axis(picture, x, bottom, ticks if index == len(drawn) - 1 else [])
        picture.line([(x(0), bottom), (x(0), top)], AXIS)
        columns = _columns(one.points, x)
        bars = [(at, round(y(middle)), round(y(slow))) for at, middle, slow in columns]
        picture.bars(bars, COLOURS[0 if one.ours else 1], 3)
        failed = sorted({_column(x(when)) for when in one.failed})
        picture.bars([(at, top + 2, top + 7) for at in failed], FAILED, 3)
    picture.text(
        (LEFT, height - 12),
        f"latency, from the median to the slowest, by when a request was due, ms from {zero}; "
        "black: some failed",
    )
    picture.save(out)
