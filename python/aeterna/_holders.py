"""Who refers to an object, and how the reference is led to another one.

One pass over the heap for all objects together. A holder that nobody can change (a tuple, a bound
method) is made anew, and then its own holders are looked for.
"""

from __future__ import annotations

import collections
import ctypes
import functools
import gc
import os
import sys
import types
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ._refill import give, plain_instance, slots_of

_FEW = 50  # the interpreter's own search compares with each of them
_PART = 1000
_OWN = os.path.dirname(__file__)
_PACKAGE = __name__.rpartition(".")[0]
_SUSPENDED = (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType)

_NAMESPACES = (type, types.ModuleType)  # their dictionaries are holders by themselves
_FAST = 1  # CO_OPTIMIZED: local variables are no dictionary


def tracked() -> list[Any]:
    """All objects that may hold another: those of the start are frozen (sitecustomize)."""
    gc.unfreeze()
    return gc.get_objects()


class Wanted(list[Any]):
    """Objects whose holders are looked for. Of a type of this package: it is no holder itself."""

    def __contains__(self, value: object) -> bool:
        for one in self:  # no generator: its cell would be a holder
            if one is value:
                return True
        return False


class Twins(dict[int, Any]):
    """By the id of an object the one that takes its place. Objects made anew on the way are kept:
    their ids mean nothing else.
    """

    def __init__(self, *pairs: tuple[Any, Any]) -> None:
        super().__init__((id(first), second) for first, second in pairs)
        self.made = Wanted()
        # How often each was an argument of a function that runs: the interpreter keeps some of
        # those where nobody can change them, and never uses them again.
        self.arguments: Counter[int] = Counter()

    def of(self, value: Any) -> Any:
        return self.get(id(value), value)


def _is_ours(holder: Any) -> bool:
    if isinstance(holder, types.FrameType):
        return os.path.dirname(holder.f_code.co_filename) == _OWN
    return type(holder).__module__.startswith(_PACKAGE)


def holders(wanted: Wanted) -> list[Any]:
    """Whatever the collector knows that refers to one of the objects."""
    if len(wanted) <= _FEW:
        gc.unfreeze()
        asked = tuple(wanted)
        # From 3.13 on get_referrers() also finds the tuple that it was called with.
        return [one for one in gc.get_referrers(*asked) if one is not asked and not _is_ours(one)]
    ids = set(map(id, wanted))
    found = []
    every = tracked()
    for start in range(0, len(every), _PART):
        part = every[start : start + _PART]
        if ids.isdisjoint(map(id, gc.get_referents(*part))):
            continue
        for one in part:
            if not _is_ours(one) and not ids.isdisjoint(map(id, gc.get_referents(one))):
                found.append(one)
    every.clear()  # a frame of ours in there would keep it
    return found


def _untracked(parts: list[Any]) -> list[Any]:
    return [one for one in parts if type(one) in (dict, tuple) and not gc.is_tracked(one)]


def hidden_holders(wanted: Wanted) -> list[Any]:
    """Those that the collector does not list: dictionaries and tuples in which all objects are ones
    that it need not know, such as arrays. Slower by far.
    """
    ids = set(map(id, wanted))
    every = tracked()
    waiting = _untracked([part for frame in running() for part in _locals(frame).values()])
    for start in range(0, len(every), _PART):
        waiting += _untracked(gc.get_referents(*every[start : start + _PART]))
    every.clear()
    found = {}
    seen = set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        parts = gc.get_referents(one)
        if not ids.isdisjoint(map(id, parts)):
            found[id(one)] = one
        waiting += _untracked(parts)
    return list(found.values())


def _class_of(names: dict[Any, Any]) -> type | None:
    """The class whose attributes these are: it has to hear of a change."""
    if "__module__" not in names or "__doc__" not in names:
        return None
    for one in gc.get_referrers(names):
        if isinstance(one, type) and gc.get_referents(one.__dict__)[:1] == [names]:
            return one
    return None


def _in_dict(holder: dict[Any, Any], twins: Twins) -> None:
    owner = _class_of(holder)
    for key, value in list(holder.items()):
        if id(value) in twins:
            if owner is not None:
                type.__setattr__(owner, key, twins[id(value)])
            else:
                dict.__setitem__(holder, key, twins[id(value)])
    if any(id(key) in twins for key in holder):
        items = [(twins.of(key), value) for key, value in holder.items()]
        holder.clear()
        for key, value in items:
            dict.__setitem__(holder, key, value)


def _in_sequence(holder: Any, twins: Twins) -> None:
    for index, value in enumerate(list(holder)):
        if id(value) in twins:
            holder[index] = twins[id(value)]


def _in_set(holder: Any, twins: Twins) -> None:
    for value in [value for value in holder if id(value) in twins]:
        holder.discard(value)
        holder.add(twins[id(value)])


def _in_function(holder: Any, twins: Twins) -> None:
    for name in ("__defaults__", "__kwdefaults__", "__dict__"):
        part = getattr(holder, name)
        if id(part) in twins:
            setattr(holder, name, twins[id(part)])


def _in_partial(holder: Any, twins: Twins) -> None:
    parts = holder.__reduce__()[2]
    holder.__setstate__(tuple(twins.of(part) for part in parts))


def _in_instance(holder: Any, twins: Twins) -> None:
    names = getattr(holder, "__dict__", None)
    if type(names) is dict:
        _in_dict(names, twins)
    for name in slots_of(type(holder)):
        part = getattr(holder, name, None)
        if id(part) in twins:
            give(holder, name, twins[id(part)])


