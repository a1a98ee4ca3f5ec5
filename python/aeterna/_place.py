"""Puts the loaded objects in the places of those that the new version made at its start.

Nobody goes on with an object that the state has replaced: either it is refilled, or every reference
to it is led to the loaded one, or the load is refused.
"""

from __future__ import annotations

import collections
import gc
import itertools
import sys
import time
from collections.abc import Callable, Container, Sequence
from typing import Any

from . import _weak
from ._beside import Beside, find, is_own, made
from ._contract import ATOMS, is_value
from ._exclude import names as excluded_names
from ._holders import Twins, Wanted, hidden_holders, holders, lead, lead_locals, where
from ._identity import equal, is_iterator
from ._match import MOST, NOTHING, Met, mark_held, match, news, olds, seen_alone, shared, steps
from ._names import Name
from ._refill import complete, missing, plain_instance, refill, refillable
from ._refusal import Refused, one_line
from ._runtime import warn
from ._shape import Shapes
from ._slots import Held, Named, Part
from ._start import Start, kind_of


class Arrival:
    """A loaded object on its way to its place. `start`: what the old version says of its own."""

    __slots__ = ("slot", "new", "is_migrated", "kind", "parts", "gone")

    def __init__(
        self, slot: Held, new: Any, is_migrated: bool = False, start: Start | None = None
    ) -> None:
        self.slot = slot
        self.new = new
        self.is_migrated = is_migrated
        self.kind: str = (start or {}).get("kind", "")
        self.parts: dict[Any, str] = (start or {}).get("parts", {})
        self.gone: Container[Any] = (start or {}).get("gone", ())


class Place:
    """Two objects of which the loaded one takes the place of the other."""

    __slots__ = ("slot", "met", "is_set")

    def __init__(self, slot: Held | None, met: Met) -> None:
        self.slot = slot
        self.met = met
        self.is_set = slot is None or slot.set(met.new)


_LONG = 100.0  # ms
_NUMBERS = (int, float, complex)


def same_kind(old: Any, new: Any) -> bool:
    """Whether the new version can have meant this when it made that."""
    if old is None or new is None or type(old) is type(new):
        return True
    if isinstance(old, _NUMBERS) and isinstance(new, _NUMBERS):
        return True
    return isinstance(old, type(new)) or isinstance(new, type(old)) or refillable(old, new)


def _check_kind(path: str, old: Any, new: Any, kind_at_start: str) -> None:
    """A program that changes the type as it runs had the same one at its start."""
    if not same_kind(old, new) and kind_at_start != kind_of(old):
        raise Refused(
            "load_failed",
            f"{path}: it was a {kind_of(new)}, this version has a {kind_of(old)}: "
            "write an aeterna.migrate() for the name, or give it another one",
        )


def _holds(value: Any) -> bool:
    return isinstance(value, (dict, list, set, collections.deque)) or plain_instance(value)


def _are_of_one_kind(old: Any, new: Any) -> bool:
    """A glance at two dictionaries, which may be large."""
    if type(old) is not dict or type(new) is not dict:
        return False
    return len({*map(type, old.values()), *map(type, new.values())} - ATOMS) <= 1


def _check_kinds(name: str, old: Any, arrival: Arrival) -> None:
    """Of the object and, where they hold more of the state, of what is in it."""
    _check_kind(name, old, arrival.new, arrival.kind)
    if _are_of_one_kind(old, arrival.new):
        return
    if isinstance(old, dict) or plain_instance(old):
        for key, part, other, is_attribute in steps(old, arrival.new):
            if _holds(part) and other is not NOTHING and _holds(other):
                step = f".{key}" if is_attribute else f"[{key!r}]"
                _check_kind(name + step, part, other, arrival.parts.get(key, ""))


def _is_array(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray)


def _takes_place(old: Any, new: Any) -> bool:
    """Whether a global can be the loaded object from now on."""
    if is_iterator(new) or _is_array(new):
        return type(old) is type(new)
    return equal(old, new) or refillable(old, new)


