"""Whether two values are the same to a merge: builtin types part by part, everything else by its
pickle. Never by the program's own ==, which may look at a part of an object alone.
"""

from __future__ import annotations

import collections
import io
from typing import Any

from . import _pickle
from ._rebuild import Made

_ATOMS = frozenset({type(None), bool, int, str, bytes, bytearray})
_ROWS = frozenset({list, tuple, collections.deque})
# Without their default factories: the new version's stay.
_MAPS = frozenset({dict, collections.OrderedDict, collections.defaultdict, Made})
_SETS = frozenset({set, frozenset})


class _NotBuiltin(Exception):
    pass


def _compare(one: Any, other: Any) -> bool:
    """By parts; _NotBuiltin where their types do not tell all there is to a value."""
    kind = type(one)
    if kind is not type(other):
        return False
    if kind in _ATOMS:
        return bool(one == other)
    if kind is float:
        return bool(one.hex() == other.hex())  # 0.0 is not -0.0, and nan is nan
    if kind in _ROWS:
        return len(one) == len(other) and all(map(_compare, one, other))
    if kind in _MAPS:
        return (
            len(one) == len(other)
            and all(map(_compare, one, other))
            and all(map(_compare, one.values(), other.values()))
        )
    if kind in _SETS and all(type(part) in _ATOMS for part in one):
        return {(type(part), part) for part in one} == {(type(part), part) for part in other}
    raise _NotBuiltin


def _pickled(value: Any) -> tuple[bytes, list[bytes]]:
    stream, views = _pickle.dump_one(value)
    return stream, [bytes(view) for view in views]


def _settled(value: Any) -> tuple[bytes, list[bytes]]:
    """After a round trip: what strings share differs between an object that was made and one that
    was loaded.
    """
    stream, views = _pickle.dump_one(value)
    return _pickled(_pickle.load_one(io.BytesIO(stream), [bytearray(view) for view in views]))


def same(one: Any, other: Any) -> bool:
    if one is other:
        return True
    try:
        return _compare(one, other)
    except (_NotBuiltin, RecursionError):
        return _settled(one) == _settled(other)