def _copy_of(holder: Any, twins: Twins) -> Any:
    """What takes the place of a holder that cannot be changed; None where nothing can."""
    kind = type(holder)
    if kind in (tuple, frozenset):
        return kind(twins.of(part) for part in holder)
    if isinstance(holder, tuple) and hasattr(holder, "_fields"):
        return tuple.__new__(kind, [twins.of(part) for part in holder])
    if kind is types.MethodType:
        function, owner = holder.__func__, holder.__self__
        return types.MethodType(twins.of(function), twins.of(owner))
    if kind in (types.BuiltinMethodType, types.MethodWrapperType) and id(holder.__self__) in twins:
        return getattr(twins[id(holder.__self__)], holder.__name__, None)
    return None


def _change(holder: Any, twins: Twins) -> bool:
    """False where a reference cannot be changed in place."""
    if isinstance(holder, dict):
        _in_dict(holder, twins)
    elif isinstance(holder, (list, collections.deque)):
        _in_sequence(holder, twins)
    elif isinstance(holder, set):
        _in_set(holder, twins)
    elif isinstance(holder, types.CellType):
        holder.cell_contents = twins[id(holder.cell_contents)]
    elif isinstance(holder, types.FunctionType):
        _in_function(holder, twins)
    elif isinstance(holder, functools.partial):
        _in_partial(holder, twins)
    elif isinstance(holder, _SUSPENDED):
        _in_frame(_frame(holder), twins)
    elif plain_instance(holder) or isinstance(getattr(holder, "__dict__", None), dict):
        _in_instance(holder, twins)
    else:
        return False
    return True


def _still(holder: Any, twins: Twins) -> bool:
    return any(id(part) in twins for part in gc.get_referents(holder))


def lead(twins: Twins, firsts: Wanted, look: Callable[[Wanted], list[Any]] = holders) -> list[Any]:
    """Leads every reference to one of `firsts` to its twin. Returns the holders that refer to one
    still.
    """
    stuck = Wanted()
    waiting = firsts
    while waiting:
        again = Wanted()
        for holder in look(waiting):
            if holder in twins.made or isinstance(holder, _NAMESPACES):
                continue
            if isinstance(holder, types.FrameType):
                _in_frame(holder, twins)
                continue
            if _change(holder, twins) and not _still(holder, twins):
                continue
            copy = _copy_of(holder, twins)
            if copy is None:
                stuck.append(holder)
            else:
                twins[id(holder)] = copy
                again.append(holder)
                twins.made.append(holder)
        waiting = again
    return stuck


# --- local variables ---


def _frame(suspended: Any) -> Any:
    for name in ("gi_frame", "cr_frame", "ag_frame"):
        found = getattr(suspended, name, None)
        if found is not None:
            return found
    return None


def running() -> Iterator[types.FrameType]:
    """The program's frames in all threads. The collector does not know of them."""
    for top in sys._current_frames().values():
        frame: types.FrameType | None = top
        while frame is not None:
            if os.path.dirname(frame.f_code.co_filename) != _OWN:
                yield frame
            frame = frame.f_back


def _locals(frame: types.FrameType) -> dict[str, Any]:
    """Of a function; those of a module or a class are a dictionary, found as one."""
    if not frame.f_code.co_flags & _FAST:
        return {}
    names = frame.f_locals
    found = dict(names)
    if sys.version_info < (3, 13) and sys.getrefcount(names) <= 3:
        names.clear()  # a copy that the frame would keep, and with it all that is in there
    return found


def _in_frame(frame: types.FrameType | None, twins: Twins) -> None:
    if frame is None:
        return
    found = _locals(frame)
    for name in [name for name, value in found.items() if id(value) in twins]:
        if name in frame.f_code.co_varnames[: frame.f_code.co_argcount]:
            twins.arguments[id(found[name])] += 1
        frame.f_locals[name] = twins.of(found[name])
        if sys.version_info < (3, 13):
            ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))
        _locals(frame)


def lead_locals(twins: Twins) -> None:
    """The same for the local variables of functions that are running."""
    for frame in running():
        _in_frame(frame, twins)


# --- for people ---


def _names_of(holder: Any) -> str | None:
    if isinstance(holder, dict):
        for module in list(sys.modules.values()):
            if isinstance(module, types.ModuleType) and module.__dict__ is holder:
                return module.__name__
    name = getattr(holder, "__qualname__", None)
    if isinstance(name, str):
        module_name = getattr(holder, "__module__", None)
        return f"{module_name}.{name}" if isinstance(module_name, str) else name
    return None


def _step(holder: Any, part: Any) -> str:
    if isinstance(holder, dict):
        found: Sequence[tuple[Any, Any]] = list(holder.items())
        return next((f"[{key!r}]" for key, value in found if value is part), "")
    if isinstance(holder, (list, tuple)):
        return next((f"[{i}]" for i, value in enumerate(holder) if value is part), "")
    return ""


def where(holder: Any) -> str:
    """The way from a module to a holder, as far as there is one; its type otherwise."""
    text = f"a {type(holder).__module__}.{type(holder).__qualname__}".replace("builtins.", "")
    name = _names_of(holder)
    if name is not None:
        return f"{text} {name}"
    steps: list[str] = []
    here = holder
    seen = Wanted([holder])
    for _ in range(6):
        above = [
            one
            for one in holders(Wanted([here]))
            if one not in seen and type(one) is not types.FrameType
        ]
        if not above:
            break
        above.sort(key=lambda one: _names_of(one) is None)
        step, name = _step(above[0], here), _names_of(above[0])
        if name is not None:
            key = step[2:-2] if step.startswith("['") else step
            return f"{text}, at {name}:{key}{''.join(reversed(steps))}"
        steps.append(step)
        here = above[0]
        seen.append(here)
    return text