def arrivals_of_globals(
    found: list[tuple[str, str, Any]], starts: dict[str, Start]
) -> dict[str, Arrival]:
    """For globals that have no name of their own and are part of the state."""
    arrivals = {}
    excluded = {name.text for name in excluded_names()}
    for module, name, new in found:
        text = f"{module}:{name}"
        slot = Named(Name(text))
        try:
            old = slot.get()
        except LookupError:
            continue
        if text in excluded:
            continue
        if _takes_place(old, new):
            if plain_instance(old) and not equal(old, new):
                warn(f"{text} is part of the state: it is as it was")
            arrivals[text] = Arrival(slot, new, False, starts.get(text))
        elif old is not new:
            warn(f"{text} is part of the state, and a global of its own again: name it, too")
    return arrivals


def arrivals_of_beside(found: list[Beside]) -> dict[str, Arrival]:
    """For memory that no name stands for. What this version has no place for is said."""
    arrivals: dict[str, Arrival] = {}
    for one in found:
        there, old = find(one.name)
        if not there or is_own(old) or (old is None and one.is_counter):
            warn(f"{one.name}: not in this version; it was {one.value!r:.80}")
        elif not one.is_counter or type(old) is itertools.count:
            start = {"kind": one.kind, "parts": {}}
            arrivals[one.name] = Arrival(Part(Name(one.name)), made(one), False, start)
        else:
            warn(f"{one.name}: no counter in this version; it was {one.value!r:.80}")
    return arrivals


def _merge(met: list[Met], arrivals: dict[str, Arrival], shapes: Shapes) -> None:
    """What is new in this version stays, and is said."""
    for one in met:
        gone: Container[Any]
        if one.above is None:
            gone = arrivals[one.key].gone
        elif isinstance(one.old, dict):
            continue
        else:  # what the old class gave its objects is no news
            kind = type(one.old)
            gone = shapes.get((kind.__module__, kind.__qualname__), {}).get("fields", ())
        more = missing(one.old, one.new, gone)
        if more:
            complete(one.new, more)
            warn(f"{one.path}: new here: {', '.join(map(str, more))}")


def _check_apart(roots: list[Met]) -> None:
    """Two objects cannot be poured into one."""
    known: dict[int, Met] = {}
    for one in roots:
        other = known.setdefault(id(one.old), one)
        if other.new is not one.new and not is_value(one.old):
            raise Refused(
                "load_failed",
                f"{other.path} and {one.path} are one object in this version and were two",
            )


def _poured(met: list[Met]) -> list[Met]:
    """What was one object in the old version is poured into one; the others are led to that."""
    first: dict[int, Met] = {}
    found = []
    for one in met:
        if not one.is_poured:
            continue
        other = first.setdefault(id(one.new), one)
        if other.old is one.old:
            found.append(one)
        else:
            one.new = other.old
    return found


def place(arrivals: dict[str, Arrival], shapes: Shapes) -> None:
    """To every slot its object. All are checked before the first one is changed."""
    roots = []
    for name, arrival in arrivals.items():
        old = arrival.slot.old()
        if not arrival.is_migrated:
            _check_kinds(name, old, arrival)
        roots.append(Met(old, arrival.new, None, name))
        del old
    for arrival in arrivals.values():
        arrival.new = None
    _check_apart(roots)
    seen = seen_alone(roots)
    met = match(roots) if seen < 0 else list(roots)
    if max(seen, len(met)) >= MOST:
        warn(f"who holds parts of the state is not looked for beyond {MOST} objects of the start")
    if seen < 0:
        mark_held(met)
    _merge(met, arrivals, shapes)
    poured = _poured(met)
    stuck = _lead_inside(poured, met)
    poured = [one for one in poured if not stuck or one not in stuck]
    for one in list(poured):
        if not _pour(one):
            poured.remove(one)
    places = []
    for one in met:
        if one not in poured and one.is_held and one.old is not one.new:
            slot = arrivals[one.key].slot if one.above is None else None
            places.append(Place(slot, one))
    _replace(places)


def _lead_inside(poured: list[Met], met: list[Met]) -> list[Met]:
    """What the rest of the state refers to is the program's own object. Returns those for which
    that cannot be done.
    """
    again = [one for one in shared(poured) if one.old is not one.new]
    if not again:
        return []
    twins = Twins(*[(one.new, one.old) for one in again])
    stuck = _lead(twins, news(again))
    filled = set(map(id, poured))
    for one in met:
        if one.new in twins.made or (id(one) not in filled and id(one.new) in twins):
            one.new = twins.of(one.new)
    return [one for one in again if any(_refers(holder, one.new) for holder in stuck)]


