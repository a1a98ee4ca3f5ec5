"""Who refers weakly to an object that is replaced: the weak containers of the standard library are
led to the new one, and of any other weak reference it is said that it ends with the old one.
"""

from __future__ import annotations

import weakref
from typing import Any

from ._holders import tracked

_VALUES, _KEYS, _SET = weakref.WeakValueDictionary, weakref.WeakKeyDictionary, weakref.WeakSet


def _in_values(holder: Any, new: dict[int, Any]) -> None:
    found = [(key, id(value)) for key, value in list(holder.items()) if id(value) in new]
    for key, number in found:
        holder[key] = new[number]


def _in_keys(holder: Any, new: dict[int, Any]) -> None:
    found = [key for key in list(holder.keys()) if id(key) in new]
    for key in found:
        holder[new[id(key)]] = holder.pop(key)


def _in_set(holder: Any, new: dict[int, Any]) -> None:
    found = [one for one in list(holder) if id(one) in new]
    for one in found:
        holder.discard(one)
        holder.add(new[id(one)])


_WAYS = ((_VALUES, _in_values), (_KEYS, _in_keys), (_SET, _in_set))


def _lead(holder: Any, new: dict[int, Any]) -> None:
    for kind, way in _WAYS:
        if issubclass(type(holder), kind):
            try:
                way(holder, new)
            except Exception:  # the new one has no hash, or cannot be referred to weakly
                return


def lead(pairs: list[tuple[Any, Any]]) -> list[Any]:
    """(old object, new one) each. Returns those of the old ones that weak references see end."""
    pairs = [(old, new) for old, new in pairs if weakref.getweakrefcount(old)]
    if not pairs:
        return []
    news = {id(old): new for old, new in pairs}
    kinds = tuple(kind for kind, _ in _WAYS)
    for holder in [one for one in tracked() if issubclass(type(one), kinds)]:
        _lead(holder, news)
    return [old for old, _ in pairs if weakref.getweakrefcount(old)]
