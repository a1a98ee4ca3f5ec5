"""What a dump collects: the sections of a container."""

from __future__ import annotations

import json
import sys
from typing import Any

from . import _arena, _beside, _pending, _pickle
from ._format import (
    ARENA,
    BUFFER,
    BY_NAME,
    JSON,
    MOST_DESCRIPTORS,
    PICKLE,
    STILL_PENDING,
    UNCHECKED,
    Row,
    stream_name,
)
from ._groups import group
from ._measure import measure
from ._notes import section_name
from ._presets import check_whole
from ._refusal import Refused, one_line
from ._registry import Table, remember_start, slots
from ._slots import Named, Slot
from ._wanted import NOTHING_ELSE, Wanted
from ._writer import Section

_MOST_PLAIN = 1 << 20  # bytes: a few milliseconds at most


def _json_section(name: str, schema: int | None, value: Any) -> Section:
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        body = text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise Refused("dump_failed", f"{name}: not for JSON: {one_line(error)}") from error
    return Section(Row(JSON, 0, 0, name, schema=schema or 0), (body,))


def size() -> int:
    """About how many bytes a container would have. Nothing of the program runs for it."""
    known = [slot.known() for slot in slots.values()]
    remember_start()
    return _pending.size() + sum(measure(value).bytes for there, value in known if there)


def _to_dump(wanted: Wanted) -> list[Slot]:
    """Nothing is there for a name whose module has not come, or that this version never had."""
    return [slot for slot in slots.values() if not wanted.discards(slot.name) and slot.has_value()]


def is_plain(wanted: Wanted = NOTHING_ELSE) -> bool:
    """Whether all state is small, and pickle alone writes it: no function, no class has a part in
    it, and nothing can go wrong that would have to go wrong in another process.
    """
    if _arena.arenas or _pending.entries:
        return False
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        return False  # other threads would write meanwhile
    total = 0
    for slot in slots.values():
        if isinstance(slot, Named) and wanted.discards(slot.name):
            continue
        there, value = slot.known()
        found = measure(value)
        total += found.bytes
        if slot.codec != "pickle" or not there or not found.plain or total > _MOST_PLAIN:
            return False
    return True


def collect_plain(wanted: Wanted) -> list[Section]:
    """At one instant: the pickler runs nothing in between. What is plain no more is NotPlain."""
    found = {
        slot.name: (slot.schema or 0, slot.known()[1])
        for slot in slots.values()
        if not wanted.discards(slot.name)
    }
    groups = _grouped(found)
    sections: list[Section] = []
    for number, (names, body) in enumerate(zip(groups, _pickle.dump_plain(groups))):
        owner = 1 + len(sections)
        sections.append(Section(Row(PICKLE, 0, 0, stream_name(number)), (body,)))
        sections += _objects(names, owner, len(body))
    return sections


def _grouped(objects: Table) -> list[Table]:
    values = {name: value for name, (_, value) in objects.items()}
    _beside.take(values.values())
    held = [*objects.values(), *(vars(slot) for slot in slots.values()), *slots.values()]
    return [{n: objects[n] for n in names} for names in group(values, held)]


def _kind(name: str) -> int:
    """What an OBJECT says of itself."""
    entry = _pending.entries.get(section_name(name))
    if isinstance(entry, _pending.Live):
        return STILL_PENDING | (BY_NAME if entry.by_name else 0)
    return BY_NAME if isinstance(slots.get(name), Named) else 0


def _objects(objects: Table, owner: int, length: int, described: bool = False) -> list[Section]:
    """One row for each name in a pickle of that length."""
    rows = []
    for name, (schema, value) in objects.items():
        if described:
            row = _pickle.described(name, schema, value, owner, _kind(name))
        else:
            known = length if len(objects) == 1 else 0
            row = _pickle.row_of(name, schema, owner, _kind(name), known)
        rows.append(Section(row))
    return rows


def collect(
    wanted: Wanted = NOTHING_ELSE, described: bool = False
) -> tuple[list[Section], list[int]]:
    """The sections of a container, and the descriptors that travel beside it. Where two states are
    compared (check --dry-run), each object of the pickle is described as well.
    """
    check_whole(slot.path for slot in slots.values() if isinstance(slot, Named))
    sections: list[Section] = []
    objects: Table = {}
    for slot in _to_dump(wanted):
        if section_name(slot.name) in _pending.entries:
            raise Refused(
                "dump_failed",
                f"{slot.name}: its module did not come by an import, "
                "and what was handed over for it waits",
            )
        if slot.codec == "json":
            sections.append(_json_section(slot.name, slot.schema, slot.value()))
        else:
            objects[slot.name] = (slot.schema or 0, slot.value())
    for entry in _pending.lives():
        if wanted.discards(entry.name):
            continue
        if entry.codec == "json":
            sections.append(_json_section(entry.name, entry.schema, entry.value))
        else:
            objects[entry.name] = (entry.schema, entry.value)
    sections += _pickled(objects, 1 + len(sections), described)
    for name, arena in _arena.arenas.items():
        if not wanted.discards(name):
            row = Row(ARENA, 0, arena.length, name, flags=UNCHECKED)
            sections.append(Section(row, descriptors=(arena.fd,)))
    return numbered(sections)


def _pickled(objects: Table, owner: int, described: bool) -> list[Section]:
    """`owner`: 1 + the row of the first."""
    sections: list[Section] = []
    left = _pickle.MOST_BUFFERS
    number = 0
    for names in _grouped(objects):
        first = owner + len(sections)
        made = _pickle.dump(names, first, stream_name(number), left)
        left -= sum(section.row.kind == BUFFER for section in made)
        length = sum(len(chunk) for section in made for chunk in section.chunks)
        sections += made + _objects(names, first, length, described)
        number += 1
    for raw in _pending.raws():
        sections += raw.sections(stream_name(number), owner + len(sections))
        number += 1
    return sections


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
