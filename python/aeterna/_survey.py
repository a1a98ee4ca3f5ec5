"""What the state is, and how long it would take to hand it over. For a copy of the process: it
takes its time, and pickles everything once.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any

from . import _beside, _pickle
from ._named_tuple import NamedTuple
from ._names import LANGGRAPH
from ._presets import is_saver
from ._refusal import Refused
from ._slots import Named, Slot

_MOST_SECONDS = 10.0
_MOST_SUGGESTED = 12
_LOAD_SHARE = 1.3  # of the time that the dump takes; measured with small dicts
_ATOMS = (type(None), bool, int, float, complex, str, bytes, type, ModuleType, FunctionType)
_CONTAINERS = (dict, list, set)
_LIBRARIES = ("site-packages", "dist-packages")

Line = tuple[object, ...]


def count(root: Any, end: float) -> int:
    """Objects that pickle writes one by one; fewer where the time is over."""
    seen: set[int] = set()
    waiting = [root]
    while waiting and (len(seen) % 1024 or time.monotonic() < end):
        value = waiting.pop()
        if isinstance(value, _ATOMS) or id(value) in seen:
            continue
        seen.add(id(value))
        waiting.extend(gc.get_referents(value))
    return len(seen)


def _kind(value: Any) -> str:
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def _bytes(sections: list[Any]) -> int:
    return sum(len(memoryview(chunk).cast("B")) for section in sections for chunk in section.chunks)


class _Cost(NamedTuple):
    seconds: float
    size: int
    objects: int


def _look_at(slot: Slot, end: float) -> tuple[Line, _Cost]:
    """By pickling it once: `value`, or `problem`."""
    begun = time.monotonic()
    try:
        value = slot.value()
        made = _pickle.dump({slot.name: (slot.schema or 0, value)}, 1)
    except Refused as refusal:
        return ("problem", slot.name, refusal.sentence), _Cost(0, 0, 0)
    cost = _Cost(time.monotonic() - begun, _bytes(made), count(value, end))
    return ("value", slot.name, _kind(value), cost.size, cost.objects), cost


def survey(slots: list[Slot]) -> Iterator[Line]:
    end = time.monotonic() + _MOST_SECONDS
    costs = []
    gc.disable()
    for slot in slots:
        line, cost = _look_at(slot, end)
        costs.append(cost)
        yield line
    names, values = [slot.name for slot in slots], [slot.known()[1] for slot in slots]
    for one in _beside.look(names, values):
        yield "value", one.name, one.kind or _kind(one.value), sys.getsizeof(one.value), 1
    seconds = sum(cost.seconds for cost in costs)
    objects, size = sum(cost.objects for cost in costs), sum(cost.size for cost in costs)
    yield "pause", round(seconds * (1 + _LOAD_SHARE) * 1000 + 1), objects, size
    yield from _suggestions(slots, end)


# --- what nobody has named ---


def _is_the_programs(found: Any) -> bool:
    path = getattr(found, "__file__", None)
    if not isinstance(path, str) or getattr(found, "__name__", "").startswith("_aeterna"):
        return False
    return not path.startswith(sys.prefix + "/lib") and not any(
        part in path for part in (*_LIBRARIES, "/usr/lib/python")
    )


def _candidates(found: ModuleType) -> Iterator[tuple[str, Any]]:
    stem = getattr(found, "__name__", "")
    if stem == "__main__":
        stem = (getattr(found, "__file__", "") or "").rpartition("/")[2].rpartition(".")[0]
    for name, value in list(vars(found).items()):
        if name.startswith("__"):
            continue
        if is_saver(value):
            yield f"{LANGGRAPH}{stem}:{name}", value
        elif type(value) in _CONTAINERS:
            yield f"{stem}:{name}", value
        state = getattr(value, "state", None) if not isinstance(value, type) else None
        inner = getattr(state, "_state", None)
        if isinstance(inner, dict):
            for key in inner:
                yield f"{stem}:{name}.state.{key}", inner[key]


def _suggestions(slots: list[Slot], end: float) -> Iterator[Line]:
    """Containers of the program's own modules that its functions write to, the fullest first."""
    named = {id(slot.known()[1]) for slot in slots}
    named |= {id(_value_of(slot)) for slot in slots if isinstance(slot, Named)}
    found = []
    for loaded in list(sys.modules.values()):
        if loaded is None or not _is_the_programs(loaded):
            continue
        for name, value in _candidates(loaded):
            if id(value) not in named and _is_written(loaded, name, value):
                named.add(id(value))
                found.append((count(value, end), name, value))
    found.sort(key=lambda one: (-one[0], one[1]))
    for objects, name, value in found[:_MOST_SUGGESTED]:
        yield "suggest", name, _kind(value), objects


def _value_of(slot: Slot) -> Any:
    try:
        return slot.value()
    except Exception:
        return None


def _is_written(loaded: ModuleType, name: str, value: Any) -> bool:
    """Whether it has anything in it that the module's source does not: a constant has not. What
    functions refer to may have been written; a container that the top level filled alone has not.
    """
    if type(value) not in _CONTAINERS:
        return True
    last = name.rpartition(":")[2]
    if not value or "." in last:
        return bool(value)
    return any(
        last in function.__code__.co_names
        for function in list(vars(loaded).values())
        if isinstance(function, FunctionType)
    ) or any(
        last in method.__code__.co_names
        for kind in list(vars(loaded).values())
        if isinstance(kind, type) and kind.__module__ == loaded.__name__
        for method in vars(kind).values()
        if isinstance(method, FunctionType)
    )
