"""What a process has changed since its dump, entry by entry of each named dictionary.

It answers its last requests beside a new version. When they are over, a forked child compares its
memory with the sealed container; the changes travel in a small container of their own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from typing import Any

from . import _about, _arena, _collect, _merge_hooks, _pickle, _registry
from ._carrier import read_shm
from ._measure import MOST_OBJECTS
from ._merge_hooks import SEQUENCES, SET_ASIDE
from ._notes import section_name
from ._reader import Container, Expected
from ._rebuild import MISSING, Parts
from ._refusal import Refused
from ._runtime import Request
from ._same import same
from ._slots import Held, Slot
from ._writer import Section

# An entry: its key, what it was at the dump, what it is now; MISSING where there is none.
Entry = tuple[Any, Any, Any]


def _is_dictionary(slot: Slot, value: Any) -> bool:
    return isinstance(slot, Held) and slot.codec == "pickle" and isinstance(value, dict)


def _has_value_as_key(key: Any) -> bool:
    """Whether the key finds its entry in another process."""
    kind: Any = type(key)
    return kind.__eq__ is not object.__eq__


def _slots() -> list[Slot]:
    return [slot for slot in _registry.slots.values() if slot.name != SET_ASIDE]


def check() -> None:
    """Refused where what is changed after the dump could not be merged."""
    if _arena.arenas:
        name = next(iter(_arena.arenas))
        raise Refused("busy", f"{name}: an arena cannot be merged")
    for slot in _slots():
        if not slot.has_value():
            continue
        if not isinstance(slot, Held) or slot.codec != "pickle":
            raise Refused("busy", f"{slot.name}: what a function or JSON carries is not merged")
        value = slot.get()
        if not isinstance(value, dict) or type(value) is Parts:
            kind = "preset" if type(value) is Parts else type(value).__name__
            raise Refused("busy", f"{slot.name} is a {kind}: only dictionaries are merged")
        for key in islice(dict.keys(value), MOST_OBJECTS):
            if not _has_value_as_key(key):
                kind = type(key).__name__
                raise Refused("busy", f"{slot.name}: a key of it is a {kind}, which has no value")


def _decides_all(slot: Slot) -> bool:
    there, value = slot.known()
    if not there or not _is_dictionary(slot, value):
        return False
    if _merge_hooks.decides(slot.name):
        return True
    values = islice(dict.values(value), MOST_OBJECTS)
    return all(type(entry) in SEQUENCES for entry in values)


def can_merge() -> bool:
    """Whether each conflict would be decided, as far as can be seen: a glance, and no function of
    the program runs for it.
    """
    if _arena.arenas or not _slots():
        return False
    try:
        return all(_decides_all(slot) for slot in _slots())
    except RuntimeError:  # another thread has changed a container meanwhile
        return False


def _entries(base: dict[Any, Any], now: dict[Any, Any]) -> Iterator[Entry]:
    for key, value in now.items():
        was = base.get(key, MISSING)
        if was is MISSING or not same(was, value):
            yield key, was, value
    for key, was in base.items():
        if key not in now:
            yield key, was, MISSING


def changes(base: dict[str, tuple[int, Any]]) -> dict[str, tuple[int, list[Entry]]]:
    found = {}
    for slot in _slots():
        if not slot.has_value():
            continue
        value = slot.value()
        if not isinstance(value, dict):
            raise Refused("dump_failed", f"{slot.name} is no dictionary any more")
        was = base[slot.name][1] if slot.name in base else {}
        entries = list(_entries(was, value))
        if entries:
            found[slot.name] = (slot.schema or 0, entries)
    return found


def _read_base(request: Request) -> dict[str, tuple[int, Any]]:
    fds = list(request.fds[1:])
    expected = Expected(request.run_id, request.generation)
    container = read_shm(request.fds[0], expected, fds)
    known = {section_name(name) for name in _registry.slots}
    table: dict[str, tuple[int, Any]] = {}
    for stream in _pickle.streams(container):
        # What waits for its module is not this process's to change.
        if any(row.name in known for row in stream.objects):
            table.update(stream.load(container, fds))
    return table


def read(container: Container, fds: list[int]) -> dict[str, tuple[int, list[Entry]]]:
    """The changes in their container."""
    table: dict[str, tuple[int, list[Entry]]] = {}
    for stream in _pickle.streams(container):
        table.update(stream.load(container, fds))
    _about.take()  # what is said beside them is of a start
    return table


def collect(request: Request) -> tuple[list[Section], list[int]]:
    """The container of the changes, and what travels beside it."""
    found = changes(_read_base(request))
    return _collect.numbered(_pickle.dump(dict(found), 1))


def close_base(request: Request) -> None:
    for fd in request.fds:
        try:
            os.close(fd)
        except OSError:
            pass  # a socket took it, where there was no child
