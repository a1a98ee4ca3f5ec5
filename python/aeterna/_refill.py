"""Puts a loaded object in the place of the one that the program made at its start.

Containers and instances are refilled, so that whoever holds them sees the state. What the rest of
the state refers to is the refilled object too, never a twin of it.
"""

from __future__ import annotations

import array
import collections
import copyreg
import gc
import sys
from types import FrameType, ModuleType
from typing import Any

from ._layout import has_own_memory, is_extension_made

_SEQUENCES = (list, bytearray)
_FILLED = (dict, set, collections.deque)
_HEAP_TYPE = 1 << 9
# Equal values of these may be one object by chance: identity says nothing.
SHARED = (int, float, complex, str, bytes, tuple, frozenset, range, type(None))


def plain_instance(value: Any) -> bool:
    """Whether all there is to it are its attributes. What pickles in a way of its own (a member of
    an enumeration, a singleton) may be one of its kind, and stays as it is.
    """
    kind: Any = type(value)
    if isinstance(value, (type, ModuleType)) or kind in copyreg.dispatch_table:
        return False
    if (kind.__reduce_ex__, kind.__reduce__) != (object.__reduce_ex__, object.__reduce__):
        return False
    if has_own_memory(kind, len(_slots(kind))) or is_extension_made(kind):
        return False
    bases = (base for base in kind.__mro__ if base is not object)
    return all(base.__flags__ & _HEAP_TYPE for base in bases) and (
        hasattr(value, "__dict__") or bool(_slots(kind))
    )


def _slots(kind: type) -> list[str]:
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
    return type(old) is type(new) and not isinstance(old, SHARED) and plain_instance(old)


def _attributes(old: Any, new: Any) -> None:
    if hasattr(new, "__dict__") and hasattr(old, "__dict__"):
        old.__dict__.clear()
        old.__dict__.update(new.__dict__)
    for name in _slots(type(old)):
        if hasattr(new, name):
            object.__setattr__(old, name, getattr(new, name))
        elif hasattr(old, name):
            object.__delattr__(old, name)


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
    if type(old) is type(new) and type(old).__flags__ & _HEAP_TYPE:
        _attributes(old, new)


def rebind(old: Any, new: Any) -> bool:
    """Every module global that is the old object becomes the new one."""
    if isinstance(old, SHARED) or old is new:
        return False
    found = False
    for module in list(sys.modules.values()):
        if not isinstance(module, ModuleType):
            continue
        names = module.__dict__
        for name in [name for name, value in list(names.items()) if value is old]:
            names[name] = new
            found = True
    return found


def shared_roots(table: dict[str, tuple[int, Any]]) -> set[str]:
    """Names whose object is also referred to from elsewhere in the loaded state."""
    probe = "\0"
    table[probe] = (0, object())
    counts = {name: sys.getrefcount(entry[1]) for name, entry in table.items()}
    del table[probe]
    alone = counts.pop(probe)
    return {name for name, count in counts.items() if count > alone}


def _replace_in(holder: Any, twins: dict[int, Any]) -> bool:
    """False where a reference cannot be changed."""
    if isinstance(holder, dict):
        for key, value in list(holder.items()):
            if id(value) in twins:
                holder[key] = twins[id(value)]
        return True
    if isinstance(holder, (list, collections.deque)):
        for index, value in enumerate(list(holder)):
            if id(value) in twins:
                holder[index] = twins[id(value)]
        return True
    if isinstance(holder, set):
        for value in [value for value in holder if id(value) in twins]:
            holder.discard(value)
            holder.add(twins[id(value)])
        return True
    if not plain_instance(holder):
        return False
    attributes = getattr(holder, "__dict__", {})
    _replace_in(attributes, twins)
    for name in _slots(type(holder)):
        if id(getattr(holder, name, None)) in twins:
            object.__setattr__(holder, name, twins[id(getattr(holder, name))])
    return True


def redirect(table: dict[str, tuple[int, Any]], olds: dict[str, Any]) -> set[str]:
    """What refers to a loaded root refers to the program's own object from now on.

    `olds`: by name, the objects that will be refilled. Returns the names for which it cannot be
    done (a tuple holds the root): their loaded object has to take the place of the old one.
    """
    pairs = {name: table[name][1] for name in shared_roots(table) if name in olds}
    if not pairs:
        return set()
    twins = {id(new): olds[name] for name, new in pairs.items()}
    # From 3.13 on get_referrers() also finds the tuple that it was called with.
    loaded = tuple(pairs.values())
    own = {id(entry) for entry in table.values()} | {id(pairs), id(loaded)}
    stuck: set[str] = set()
    for holder in gc.get_referrers(*loaded):
        if id(holder) in own or isinstance(holder, FrameType):
            continue
        if not _replace_in(holder, twins):
            inside = {id(value) for value in gc.get_referents(holder)}
            stuck |= {name for name, new in pairs.items() if id(new) in inside}
    return stuck
