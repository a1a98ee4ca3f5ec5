"""Containers of the standard library."""

from __future__ import annotations

import array
import collections
import heapq
import types
import typing
import weakref

from .facts import there
from .table import EXACT, MERGED, REFUSED, both, kind, values

Pair = collections.namedtuple("Pair", "left right")


class Turn(typing.NamedTuple):
    who: str
    said: str = ""


class Notes(dict):
    """A dictionary with attributes."""


class Row(list):
    """A list with attributes."""


class Users(collections.UserDict):
    pass


class Key:
    """For weak references."""


KEPT = Key()

values("dict", EXACT, {"a": 1, 2: [3]}, {})
values("list", EXACT, [1, [2]], [])
values("set", EXACT, {1, "two", (3,)}, set())
values("frozenset", EXACT, frozenset({1, "two"}), frozenset())
values("tuple", EXACT, (1, "two", [3]), ())
values("bytearray", EXACT, bytearray(b"abc"), bytearray())
values("bytes, 1 MiB", EXACT, b"x" * (1 << 20), b"")
values("range", EXACT, range(1, 10, 3), range(0))
values("slice", EXACT, slice(1, 10, 3), slice(0))
values("namedtuple", EXACT, Pair(1, [2]), Pair(0, []))
values("typing.NamedTuple", EXACT, Turn("ann", "hi"), Turn("nobody"))
values("dict, 20,000 entries", EXACT, {str(i): {"n": i} for i in range(20_000)}, {})


@kind("dict, nested", EXACT)
def nested(served):
    deep = []
    for _ in range(100):
        deep = [deep] if served else []
    return {"deep": deep}


@kind("list that holds itself", EXACT)
def cyclic(served):
    made = [1] if served else []
    if served:
        made.append(made)
    return made


@kind("one object twice", EXACT)
def twice(served):
    one = {"n": 1}
    return {"a": one, "b": [one]} if served else {}


@kind("collections.deque", EXACT, seen=lambda v: [list(v), v.maxlen])
def deque(served):
    made = collections.deque(maxlen=3)
    made.extend([1, 2, 3, 4] if served else [])
    return made


@kind("collections.OrderedDict", EXACT)
def ordered(served):
    made = collections.OrderedDict()
    if served:
        made.update(a=1, b=2)
        made.move_to_end("a")
    return made


@kind("collections.Counter", EXACT)
def counter(served):
    return collections.Counter("abca" if served else "")


@kind("collections.ChainMap", EXACT, seen=lambda v: v.maps)
def chain(served):
    return collections.ChainMap({"a": 1}, {"b": 2}) if served else collections.ChainMap()


@kind("collections.UserDict", EXACT)
def users(served):
    return Users(a=1) if served else Users()


@kind("collections.UserList", EXACT)
def user_list(served):
    return collections.UserList([1] if served else [])


@kind("collections.UserString", EXACT)
def user_string(served):
    return collections.UserString("abc" if served else "")


@kind("defaultdict(list)", EXACT, seen=lambda v: [sorted(v.items()), v["new"]])
def default_list(served):
    made = collections.defaultdict(list)
    if served:
        made["a"].append(1)
    return made


# The new version's factory is taken: 0, where the old one's made 1.
@kind(
    "defaultdict(lambda)",
    MERGED,
    entry=REFUSED,
    seen=lambda v: [sorted(v.items()), v["new"]],
    becomes=[[["a", 7]], 0],
    arrived=lambda v: [[list(item) for item in sorted(v.items())], v["new"]],
)
def default_lambda(served):
    made = collections.defaultdict(lambda: 1) if served else collections.defaultdict(lambda: 0)
    if served:
        made["a"] = 7
    return made


@kind("dict with attributes", EXACT)
def notes(served):
    made = Notes(a=1) if served else Notes()
    made.about = "ann" if served else ""
    return made


@kind("list with attributes", EXACT)
def row(served):
    made = Row([1] if served else [])
    made.about = "ann" if served else ""
    return made


@kind("heap", EXACT)
def heap(served):
    made = [5, 1, 4] if served else []
    heapq.heapify(made)
    return made


@kind("array.array", EXACT)
def numbers(served):
    return array.array("d", [1.5, 2.5] if served else [])


@kind("types.SimpleNamespace", EXACT)
def namespace(served):
    return types.SimpleNamespace(a=1, b=[2]) if served else types.SimpleNamespace()


@kind("weakref.WeakValueDictionary", REFUSED, seen=there)
def weak_values(served):
    return weakref.WeakValueDictionary({"a": KEPT} if served else {})


@kind("weakref.WeakSet", REFUSED, seen=there)
def weak_set(served):
    return weakref.WeakSet([KEPT] if served else [])


both("types.MappingProxyType", REFUSED, lambda: types.MappingProxyType({"a": 1}), seen=there)
both("memoryview", REFUSED, lambda: memoryview(b"abc"), seen=there)
both("dict.keys()", REFUSED, lambda: {"a": 1}.keys(), seen=there)
both("weakref.ref", REFUSED, lambda: weakref.ref(KEPT), seen=there)
