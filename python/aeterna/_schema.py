"""Versions of a named state, and the functions that lead from one to another."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from ._refusal import Refused, one_line

Step = Callable[[Any], Any]

_steps: dict[str, dict[tuple[int, int], Step]] = {}


def add(name: str, start: int, end: int, step: Step) -> None:
    _steps.setdefault(name, {})[start, end] = step


def newest(name: str, otherwise: int) -> int:
    """The schema that the migrations of this version lead to."""
    return max((end for _, end in _steps.get(name, {})), default=otherwise)


def path(name: str, start: int, end: int) -> list[Step]:
    """The shortest way, forth or back; Refused without one."""
    steps = _steps.get(name, {})
    ways: dict[int, list[Step]] = {start: []}
    waiting = deque([start])
    while waiting and end not in ways:
        here = waiting.popleft()
        for (first, last), step in steps.items():
            if first == here and last not in ways:
                ways[last] = [*ways[here], step]
                waiting.append(last)
    if end not in ways:
        raise Refused(
            "wrong_schema",
            f"{name}: the state has schema {start}, this version wants {end}, "
            "and no migration leads there",
        )
    return ways[end]


def migrate(name: str, value: Any, steps: list[Step]) -> Any:
    for step in steps:
        try:
            value = step(value)
        except Exception as error:
            raise Refused("load_failed", f"{name}: its migration: {one_line(error)}") from error
    return value
