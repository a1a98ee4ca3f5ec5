"""Containers that are globals of a named module, and that the state refers to as well: one object,
which has to be one afterwards (STATE["tools"] = TOOLS).

Few are looked for: what only modules refer to is none of them. Pickle writes a plain container past
every hook; so it is asked afterwards what it has written.
"""

from __future__ import annotations

import collections
import gc
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from types import FunctionType, ModuleType
from typing import Any

from ._beside import modules_of
from ._measure import measure
from ._names import stem

_KINDS = (dict, list, set, bytearray, collections.deque)
_MOST_BYTES = 1 << 20
# Nothing of a state is below them.
_LEAVES = (type(None), bool, int, float, str, bytes, type, ModuleType, FunctionType)

Alias = tuple[str, str, Any]


def _counted(names: dict[str, Any]) -> Iterator[tuple[str, Any, int]]:
    """With the number of references, give or take the same for all."""
    for name, value in list(names.items()):
        if isinstance(value, _KINDS) and not name.startswith("__"):
            yield name, value, sys.getrefcount(value)


_ALONE = next(_counted({"x": []}))[2]


def containers(names: Iterable[str]) -> Iterator[Alias]:
    """All of the modules of these names."""
    for module in modules_of(names):
        for name, value, _ in _counted(vars(module)):
            yield stem(module), name, value


def candidates(names: Iterable[str], known: Iterable[int]) -> list[Alias]:
    """Those that somebody else refers to, too. `known`: ids of others."""
    seen = set(known)
    found = []
    for module in modules_of(names):
        for name, value, count in _counted(vars(module)):
            if count > _ALONE and id(value) not in seen:
                seen.add(id(value))
                found.append((stem(module), name, value))
    return found


def unexplained(found: list[Alias]) -> list[Alias]:
    """Those of the candidates that not only modules refer to."""
    ids = {id(value) for _, _, value in found}
    modules: Counter[int] = Counter()
    counts: dict[int, int] = {}
    for module in list(sys.modules.values()) if found else ():
        if isinstance(module, ModuleType):
            for _, value, count in _counted(vars(module)):
                if id(value) in ids:
                    modules[id(value)] += 1
                    counts[id(value)] = count - _ALONE - 1  # one is that of the candidates
    return [one for one in found if counts[id(one[2])] >= modules[id(one[2])]]


def written(found: list[Alias], is_known: Callable[[Any], bool], memo: Any) -> list[Alias]:
    """Those of the candidates that a pickler knows. `is_known` asks it, and writes the object if it
    does not; `memo` is what it knows, which takes long to copy.
    """
    return [
        one
        for one in found
        if (is_known(one[2]) if measure(one[2]).bytes <= _MOST_BYTES else id(one[2]) in memo.copy())
    ]


def below(found: list[Alias], roots: Iterable[Any]) -> list[Alias]:
    """Those of the candidates that are in these objects, which are few."""
    if not found:
        return []
    seen: set[int] = set()
    waiting = list(roots)
    while waiting:
        value = waiting.pop()
        if not isinstance(value, _LEAVES) and id(value) not in seen:
            seen.add(id(value))
            waiting += gc.get_referents(value)
    return [one for one in found if id(one[2]) in seen]
