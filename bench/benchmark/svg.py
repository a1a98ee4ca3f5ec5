"""A picture as SVG, written by hand so that it stays small: thousands of marks are one path."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

FONT_SIZE = 12
CHARACTER = 0.6  # of the font size: how wide one is on average
AXIS = "#666"
GRID = "#ddd"
TEXT = "#222"


def number(value: float) -> str:
    """A coordinate, to a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")


def width_of(words: str, size: float = FONT_SIZE) -> float:
    return len(words) * CHARACTER * size


class Scale:
    """From values to pixels."""

    def __init__(self, values: tuple[float, float], pixels: tuple[float, float], log: bool) -> None:
        self.values = values
        self.pixels = pixels
        self._log = log

    def __call__(self, value: float) -> float:
        first, last, value = (
            math.log10(one) if self._log else one for one in (*self.values, value)
        )
        share = (value - first) / (last - first)
        return self.pixels[0] + share * (self.pixels[1] - self.pixels[0])

    def decades(self) -> list[float]:
        """Powers of ten within, of a logarithmic one."""
        first, last = (math.log10(one) for one in self.values)
        return [10.0**n for n in range(math.ceil(first - 1e-9), math.floor(last + 1e-9) + 1)]


class Picture:
    def __init__(self, width: int, height: int) -> None:
        self._size = (width, height)
        self._parts: list[str] = []

    def text(
        self,
        place: tuple[float, float],
        words: str,
        anchor: str = "start",
        colour: str = TEXT,
        more: str = "",
    ) -> None:
        x, y = (number(one) for one in place)
        if anchor != "start":
            more = f' text-anchor="{anchor}"{more}'
        self._parts.append(
            f'<text x="{x}" y="{y}" fill="{colour}"{more}>{escape(words, quote=False)}</text>'
        )

    def upwards(self, place: tuple[float, float], words: str) -> None:
        x, y = (number(one) for one in place)
        self.text(place, words, "middle", more=f' transform="rotate(-90 {x} {y})"')

    def path(self, steps: str, colour: str, width: float = 1, more: str = "") -> None:
        if steps:
            self._parts.append(
                f'<path d="{steps}" stroke="{colour}" stroke-width="{number(width)}"{more}/>'
            )

    def line(self, points: Sequence[tuple[float, float]], colour: str, width: float = 1) -> None:
        steps = "L".join(f"{number(x)} {number(y)}" for x, y in points)
        self.path(f"M{steps}", colour, width)

    def rules(self, ys: Iterable[float], ends: tuple[float, float], colour: str) -> None:
        """Horizontal lines, all from one place to another."""
        first, last = (number(one) for one in ends)
        self.path("".join(f"M{first} {number(y)}H{last}" for y in ys), colour)

    def bars(
        self, bars: Iterable[tuple[float, float, float]], colour: str, width: float = 1
    ) -> None:
        """Vertical ones with round ends: x, from, to; one without length is a dot."""
        steps = "".join(
            f"M{number(x)} {number(a)}" + ("h0" if a == b else f"V{number(b)}") for x, a, b in bars
        )
        self.path(steps, colour, width, ' stroke-linecap="round"')

    def save(self, out: Path) -> None:
        width, height = self._size
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'font-family="sans-serif" font-size="{FONT_SIZE}" fill="none">\n'
            f'<rect width="{width}" height="{height}" fill="#fff"/>'
        )
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text("\n".join([head, *self._parts, "</svg>", ""]))
