"""Finds the object that cannot be pickled, and the way to it, after pickling has failed.

The search goes down one level at a time, as the pickler does, without writing anything.
"""

from __future__ import annotations

import collections
import copyreg
import io
import pickle
from collections.abc import Iterator
from typing import Any, Optional

from ._advice import advice
from ._presets import part_name
from ._rebuild import Parts
from ._reduce import Reducers, Unpicklable
from ._refusal import one_line

_ATOMS = (int, float, complex, bool, str, bytes, bytearray, type(None), range)
_SHOWN = 40

# A way: the step before, and the text that this one adds.
Way = Optional[tuple[Any, str]]


def _text(way: Way) -> str:
    steps = []
    while way is not None:
        way, step = way
        steps.append(step)
    return "".join(reversed(steps))


def _to_do(said: str, value: Any) -> str:
    """Unless the reason says so itself."""
    has_advice = "cannot pickle" in said and ": " in said
    return "" if has_advice else f": {advice(value)}"


def _key(value: Any) -> str:
    try:
        shown = repr(value)
    except Exception:
        shown = f"<{type(value).__name__}>"
    shown = " ".join(shown.split())
    return shown if len(shown) <= _SHOWN else shown[: _SHOWN - 3] + "..."


def _try(value: Any) -> None:
    """For what pickles without children, or by name."""
    pickle.Pickler(io.BytesIO(), 5, buffer_callback=lambda _: False).dump(value)


def _state_steps(state: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(state, tuple) and len(state) == 2 and isinstance(state[1], dict):
        yield from _state_steps(state[0])
        state = state[1]
    if isinstance(state, dict):
        for name, value in state.items():
            yield (f".{name}" if isinstance(name, str) else f"[{_key(name)}]"), value
    elif state is not None:
        yield ".__getstate__()", state


def _reduce(value: Any, reducers: Reducers) -> Any:
    reduced = reducers(value)
    if reduced is not NotImplemented:
        return reduced
    function = copyreg.dispatch_table.get(type(value))
    return function(value) if function is not None else value.__reduce_ex__(5)


def _steps(value: Any, reducers: Reducers) -> Iterator[tuple[str, Any]]:
    """What is one level below, with the text that leads there. Raises what pickle would raise."""
    kind = type(value)
    if kind is dict:
        for key, item in value.items():
            yield f" key {_key(key)}", key
            yield f"[{_key(key)}]", item
    elif kind in (list, tuple):
        for index, item in enumerate(value):
            yield f"[{index}]", item
    elif kind in (set, frozenset):
        for item in value:
            yield f" member {_key(item)}", item
    elif isinstance(value, type) or callable(value) and hasattr(value, "__qualname__"):
        if "<" in value.__qualname__:
            raise Unpicklable(f"cannot pickle '{value.__qualname__}': no global of a module")
        _try(value)
    else:
        reduced = _reduce(value, reducers)
        if isinstance(reduced, str):
            _try(value)
            return
        parts = tuple(reduced) + (None,) * 6
        yield from _state_steps(parts[2])
        for index, item in enumerate(parts[3] or ()):
            yield f"[{index}]", item
        for key, item in parts[4] or ():
            yield f" key {_key(key)}", key
            yield f"[{_key(key)}]", item
        yield f" made by {_key(parts[0])}", parts[0]
        step = ".default_factory" if isinstance(value, collections.defaultdict) else ""
        for item in parts[1]:
            yield step, item


def culprit(roots: dict[str, Any], reducers: Reducers) -> str | None:
    """`name['x'].lock: cannot pickle ...`, or None where every object by itself can be pickled."""
    seen: set[int] = set()
    kept: list[Any] = []
    for name, root in roots.items():
        waiting: list[tuple[Way, Any]] = [((None, name), root)]
        if type(root) is Parts:
            waiting = [((None, part_name(name, part)), value) for part, value in root.items()]
        while waiting:
            way, value = waiting.pop()
            if isinstance(value, _ATOMS) and type(value) in _ATOMS or id(value) in seen:
                continue
            if isinstance(value, pickle.PickleBuffer):
                continue
            seen.add(id(value))
            kept.append(value)
            try:
                below = [((way, step), item) for step, item in _steps(value, reducers)]
            except Exception as error:
                said = str(error) if "cannot pickle" in str(error) else one_line(error)
                return f"{_text(way)}: {' '.join(said.split())}{_to_do(said, value)}"
            waiting.extend(reversed(below))
    return None
