"""All state of this process by its name: what a dump collects and what a load distributes."""

from __future__ import annotations

import json
import sys
from typing import Any

from . import _arena, _pickle, _schema
from ._counterpart import settle
from ._defaults import restore
from ._format import (
    ARENA,
    FILE,
    JSON,
    MOST_DESCRIPTORS,
    OWNED,
    UNCHECKED,
    Row,
    fits,
)
from ._match import Met
from ._measure import measure
from ._names import from_environment
from ._place import Arrival, place
from ._presets import check_whole
from ._reader import Container
from ._refusal import Refused, one_line
from ._runtime import warn
from ._slots import Held, Named, Pair, Slot, spread
from ._writer import Section

Table = dict[str, tuple[int, Any]]
_MOST_PLAIN = 1 << 20  # bytes: a few milliseconds at most

slots: dict[str, Slot] = {}
# What was handed over under a name that nobody has asked for yet.
pending: Table = {}


def add_names() -> None:
    """The entries of handoff.state."""
    for name in from_environment():
        slots.setdefault(name.text, Named(name))


def pair(name: str) -> Pair:
    found = slots.get(name)
    if found is None:
        found = slots[name] = Pair(name)
    if not isinstance(found, Pair):
        raise ValueError(f"{name!r} is kept already")
    return found


def check_name(name: str, codec: str) -> None:
    if codec not in ("pickle", "json"):
        raise ValueError(f"codec {codec!r} is neither 'pickle' nor 'json'")
    if not name or "\0" in name:
        raise ValueError(f"{name!r} is no name")
    if codec == "json" and (not fits(name) or name == _pickle.SECTION):
        raise ValueError(f"{name!r} cannot name a JSON section")


def _json_section(slot: Slot) -> Section:
    try:
        text = json.dumps(slot.value(), ensure_ascii=False, separators=(",", ":"))
        body = text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise Refused("dump_failed", f"{slot.name}: not for JSON: {one_line(error)}") from error
    return Section(Row(JSON, 0, 0, slot.name, schema=slot.schema or 0), (body,))


def size() -> int:
    """About how many bytes a container would have. Nothing of the program runs for it."""
    known = [slot.known() for slot in slots.values()]
    return sum(measure(value).bytes for there, value in known if there)


def is_plain() -> bool:
    """Whether all state is small, and pickle alone writes it: no function, no class has a part in
    it, and nothing can go wrong that would have to go wrong in another process.
    """
    if _arena.arenas or not all(slot.codec == "pickle" for slot in slots.values()):
        return False
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        return False  # other threads would write meanwhile
    total = 0
    for slot in slots.values():
        there, value = slot.known()
        found = measure(value)
        total += found.bytes
        if not there or not found.plain or total > _MOST_PLAIN:
            return False
    return True


def collect_plain() -> list[Section]:
    """At one instant: the pickler runs nothing in between. What is plain no more is NotPlain."""
    return _pickle.dump_plain(
        {name: (slot.schema or 0, slot.known()[1]) for name, slot in slots.items()}
    )


def collect(described: bool = False) -> tuple[list[Section], list[int]]:
    """The sections of a container, and the descriptors that travel beside it. Where two states are
    compared (check --dry-run), each object of the pickle is described as well.
    """
    check_whole(slot.path() for slot in slots.values() if isinstance(slot, Named))
    sections: list[Section] = []
    objects: Table = {}
    for slot in slots.values():
        if not slot.has_value():
            continue
        if slot.codec == "json":
            sections.append(_json_section(slot))
        else:
            objects[slot.name] = (slot.schema or 0, slot.value())
    if objects:
        owner = 1 + len(sections)
        sections.extend(_pickle.dump(objects, owner))
        if described:
            sections.extend(_pickle.describe(objects, owner))
    for name, arena in _arena.arenas.items():
        row = Row(ARENA, 0, arena.length, name, flags=UNCHECKED)
        sections.append(Section(row, descriptors=(arena.fd,)))
    return numbered(sections)


def numbered(sections: list[Section]) -> tuple[list[Section], list[int]]:
    """A row speaks of a descriptor by its number among those that travel."""
    descriptors: list[int] = []
    numbered = []
    for section in sections:
        if section.descriptors:
            row = section.row._replace(off=len(descriptors))
            section = section._replace(row=row)
            descriptors.extend(section.descriptors)
        numbered.append(section)
    if len(descriptors) > MOST_DESCRIPTORS:
        count = len(descriptors)
        raise Refused(
            "state_too_large", f"{count} sockets and arenas, more than {MOST_DESCRIPTORS}"
        )
    return numbered, descriptors


def _check_whose(container: Container) -> None:
    """A whole state may be another runtime's: a version in another language wrote it."""
    for row in container.rows:
        if row.kind == FILE or (row.kind in OWNED and row.is_own()):
            runtime = container.origin.runtime
            who = "hooks in C" if runtime == "c" else runtime
            raise Refused(
                "wrong_schema", f"{who} wrote it, and a program in Python does not take {row}"
            )


def read(container: Container, fds: list[int]) -> Table:
    """Everything in a checked container, by name."""
    _check_whose(container)
    for row in container.rows:
        if row.kind == ARENA:
            fd, fds[row.off] = fds[row.off], -1
            if not _arena.receive(row.name, fd):
                warn(f"nobody has asked for the arena {row.name!r} in this version yet")
    table = _pickle.load(container, fds)
    for row in container.rows:
        if row.kind == JSON:
            try:
                table[row.name] = (row.schema, json.loads(bytes(container.body(row))))
            except ValueError as error:
                raise Refused("load_failed", f"{row.name}: {one_line(error)}") from error
    return table


def distribute(table: Table) -> None:
    """To every slot its object: first all versions are checked, then the program is changed."""
    taken = [name for name in table if name in slots]
    ways = {}
    for name in taken:
        wanted = slots[name].schema
        schema = table[name][0]
        ways[name] = [] if wanted is None else _schema.path(name, schema, wanted)
    for name in [name for name in table if name not in slots]:
        pending[name] = table.pop(name)
        warn(f"nobody takes the state {name!r} in this version")
    for name in taken:
        schema, value = table.pop(name)
        table[name] = (schema, _schema.migrate(name, value, ways[name]))
        del value
    every = spread(table, slots)
    settle([Met(_old(every[n]), v, None, n) for n, (_, v) in table.items()], table)
    arrivals: dict[str, Arrival] = {}
    taken_apart: list[tuple[Pair, Any]] = []
    for name in list(table):
        _, value = table.pop(name)
        slot = every[name]
        if isinstance(slot, Held):
            _restore(name, slot.old(), value)
            arrivals[name] = Arrival(slot, value, is_migrated=bool(ways.get(name)))
        elif isinstance(slot, Pair):
            taken_apart.append((slot, value))
        del value
    place(arrivals)
    while taken_apart:
        pair_slot, value = taken_apart.pop(0)
        pair_slot.put(value)


def _old(slot: Slot) -> Any:
    return slot.old() if isinstance(slot, Held) else None


def _restore(name: str, old: Any, new: Any) -> None:
    try:
        restore(old, new)
    except Exception as error:
        raise Refused("load_failed", f"{name}: its default factory: {one_line(error)}") from error


def take_pending(name: str, schema: int) -> tuple[bool, Any]:
    """For who asks after the load: (True, object) where one was handed over."""
    if name not in pending:
        return False, None
    found, value = pending[name]
    steps = _schema.path(name, found, schema)
    del pending[name]
    return True, _schema.migrate(name, value, steps)
