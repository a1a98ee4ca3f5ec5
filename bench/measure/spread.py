"""Middle and width of a list of numbers: the only statistics that the figures use.

Percentiles are exact ranks of the sorted values, as in the load client; nothing is interpolated.
"""

from __future__ import annotations

import random
from collections.abc import Sequence


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def quartiles(values: Sequence[float]) -> tuple[float, float]:
    return quantile(values, 0.25), quantile(values, 0.75)


def differences(values: Sequence[float], others: Sequence[float]) -> list[float]:
    return [a - b for a, b in zip(values, others)]


def pooled(groups: Sequence[Sequence[float]]) -> list[float]:
    return [value for group in groups for value in group]


def resampled(
    groups: Sequence[Sequence[float]], others: Sequence[Sequence[float]], share: float
) -> tuple[float, float]:
    """Quartiles of the difference of two pooled percentiles when whole windows are drawn anew.

    Windows, because the samples of one window share its disturbance. The seed is fixed: the same
    samples give the same answer.
    """
    chance = random.Random(1)

    def draw(windows: Sequence[Sequence[float]]) -> float:
        return quantile(pooled([chance.choice(windows) for _ in windows]), share)

    return quartiles([draw(groups) - draw(others) for _ in range(200)])
