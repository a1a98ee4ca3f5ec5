"""Puts a loaded object in the place of the one that the program made at its start.

Containers and instances are refilled, so that whoever holds them sees the state. What the rest of
the state refers to is the refilled object too, never a twin of it.
"""

from __future__ import annotations

import array
import collections
import copyreg
import sys
from collections.abc import Container
from types import ModuleType
from typing import Any

from ._contract import HEAP_TYPE, is_value
from ._layout import has_own_memory, is_extension_made

_SEQUENCES = (list, bytearray)
_FILLED = (dict, set, collections.deque)


def plain_instance(value: Any) -> bool:
    """Whether all there is to it are its attributes. What pickles in a way of its own (a member of
    an enumeration, a singleton) may be one of its kind, and stays as it is.
    """
    kind: Any = type(value)
    if isinstance(value, (type, ModuleType)) or kind in copyreg.dispatch_table:
        return False
    if (kind.__reduce_ex__, kind.__reduce__) != (object.__reduce_ex__, object.__reduce__):
        return False
    if has_own_memory(kind, len(slots_of(kind))) or is_extension_made(kind):
        return False
    bases = (base for base in kind.__mro__ if base is not object)
    return all(base.__flags__ & HEAP_TYPE for base in bases) and (
        hasattr(value, "__dict__") or bool(slots_of(kind))
    )


def slots_of(kind: type) -> list[str]:
    names: list[str] = []
    for base in kind.__mro__:
        own = base.__dict__.get("__slots__", ())
        for name in (own,) if isinstance(own, str) else own:
            if name in ("__dict__", "__weakref__"):
                continue
            private = name.startswith("__") and not name.endswith("__")
            names.append(f"_{base.__name__.lstrip('_')}{name}" if private else name)
    return names


def refillable(old: Any, new: Any) -> bool:
    for kind in _SEQUENCES + _FILLED:
        if isinstance(old, kind):
            return isinstance(new, kind)
    if isinstance(old, array.array):
        return isinstance(new, array.array) and old.typecode == new.typecode
    if hasattr(type(old), "__del__"):
        return False  # the loaded one would end, and with it what both of them then have
    return type(old) is type(new) and plain_instance(old) and not is_value(old)


def attributes(value: Any) -> dict[str, Any]:
    """All there is to a plain instance, by name."""
    found = dict(getattr(value, "__dict__", {}))
    for name in slots_of(type(value)):
        try:
            found[name] = object.__getattribute__(value, name)
        except AttributeError:
            pass
    return found


def give(value: Any, name: str, part: Any) -> None:
    """Sets an attribute, past what the class says about it."""
    if name in slots_of(type(value)):
        object.__setattr__(value, name, part)
    else:
        value.__dict__[name] = part


def missing(old: Any, new: Any, gone: Container[Any] = ()) -> dict[Any, Any]:
    """What the new version's object has and the state lacks: keys of a dictionary, attributes of an
    instance. What the old version had at its start and has taken away since is `gone`.
    """
    if isinstance(old, dict) and isinstance(new, dict):
        if dict.keys(old) <= dict.keys(new):
            return {}
        return {key: item for key, item in old.items() if key not in new and key not in gone}
    if type(old) is type(new) and plain_instance(old):
        has = attributes(new)
        return {
            name: part
            for name, part in attributes(old).items()
            if name not in has and name not in gone
        }
    return {}


def complete(new: Any, more: dict[Any, Any]) -> None:
    """Adds to a loaded object what missing() found."""
    if isinstance(new, dict):
        new.update(more)
    else:
        for name, part in more.items():
            give(new, name, part)


def refill(old: Any, new: Any) -> None:
    """The two are refillable(). A default factory, a length limit: the new version's stay."""
    if old is new:
        return
    if isinstance(old, (*_SEQUENCES, array.array)):
        old[:] = new
    elif isinstance(old, collections.deque):
        old.clear()
        old.extend(new)
    elif isinstance(old, (dict, set)):
        old.clear()
        old.update(new)
    if type(old) is type(new) and type(old).__flags__ & HEAP_TYPE:
        _attributes(old, new)


def _attributes(old: Any, new: Any) -> None:
    if hasattr(new, "__dict__") and hasattr(old, "__dict__"):
        old.__dict__.clear()
        old.__dict__.update(new.__dict__)
    for name in slots_of(type(old)):
        if hasattr(new, name):
            object.__setattr__(old, name, getattr(new, name))
        elif hasattr(old, name):
            object.__delattr__(old, name)


def rebind(old: Any, new: Any) -> bool:
    """Every module global that is the old object becomes the new one."""
    found = False
    for module in list(sys.modules.values()):
        if not isinstance(module, ModuleType):
            continue
        names = module.__dict__
        for name in [name for name, value in list(names.items()) if value is old]:
            names[name] = new
            found = True
    return found
