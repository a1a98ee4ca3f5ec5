"""A bound and what was measured: met, or missed and by what ratio.

Noise never changes the verdict. Where it is wider than the distance to the bound the verdict says
that this run cannot tell, and still counts as what it is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

HEADING = "| bound | measured | at most | noise (A/A) | verdict |\n|---|---|---|---|---|"


@dataclasses.dataclass
class Verdict:
    name: str
    unit: str
    value: float
    most: float
    noise: float | None = None
    how: str = ""  # what the bound was made of

    @property
    def met(self) -> bool:
        return self.value <= self.most

    @property
    def too_noisy(self) -> bool:
        return self.noise is not None and self.noise > abs(self.value - self.most)

    @property
    def text(self) -> str:
        words = "met"
        if not self.met:
            words = "**missed**"
            if self.most > 0:
                words += f", {self.value / self.most:.2f} times the bound"
        return words + ("; too noisy to tell" if self.too_noisy else "")

    def row(self) -> str:
        noise = "" if self.noise is None else f"{self.noise:.3g}"
        most = f"{self.most:.4g} {self.unit}" + (f" ({self.how})" if self.how else "")
        return f"| {self.name} | {self.value:.4g} {self.unit} | {most} | {noise} | {self.text} |"

    def record(self) -> dict[str, object]:
        """For JSON; whether it is met is what `value` and `most` say."""
        empty = ("", None)
        return {k: v for k, v in dataclasses.asdict(self).items() if k == "unit" or v not in empty}


def broken(name: str, wrong: float) -> Verdict:
    """Something that may not happen at all, and how often it did."""
    return Verdict(name, "", wrong, 0)


def table(verdicts: Sequence[Verdict]) -> str:
    return "\n".join([HEADING, *(verdict.row() for verdict in verdicts)])
