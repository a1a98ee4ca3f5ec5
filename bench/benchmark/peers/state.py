"""Whether the state came across, by what the answers say: "VERSION NAME COUNT"."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from .site import Site

LOOKS = 12  # enough to see each of two workers, nearly always
NONE = "-"


@dataclasses.dataclass
class Look:
    counts: dict[str, int]  # by name: the first seen, or the last
    visits: int  # that the site had had by then


def look(site: Site, first: bool) -> Look:
    counts: dict[str, int] = {}
    visits = 0
    for _ in range(LOOKS):
        words = site.ask()
        if len(words) != 3:
            continue
        count = 0 if words[2] == NONE else int(words[2])
        if not first or words[1] not in counts:
            counts[words[1]] = count
            visits = site.visits
    return Look(counts, visits)


def verdict(before: Look, after: Look, answered: int, sent: int) -> str:
    """'answered': good answers to the load client between the two looks; 'sent': what it asked. Of
    the rest nobody knows whether the program has counted them.
    """
    if set(before.counts) == {NONE}:
        return "none"
    if not after.counts or not before.counts:
        return "not seen"
    if not set(after.counts) & set(before.counts):
        return "lost"
    if len(before.counts) > 1 or len(after.counts) > 1:
        return "kept in part"
    return _exactly(_grown(before, after), answered, sent)


def _grown(before: Look, after: Look) -> int:
    """By how much the count has grown, less what our own visits have added."""
    (old,) = before.counts.values()
    (new,) = after.counts.values()
    return new - old - (after.visits - before.visits)


def _exactly(grown: int, answered: int, sent: int) -> str:
    if grown < answered:
        return f"kept, {answered - grown} updates lost"
    if grown > sent:
        return f"kept, {grown - sent} too many"
    return "kept"


def together(verdicts: Sequence[str]) -> str:
    """Of several swaps: all of them, where they differ."""
    return "; ".join(sorted(set(verdicts)))
