"""What an old version says of the state beside the objects: a second pickle behind theirs.

What was there at its start, which of its classes the objects are of, and which globals are in it.
An older version says nothing, and does not read it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from . import _beside, _shape, _start
from ._beside import Beside
from ._names import stem

# Of the container that is being loaded; emptied by take().
_arrived: list[dict[str, Any]] = []


def of(objects: Mapping[str, tuple[int, Any]], kinds: list[type], globals_: list[Any]) -> Any:
    """Plain objects, and those of the state itself."""
    values = {name: value for name, (_, value) in objects.items()}
    roots = {id(value) for value in values.values()}
    known = [id(value) for _, _, value in globals_]
    start = {name: _start.about(name, value) for name, value in values.items()}
    globals_ = [(stem(sys.modules.get(one[0]), one[0]), *one[1:]) for one in globals_]
    for module, name, value in globals_:
        if _start.knows(f"{module}:{name}"):
            start.setdefault(f"{module}:{name}", _start.about(f"{module}:{name}", value))
    beside = [*_beside.counters(values, known), *_beside.attributes(kinds, known)]
    return {
        "beside": [tuple(one) for one in beside],
        "start": start,
        "shapes": _shape.of(kinds),
        "globals": [one for one in globals_ if id(one[2]) not in roots],
    }


def receive(about: Any) -> None:
    if isinstance(about, dict):
        _arrived.append(about)


class About:
    """Of all pickles of a container."""

    def __init__(self) -> None:
        self.start: dict[str, _start.Start] = {}
        self.shapes: _shape.Shapes = {}
        self.globals: list[tuple[str, str, Any]] = []
        self.beside: list[Beside] = []


def take() -> About:
    found = About()
    while _arrived:
        one = _arrived.pop(0)
        _start.carry(one.get("start", {}))
        found.start.update(one.get("start", {}))
        found.shapes.update(one.get("shapes", {}))
        found.globals += one.get("globals", [])
        found.beside += [Beside(*beside) for beside in one.get("beside", [])]
    return found
