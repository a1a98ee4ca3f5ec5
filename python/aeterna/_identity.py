"""Globals of modules that objects of the state refer to: they are the same objects afterwards.

A bare object and one without attributes (`MISSING = object()`) travels as the name of its global; a
constant too, if the new version's has the same value. Of an iterator the global goes on where the
state's is.
"""

from __future__ import annotations

import copyreg
import itertools
import sys
from types import ModuleType
from typing import Any

from . import _names
from ._class_memory import notes
from ._contract import HEAP_TYPE, is_value
from ._refill import attributes, plain_instance

_ITERATORS = (itertools.count, itertools.cycle)

Where = tuple[str, str]


def _modules(kind: type) -> list[Any]:
    if kind is object or kind in _ITERATORS:
        return list(sys.modules.values())
    own = sys.modules.get(kind.__module__)
    return [own, sys.modules.get("__main__"), *_names.modules()]


def _listed(kind: Any) -> bool:
    numpy = sys.modules.get("numpy")
    if kind is object or kind in _ITERATORS or (numpy is not None and kind is numpy.ndarray):
        return True
    if kind in copyreg.dispatch_table or issubclass(kind, type):
        return False
    plain = (kind.__reduce_ex__, kind.__reduce__) == (object.__reduce_ex__, object.__reduce__)
    return plain and bool(kind.__flags__ & HEAP_TYPE)


def globals_of(kind: type) -> dict[int, Where]:
    """By the ids of the objects of this class the globals that they are."""
    found: dict[int, Where] = {}
    if not _listed(kind):
        return found
    for module in _modules(kind):
        if not isinstance(module, ModuleType):
            continue
        for name, value in list(vars(module).items()):
            if type(value) is kind:
                found.setdefault(id(value), (module.__name__, name))
            elif kind is object and isinstance(value, type) and value.__module__ == module.__name__:
                for part, held in list(vars(value).items()):
                    if type(held) is object:
                        found.setdefault(id(held), (module.__name__, f"{name}.{part}"))
    return found


def is_bare(value: Any) -> bool:
    """Whether there is nothing to it but that it is this object."""
    if type(value) is object:
        return True
    return plain_instance(value) and not attributes(value) and not notes(type(value))


def is_iterator(value: Any) -> bool:
    return type(value) in _ITERATORS


def is_constant(value: Any) -> bool:
    return is_value(value)


def equal(first: Any, second: Any) -> bool:
    if type(first) is not type(second):
        return False
    try:
        if plain_instance(first) and attributes(first) == attributes(second):
            return True
        return bool(first == second)
    except Exception:
        return False


def look_up(module: str, name: str) -> Any:
    """LookupError where it is not there."""
    found: Any = _names.module(module)
    if found is None and module == "__main__":
        found = next(iter(_names.modules()), None)
    for part in name.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise LookupError(f"{module}:{name}") from None
    return found
