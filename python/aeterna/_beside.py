"""Memory beside what has a name: counters of the modules that the names speak of, and what the
classes of named objects remember. Both travel if they have changed since the start.

Of a class these are numbers, texts and the like; its containers are _class_memory's.
"""

from __future__ import annotations

import collections
import enum
import gc
import itertools
from collections.abc import Iterable, Iterator
from itertools import islice
from types import FunctionType, ModuleType
from typing import Any

from . import _exclude
from ._class_memory import CODE, CONTAINERS, is_programs_own
from ._contract import HEAP_TYPE
from ._named_tuple import NamedTuple
from ._names import Name, base_name, current, module, name_of, stem

_MOST_OBJECTS = 500  # looked at for their classes: under a millisecond
_MOST_PARTS = 50
_MOST_CLASSES = 1000
_SMALL = (type(None), bool, int, float, str, bytes)
_MISSING = object()
_OTHER = object()
_LEAVES = (*_SMALL, type, ModuleType, FunctionType)


class Beside(NamedTuple):
    """One piece of it, as it travels."""

    name: str
    is_counter: bool  # the value is what the counter is made of
    value: Any
    kind: str  # of what was there at the start; empty: nothing


# By name and by class: as it was at the start. What a counter stands at is in its text.
_counters: dict[str, str] = {}
_classes: dict[type, dict[str, Any]] = {}
_kept_in: dict[str, str] = {}
_taken: set[int] = set()  # ids, for one dump
_known: set[str] = set()  # modules whose start this is


def keep(name: str, where: str) -> None:
    """An object of aeterna.keep() is a global of this module."""
    _kept_in[name] = where


def take(values: Iterable[Any]) -> None:
    """These objects travel by a name of their own, in whatever pickle."""
    _taken.clear()
    _taken.update(map(id, values))


def forget() -> None:
    for table in (_counters, _classes, _kept_in, _known, _taken):
        table.clear()


def _is_small(value: Any) -> bool:
    if type(value) is tuple:
        return len(value) < 100 and all(map(_is_small, value))
    return type(value) in _SMALL


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and (one is other or repr(one) == repr(other))


def modules_of(names: Iterable[str]) -> list[ModuleType]:
    """Of the names of a state, each once."""
    found: dict[int, ModuleType] = {}
    for name in names:
        where, colon, _ = base_name(name).partition(":")
        one = module(_kept_in.get(name) or (where if colon else ""))
        if one is not None:
            found[id(one)] = one
    return list(found.values())


def _named() -> set[tuple[int, str]]:
    """What has a name of its own: who has it as which attribute."""
    found = set()
    for name in current():
        try:
            found.add((id(name.owner()), name.parts[-1]))
        except LookupError:
            continue
    return found


# --- counters ---


def _counters_in(modules: Iterable[ModuleType]) -> Iterator[tuple[str, Any]]:
    named, excluded = _named(), _exclude.owners()
    for one in modules:
        for name, value in list(vars(one).items()):
            if type(value) is not itertools.count or (id(one), name) in named:
                continue
            if name not in excluded.get(id(one), ()):
                yield f"{stem(one)}:{name}", value


def _counter(name: str, value: Any, was: str) -> Iterator[Beside]:
    text = repr(value)
    if text == was:
        return
    import ast  # 1 ms, where the program has not loaded it

    try:
        made = ast.literal_eval(f"({text[len('count(') : -1]},)")
    except (ValueError, SyntaxError):
        return  # of numbers of another kind
    yield Beside(name, True, made, "itertools.count")


def counters(names: Iterable[str], known: Iterable[int] = ()) -> Iterator[Beside]:
    """`known`: ids of those that travel with the state."""
    seen = _taken | set(known)
    for name, value in _counters_in(modules_of(names)):
        if id(value) not in seen:
            seen.add(id(value))
            yield from _counter(name, value, _counters.get(name, ""))


# --- classes ---


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(islice(dict.values(value), _MOST_PARTS))
    if isinstance(value, (list, tuple, set, frozenset, collections.deque)):
        return list(islice(value, _MOST_PARTS))
    return gc.get_referents(value)


