"""About how large an object is, and whether it is plain: of types that pickle writes by itself.
None of the program's own code runs for it, and it ends soon, whatever the object is.
"""

from __future__ import annotations

import sys
from itertools import islice
from typing import Any

from . import _arena
from ._named_tuple import NamedTuple

MOST_OBJECTS = 5000  # looked at: about a millisecond
SAMPLE = 500  # of a long container; the rest is taken to be like it

_SIZED = frozenset({str, bytes, bytearray})
_NUMBERS = frozenset({type(None), bool, int, float})
_ROWS = frozenset({list, tuple, set, frozenset})


class Measure(NamedTuple):
    bytes: int
    plain: bool  # and looked at to its end


def _bulk(value: Any) -> int | None:
    """Of an array or a tensor on the processor, nothing of what lies in an arena, which is not
    copied; None: it is neither.
    """
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if numpy is not None and type(value) is numpy.ndarray:
        where, size = value.__array_interface__["data"][0], value.nbytes
    elif torch is not None and type(value) is torch.Tensor:
        where, size = value.data_ptr(), value.numel() * value.element_size()
    else:
        return None
    return 0 if _arena.holding(where) else int(size)


def _parts(value: Any) -> tuple[list[Any], float]:
    """What is in it, of much the first, and how many times that it is."""
    kind = type(value)
    if kind in _ROWS:
        return list(islice(value, SAMPLE)), max(len(value) / SAMPLE, 1)
    if issubclass(kind, dict):
        keys, values = islice(dict.keys(value), SAMPLE), islice(dict.values(value), SAMPLE)
        return [*keys, *values], max(dict.__len__(value) / SAMPLE, 1)
    try:
        own = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return [], 1
    return (list(own.values()), 1) if type(own) is dict else ([], 1)


def _measure(root: Any) -> Measure:
    total = 0.0
    plain = True
    seen: set[int] = set()
    stack: list[tuple[Any, float]] = [(root, 1)]
    for _ in range(MOST_OBJECTS):
        if not stack:
            break
        value, weight = stack.pop()
        kind = type(value)
        if kind in _NUMBERS or kind in _SIZED:
            total += weight * (len(value) if kind in _SIZED else 8)
        elif id(value) not in seen:
            seen.add(id(value))
            bulk = _bulk(value)
            parts, times = _parts(value) if bulk is None else ([], 1.0)
            plain = plain and times == 1 and (kind is dict or kind in _ROWS)
            total += weight * (bulk or 0)
            stack += [(part, weight * times) for part in parts]
    return Measure(int(total), plain and not stack)


def measure(root: Any) -> Measure:
    try:
        return _measure(root)
    except RuntimeError:  # another thread has changed a container meanwhile
        return Measure(0, False)
