"""Which states share objects: those become one pickle, so that what they share stays shared. Any
other is a pickle of its own, and can wait for its module, or be handed on, without being read.

The answer is exact for what can be looked at in a moment. A state that is larger goes together with
every other large one, and with each small one that something else might refer into.
"""

from __future__ import annotations

import enum
import gc
import sys
from collections import Counter
from collections.abc import Iterable
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    FrameType,
    FunctionType,
    GeneratorType,
    ModuleType,
)
from typing import Any

MOST_OBJECTS = 20_000  # looked at in all: about 10 ms
MOST_GROUPS = 1000
_FIRST = 500
_MOST_ROOTS = 16  # to look for in the whole heap

# Nothing of a state is inside these, or pickle writes a name in their place.
_LEAVES = (
    type(None),
    bool,
    int,
    float,
    complex,
    str,
    bytes,
    range,
    type,
    enum.Enum,
    ModuleType,
    FunctionType,
    BuiltinFunctionType,
    CodeType,
    FrameType,
    GeneratorType,
)
_HOLDERS = (FrameType, CellType, GeneratorType)


def _parts(value: Any) -> list[Any]:
    """What it refers to. Arrays tell the collector nothing of the memory that they look at."""
    parts = gc.get_referents(value)
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.ndarray):
        parts.append(value.base)
        if value.dtype.hasobject:
            parts.extend(value.ravel().tolist())
    elif isinstance(value, memoryview):
        parts.append(value.obj)
    return parts


def _identity(value: Any) -> Any:
    """Tensors are one where they look at the same memory."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        try:
            return "storage", value.untyped_storage().data_ptr()
        except Exception:
            return id(value)
    return id(value)


class _Groups:
    """States by their number, in sets that grow together."""

    def __init__(self, count: int) -> None:
        self._above = list(range(count))

    def of(self, number: int) -> int:
        while self._above[number] != number:
            number = self._above[number]
        return number

    def join(self, one: int, other: int) -> None:
        one, other = self.of(one), self.of(other)
        self._above[max(one, other)] = min(one, other)


def _external(members: list[Any], inside: Counter[int]) -> list[int]:
    """How many references each has that are not from within, give or take the same for all."""
    return [sys.getrefcount(member) - inside[id(member)] for member in members]


class _Walk:
    def __init__(self, values: list[Any], ours: Iterable[Any]) -> None:
        self.values = values
        self.groups = _Groups(len(values))
        self._ours = [values, *ours]
        self._members: list[list[Any]] = [[] for _ in values]
        self._owners: dict[Any, int] = {}
        self._waiting = [[value] for value in values]
        self._large: int | None = None

    def look_at_all(self) -> None:
        """First at a little of each: small ones are done then."""
        left = MOST_OBJECTS
        for most in (_FIRST, MOST_OBJECTS):
            for number in range(len(self.values)):
                left -= self._look(number, min(most, left))
        for number, waiting in enumerate(self._waiting):
            if waiting:
                self._join_large(number)
        if self._large is not None:
            self._ask_who_else()

    def _look(self, number: int, most: int) -> int:
        """At one state, down to what another one has as well. Returns how many objects it saw."""
        waiting = self._waiting[number]
        members = self._members[number]
        before = len(members)
        while waiting and len(members) - before < most:
            value = waiting.pop()
            if isinstance(value, _LEAVES):
                continue
            known = _identity(value)
            owner = self._owners.get(known)
            if owner is None:
                self._owners[known] = number
                members.append(value)
                waiting.extend(_parts(value))
            elif owner != number:
                self.groups.join(owner, number)
        return len(members) - before

    def _join_large(self, number: int) -> None:
        if self._large is None:
            self._large = number
        self.groups.join(self._large, number)

    def _ask_who_else(self) -> None:
        """Does a large state refer into a small one? It cannot where nothing else does."""
        assert self._large is not None
        small: dict[int, list[int]] = {}
        for number in range(len(self.values)):
            if self.groups.of(number) != self.groups.of(self._large):
                small.setdefault(self.groups.of(number), []).append(number)
        roots = {}
        for first, numbers in small.items():
            if self._is_held(numbers):
                self._join_large(first)
            else:
                roots.update({id(self.values[number]): number for number in numbers})
        if len(roots) > _MOST_ROOTS:
            for number in roots.values():
                self._join_large(number)
        elif roots:
            self._ask_for_roots(roots)

    def _is_held(self, numbers: list[int]) -> bool:
        """Whether anything but these states refers to what is below their roots."""
        members = [member for number in numbers for member in self._members[number]]
        inside = Counter(id(part) for member in members for part in gc.get_referents(member))
        roots = {id(self.values[number]) for number in numbers}
        alone: list[Any] = [object()]
        nobody = _external(alone, Counter())[0] + 1  # and the list of members
        counts = _external(members, inside)
        return any(n > nobody and id(m) not in roots for m, n in zip(members, counts))

    def _ask_for_roots(self, roots: dict[int, int]) -> None:
        searched = tuple(self.values[number] for number in roots.values())
        harmless = {id(vars(found)) for found in list(sys.modules.values()) if found is not None}
        harmless |= {id(member) for members in self._members for member in members}
        harmless |= {id(held) for held in (searched, *self._ours, *self._members)}
        for holder in gc.get_referrers(*searched):
            if id(holder) in harmless or isinstance(holder, _HOLDERS):
                continue
            for part in gc.get_referents(holder):
                if id(part) in roots:
                    self._join_large(roots[id(part)])


def group(values: dict[str, Any], ours: Iterable[Any] = ()) -> list[list[str]]:
    """The names, those that share objects together. `ours`: what holds the values for this dump."""
    names = list(values)
    if len(names) < 2:
        return [names] if names else []
    walk = _Walk(list(values.values()), [values, *ours])
    walk.look_at_all()
    found: dict[int, list[str]] = {}
    for number, name in enumerate(names):
        found.setdefault(walk.groups.of(number), []).append(name)
    return list(found.values()) if len(found) <= MOST_GROUPS else [names]