def _lead(twins: Twins, firsts: Wanted, look: Callable[[Wanted], list[Any]] = holders) -> list[Any]:
    """A part of the load, and of handoff.timeout. What takes long is said."""
    since = time.monotonic()
    stuck = lead(twins, firsts, look)
    took = 1000 * (time.monotonic() - since)
    if took > _LONG:
        warn(f"who else refers to {len(firsts)} objects of the state took {took:.0f} ms to find")
    return stuck


def _refers(holder: Any, value: Any) -> bool:
    return any(part is value for part in gc.get_referents(holder))


def _pour(one: Met) -> bool:
    try:
        refill(one.old, one.new)
    except BufferError:  # somebody looks at its memory: it cannot become longer
        return False
    except Exception as error:
        raise Refused("load_failed", f"{one.path}: {one_line(error)}") from error
    return True


def _replace(places: list[Place]) -> None:
    """Leads everybody who holds one of the old objects to the loaded one."""
    wanted = []
    for one in places:
        if is_value(one.met.old):
            if not one.is_set:
                raise _homeless(one)
        else:
            wanted.append(one)
    _lead_weakly([one.met for one in wanted])
    held = [one for one in wanted if _is_referred(one.met)]
    if not held:
        return
    mets = [one.met for one in held]
    twins = Twins(*[(one.old, one.new) for one in mets])
    stuck = _lead(twins, olds(mets))
    if any(_is_referred(one, twins.made) for one in mets):
        lead_locals(twins)
    if any(_is_referred(one, twins.made) for one in mets):
        stuck += _lead(twins, olds(mets), hidden_holders)
    twins.made.clear()
    for one in held:
        if not _is_referred(one.met, most=twins.arguments[id(one.met.old)]):
            continue
        back = Twins((one.met.new, one.met.old))
        if not _copy_array(one.met.old, one.met.new):
            raise _still_held(one, stuck)
        if one.slot is not None:
            one.slot.set(one.met.old)
        _lead_weakly([Met(one.met.new, one.met.old, one.met.above, one.met.key)])
        lead(back, Wanted([one.met.new]))


def _lead_weakly(met: list[Met]) -> None:
    ended = set(map(id, _weak.lead([(one.old, one.new) for one in met])))
    for one in met:
        if id(one.old) in ended:
            kind = kind_of(one.old)
            warn(f"{one.path}: a weak reference sees the {kind} end that the state replaces")


def _references(met: Met) -> int:
    return sys.getrefcount(met.old)


_ALONE = Met(object(), None, None, "")


def _is_referred(met: Met, made_anew: Sequence[Any] = (), most: int = 0) -> bool:
    """By anybody but those whose place was taken, too."""
    others = most + sum(part is met.old for part in gc.get_referents(*made_anew))
    return _references(met) - others > _references(_ALONE)


def _homeless(one: Place) -> Refused:
    old, new = one.met.old, one.met.new
    return Refused(
        "load_failed",
        f"{one.met.path}: a {type(new).__name__} cannot take the place of this "
        f"{type(old).__name__}: assign it to a global of its module",
    )


def _still_held(one: Place, stuck: list[Any]) -> Refused:
    holder = next((h for h in stuck if _refers(h, one.met.old)), None)
    what = "something that cannot be looked into" if holder is None else where(holder)
    return Refused(
        "load_failed",
        f"{one.met.path}: {what} refers to the {kind_of(one.met.old)} that the state replaces: "
        "let it ask for the object by its name each time",
    )


def _copy_array(old: Any, new: Any) -> bool:
    """An array whose holders cannot be changed: the same memory with the loaded content."""
    numpy = sys.modules.get("numpy")
    if numpy is None or not (isinstance(old, numpy.ndarray) and isinstance(new, numpy.ndarray)):
        return False
    if old.shape != new.shape or old.dtype != new.dtype or not old.flags.writeable:
        return False
    old[...] = new
    return True