def _classes_below(values: Iterable[Any]) -> Iterator[type]:
    """Of the objects that are nearest to the named ones."""
    waiting = list(values)
    seen: set[int] = set()
    for value in waiting:
        if isinstance(value, _LEAVES) or id(value) in seen:
            continue
        if len(seen) >= _MOST_OBJECTS:
            return
        seen.add(id(value))
        yield type(value)
        waiting += _parts(value)


def _bases(kinds: Iterable[type]) -> Iterator[type]:
    """Those of the program's own, each once."""
    seen: set[type] = set()
    for kind in kinds:
        if not kind.__flags__ & HEAP_TYPE or isinstance(kind, enum.EnumMeta):
            continue
        for base in kind.__mro__:
            if base not in seen and base.__flags__ & HEAP_TYPE and is_programs_own(base):
                seen.add(base)
                yield base


def _data(kind: type) -> Iterator[tuple[str, Any]]:
    for name, value in list(vars(kind).items()):
        if name.startswith("__") or name.startswith("_abc_"):
            continue
        if not isinstance(value, (*CODE, ModuleType)) and not hasattr(type(value), "__get__"):
            yield name, value


def _record(value: Any) -> Any:
    if type(value) is itertools.count:
        return repr(value)
    return value if _is_small(value) else _OTHER


def _remember_class(kind: type) -> None:
    if kind not in _classes and len(_classes) < _MOST_CLASSES:
        _classes[kind] = {name: _record(value) for name, value in _data(kind)}


def _kind_of(value: Any) -> str:
    return "" if value is _MISSING else type(value).__qualname__


def _changed(kind: type, name: str, value: Any, was: Any) -> Iterator[Beside]:
    text = name_of(kind, name)
    if type(value) is itertools.count:
        yield from _counter(text, value, was if isinstance(was, str) else "")
    elif _is_small(value):
        if was is _OTHER or not _same(value, was):
            yield Beside(text, False, value, _kind_of(was))
    elif was is not _OTHER and (was is not _MISSING or isinstance(value, CONTAINERS)):
        yield Beside(text, False, value, _kind_of(was))


def attributes(kinds: Iterable[type], known: Iterable[int] = ()) -> Iterator[Beside]:
    """What these classes have that they had not at the start."""
    seen = _taken | set(known)
    named, excluded = _named(), _exclude.owners()
    kinds = list(kinds)
    stays = frozenset().union(*(excluded.get(id(kind), frozenset()) for kind in kinds))
    for base in _bases(kinds):
        record = _classes.get(base)
        if record is None:
            continue
        for name, value in _data(base):
            if (id(base), name) in named or name in excluded.get(id(base), stays):
                continue
            if type(value) is not itertools.count or id(value) not in seen:
                yield from _changed(base, name, value, record.get(name, _MISSING))


# --- both ---


def remember(names: Iterable[str], values: Iterable[Any]) -> None:
    """The start, once, as early as may be."""
    modules = [one for one in modules_of(names) if stem(one) not in _known]
    if not modules:
        return
    _known.update(map(stem, modules))
    for name, value in _counters_in(modules):
        _counters[name] = repr(value)
    own = [
        value
        for one in modules
        for value in list(vars(one).values())
        if isinstance(value, type) and value.__module__ == one.__name__
    ]
    for base in _bases([*own, *_classes_below(values)]):
        _remember_class(base)


def look(names: Iterable[str], values: Iterable[Any]) -> list[Beside]:
    """What would travel, without a pickle: as far as is seen in a moment."""
    values = list(values)
    take(values)
    return [*counters(names), *attributes(_classes_below(values))]


def find(name: str) -> tuple[bool, Any]:
    """(whether its owner is there, the value of this version or None)"""
    path = Name(name)
    try:
        owner = path.owner()
    except LookupError:
        return False, None
    return True, getattr(owner, path.parts[-1], None)


def made(one: Beside) -> Any:
    return itertools.count(*one.value) if one.is_counter else one.value


def is_own(value: Any) -> bool:
    """Whether a class of this version has code in that place."""
    return isinstance(value, CODE) or hasattr(type(value), "__get__")
