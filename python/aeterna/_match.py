"""Where loaded objects meet the ones that the new version made at its start.

The two are walked side by side, from each name on: the same key, attribute or position is the same
piece of state. Only what the start made is walked: it is small where the state is large.
"""

from __future__ import annotations

import collections
import gc
import sys
import weakref
from collections.abc import Iterator
from typing import Any

from ._contract import ATOMS, is_value
from ._holders import Wanted
from ._refill import attributes, give, plain_instance, refillable

NOTHING = object()
MOST = 20_000  # objects of the new version's start: about 150 ms
_VALUES = (int, float, complex, str, bytes, range, frozenset, type)


class Met:
    """Two objects, and the way to them. It holds each of the two once."""

    __slots__ = ("old", "new", "above", "key", "is_attribute", "is_held")

    def __init__(
        self, old: Any, new: Any, above: Met | None, key: Any, is_attribute: bool = False
    ) -> None:
        self.old = old
        self.new = new
        self.above = above
        self.key = key
        self.is_attribute = is_attribute
        self.is_held = above is None

    @property
    def path(self) -> str:
        if self.above is None:
            return str(self.key)
        step = f".{self.key}" if self.is_attribute else f"[{self.key!r}]"
        return self.above.path + step

    @property
    def is_poured(self) -> bool:
        return self.is_held and refillable(self.old, self.new)


def steps(old: Any, new: Any) -> Iterator[tuple[Any, Any, Any, bool]]:
    """(key, old part, new part, whether it is an attribute)"""
    if isinstance(old, dict):
        if isinstance(new, dict):
            for key, part in list(dict.items(old)):
                yield key, part, dict.get(new, key, NOTHING), False
    elif isinstance(old, (list, tuple, collections.deque)):
        if isinstance(new, (list, tuple, collections.deque)):
            for index, (part, other) in enumerate(zip(list(old), list(new))):
                yield index, part, other, False
    elif type(old) is type(new) and plain_instance(old):
        has = attributes(new)
        for name, part in attributes(old).items():
            yield name, part, has.get(name, NOTHING), True


_PLAIN = frozenset({dict, list, tuple, set})


def seen_alone(roots: list[Met]) -> int:
    """How many objects lie below the names, if all are plain containers that nobody else holds, as
    far as MOST of them go: then there is nothing to match. -1 otherwise. Whole levels at once: the
    interpreter does the work.
    """
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        return -1  # reference counts are not exact
    level: list[Any] = [one.old for one in roots if type(one.old) in _PLAIN]
    if len(level) < len(roots):
        return -1
    known = set(map(id, level))
    every: list[Any] = []
    counts: collections.Counter[int] = collections.Counter()
    while level and len(every) < MOST:
        parts = [part for part in gc.get_referents(*level) if type(part) not in ATOMS]
        del parts[MOST:]
        if not _PLAIN.issuperset(map(type, parts)):
            return -1
        numbers = list(map(id, parts))
        counts.update(numbers)
        level = [part for part, number in zip(parts, numbers) if number not in known]
        known.update(numbers)
        every += level
        del parts
    level.clear()
    alone = next(map(sys.getrefcount, [object()]))
    numbers = list(map(id, every))
    for number, count in zip(numbers, map(sys.getrefcount, every)):
        if count - alone > counts[number]:
            return -1
    return len(every)


def match(roots: list[Met]) -> list[Met]:
    """The roots, and what is below them and has its counterpart in the state: as far as MOST
    objects go, those that are nearest to a name first.
    """
    met = list(roots)
    known = {id(one.old) for one in met}
    for one in met:
        if len(met) >= MOST:
            break
        for key, old, new, is_attribute in steps(one.old, one.new):
            if type(old) in ATOMS or isinstance(old, _VALUES):
                continue
            if new is NOTHING or new is old or id(old) in known:
                continue
            known.add(id(old))
            met.append(Met(old, new, one, key, is_attribute))
            if len(met) >= MOST:
                break
    return met


def _inside(met: list[Met]) -> collections.Counter[int]:
    """How often each object is referred to by those that were met."""
    counts: collections.Counter[int] = collections.Counter()
    wanted = {id(one.old) for one in met}
    for one in met:
        below = gc.get_referents(one.old)
        names = getattr(one.old, "__dict__", None)
        if any(part is names for part in below):
            below += gc.get_referents(names)
        counts.update(filter(wanted.__contains__, map(id, below)))
    return counts


def _counted(one: Met) -> tuple[int, int]:
    return sys.getrefcount(one.old), sys.getrefcount(one.new)


def mark_held(met: list[Met]) -> None:
    """Of what lies below the names: that which somebody refers to past them."""
    alone, _ = _counted(Met(object(), None, None, ""))
    inside = _inside(met)
    exact = getattr(sys, "_is_gil_enabled", lambda: True)()
    for one in met:
        if one.above is None or one.above.is_held and is_value(one.above.old):
            one.is_held = True
        elif weakref.getweakrefcount(one.old) > 0 and plain_instance(one.old):
            one.is_held = True  # past them, though weakly
        else:
            one.is_held = not exact or _counted(one)[0] - alone > inside[id(one.old)]


def shared(met: list[Met]) -> list[Met]:
    """Those whose loaded object has to be found in the rest of the state, too."""
    _, alone = _counted(Met(None, object(), None, ""))
    found = []
    for one in met:
        more = _counted(one)[1] - alone
        if one.above is not None and more == 1 and _set_above(one):
            continue
        if more > 0:
            found.append(one)
    return found


def _set_above(one: Met) -> bool:
    """Puts the program's own object where the loaded one is; False where it is not that easy."""
    assert one.above is not None
    holder = one.above.new
    if one.is_attribute:
        give(holder, one.key, one.old)
    elif isinstance(holder, (dict, list, collections.deque)):
        holder[one.key] = one.old
    else:
        return False
    return True


def olds(met: list[Met]) -> Wanted:
    return Wanted(one.old for one in met)


def news(met: list[Met]) -> Wanted:
    return Wanted(one.new for one in met)
