"""All state of this process by its name: what a dump collects and what a load distributes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from . import _about, _arena, _beside, _pending, _pickle, _schema, _shape, _start
from ._aliases import containers
from ._arrival import judge as judge_objects
from ._arrival import section_verdict
from ._counterpart import settle
from ._defaults import restore
from ._format import (
    ARENA,
    BUFFER,
    BY_NAME,
    FILE,
    JSON,
    MOST_DESCRIPTORS,
    OWNED,
    PICKLE,
    STILL_PENDING,
    UNCHECKED,
    Row,
    fits,
)
from ._groups import group
from ._import_hook import watch
from ._match import Met
from ._measure import measure
from ._notes import DISCARDED, PENDING, TAKEN, Notes, section_name
from ._place import Arrival, arrivals_of_beside, arrivals_of_globals, place
from ._presets import check_whole
from ._reader import Container
from ._refill import complete, missing
from ._refusal import Refused, one_line
from ._runtime import warn
from ._slots import Held, Named, Pair, Slot, spread
from ._wanted import NOTHING_ELSE, Wanted
from ._writer import Section

Table = dict[str, tuple[int, Any]]
_PATIENCE_S = 5
_MOST_PLAIN = 1 << 20  # bytes: a few milliseconds at most

slots: dict[str, Slot] = {}


def add_names(wanted: Wanted) -> None:
    """The entries of handoff.state."""
    for name in wanted.names:
        slots.setdefault(name.text, Named(name))
    if _modules_to_come():
        watch(_awaited_modules, _module_came)


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
    if codec == "json" and (not fits(name) or _pickle.is_stream_name(name)):
        raise ValueError(f"{name!r} cannot name a JSON section")


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
        sections.append(Section(Row(PICKLE, 0, 0, _pickle.stream_name(number)), (body,)))
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
        made = _pickle.dump(names, first, _pickle.stream_name(number), left)
        left -= sum(section.row.kind == BUFFER for section in made)
        length = sum(len(chunk) for section in made for chunk in section.chunks)
        sections += made + _objects(names, first, length, described)
        number += 1
    for raw in _pending.raws():
        sections += raw.sections(_pickle.stream_name(number), owner + len(sections))
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


def _check_whose(container: Container) -> None:
    """A whole state may be another runtime's: a version in another language wrote it."""
    for row in container.rows:
        if row.kind == FILE or (row.kind in OWNED and row.is_own()):
            runtime = container.origin.runtime
            who = "hooks in C" if runtime == "c" else runtime
            raise Refused(
                "wrong_schema", f"{who} wrote it, and a program in Python does not take {row}"
            )


def judge(container: Container, wanted: Wanted, keeps_missing: bool) -> Notes:
    """What becomes of each section; Refused where one would be lost."""
    _check_whose(container)
    notes = Notes()
    by_section = {section_name(name): slot for name, slot in slots.items()}
    for stream in _pickle.streams(container):
        judge_objects(stream.objects, by_section, wanted, notes)
    for row in container.rows:
        if row.kind == JSON:
            notes.add(row.name, section_verdict(row.name, False, slots.get(row.name), wanted))
        elif row.kind == ARENA:
            known = row.name in _arena.arenas
            taken = DISCARDED if wanted.discards(row.name) else TAKEN if known else PENDING
            notes.add(row.name, taken)
    for name in notes.missing() if keeps_missing else ():
        notes.add(name, PENDING)
    return notes


def read(container: Container, fds: list[int], notes: Notes) -> Table:
    """What is taken of a checked container, by name. What waits is put aside."""
    for row in container.rows:
        if row.kind == ARENA and notes.verdicts[row.name] != DISCARDED:
            fd, fds[row.off] = fds[row.off], -1
            _arena.receive(row.name, fd)
    table: Table = {}
    for stream in _pickle.streams(container):
        verdicts = [notes.verdicts[row.name] for row in stream.objects]
        if verdicts and all(verdict == DISCARDED for verdict in verdicts):
            continue
        if verdicts and TAKEN not in verdicts:
            _pending.hold(_pending.Raw(container, stream, fds))
            continue
        by_name = {row.name: bool(row.off & BY_NAME) for row in stream.objects}
        for name, (schema, value) in stream.load(container, fds).items():
            section = section_name(name)
            # An older version wrote no rows of what is in a pickle.
            verdict = notes.verdicts.get(section, TAKEN if name in slots else PENDING)
            if verdict == TAKEN:
                table[name] = (schema, value)
            elif verdict == PENDING:
                _pending.hold_live(name, schema, value, "pickle", by_name.get(section, False))
            notes.verdicts.setdefault(section, verdict)
    for row in container.rows:
        if row.kind != JSON or notes.verdicts[row.name] == DISCARDED:
            continue
        try:
            value = json.loads(bytes(container.body(row)))
        except ValueError as error:
            raise Refused("load_failed", f"{row.name}: {one_line(error)}") from error
        if notes.verdicts[row.name] == TAKEN:
            table[row.name] = (row.schema, value)
        else:
            _pending.hold_live(row.name, row.schema, value, "json", False)
    if any(isinstance(slots.get(name), Named) for name in _waiting()):
        watch(_awaited_modules, _module_came)
    return table


def _waiting() -> list[str]:
    """Names of handoff.state that are pending."""
    entries = _pending.entries
    return [
        name
        for name, slot in slots.items()
        if isinstance(slot, Named) and section_name(name) in entries
    ]


def _modules_to_come() -> set[str]:
    return {
        slot.path.module
        for slot in list(slots.values())
        if isinstance(slot, Named) and not _start.knows(slot.name) and not slot.takes()
    }


def _awaited_modules() -> set[str]:
    waiting = {name.partition(":")[0] for name in _waiting()} if _pending.entries else set()
    return waiting | _modules_to_come()


def remember_start(module: str = "") -> None:
    """What is there now: of a module that has just run, or of all that is known."""
    names, values = [], []
    for slot in list(slots.values()):
        if module and not (isinstance(slot, Named) and slot.path.module == module):
            continue
        there, value = slot.known()
        names.append(slot.name)
        if there:
            values.append(value)
        if there and not _start.knows(slot.name):
            _remember(slot.name, value)
    _beside.remember(names, values)
    for where, name, value in containers(names):
        if not _start.knows(f"{where}:{name}"):
            _remember(f"{where}:{name}", value)


def _remember(name: str, value: Any) -> None:
    try:
        _start.remember(name, value)
    except RuntimeError:  # another thread has changed it meanwhile
        pass


def _module_came(module: str) -> None:
    """It has run, and nobody else has it yet: what waits for it is handed over. A failure is its
    import's, and what waits goes on waiting.
    """
    remember_start(module)
    # Who has the lock may be waiting for this very import.
    if not _pending.lock.acquire(timeout=_PATIENCE_S):
        raise ImportError("aeterna: the state of this module is being loaded", name=module)
    try:
        for name in _waiting():
            if name.partition(":")[0] == module and slots[name].takes():
                _pending.look_at(name)
        _settle()
    except Refused as refusal:
        raise ImportError(f"aeterna: {refusal.sentence}", name=module) from refusal
    finally:
        _pending.lock.release()


def _settle() -> None:
    """What was loaded together with something else has found its place meanwhile. A module that
    comes while its own group is loaded has to wait for the end of that.
    """
    if _pending.is_loading():
        return
    ready = [e for e in _pending.lives() if e.name in slots and slots[e.name].takes()]
    distribute({entry.name: (entry.schema, entry.value) for entry in ready})
    for entry in ready:
        _pending.forget(entry.name)


def load_late(name: str) -> None:
    """Its function has come after the state: it gets it at once."""
    with _pending.lock:
        entry = _pending.look_at(name)
        if entry is not None:
            distribute({name: (entry.schema, entry.value)})
            _pending.forget(name)


def distribute(table: Table) -> None:
    """To every slot its object: first all versions are checked, then the program is changed."""
    taken = list(table)
    ways = {}
    for name in taken:
        slot, schema = slots[name], table[name][0]
        if isinstance(slot, Named):
            slot.schema = schema
        wanted = slot.schema
        ways[name] = [] if wanted is None else _schema.path(name, schema, wanted)
    for name in taken:
        schema, value = table.pop(name)
        table[name] = (schema, _schema.migrate(name, value, ways[name]))
        del value
    about = _about.take()
    _shape.complete(about.shapes)
    every = spread(table, slots)
    settle([Met(_old(every[n]), v, None, n) for n, (_, v) in table.items()], table)
    arrivals: dict[str, Arrival] = {}
    taken_apart: list[tuple[Pair, Any]] = []
    for name in list(table):
        _, value = table.pop(name)
        slot = every[name]
        if isinstance(slot, Held):
            _restore(name, slot.old(), value)
            start = about.start.get(name, {})
            _start.remember(name, slot.old(), start.get("gone", ()))
            twin = slot.twin() if isinstance(slot, Named) else None
            arrivals[name] = Arrival(slot, value, bool(ways.get(name) or twin), start)
            if twin is not None:
                arrivals[f"{name} of the script"] = Arrival(twin, value, True, start)
        elif isinstance(slot, Pair):
            taken_apart.append((slot, value))
        del value
    arrivals.update(arrivals_of_globals(about.globals, about.start))
    about.globals.clear()
    arrivals.update(arrivals_of_beside(about.beside))
    about.beside.clear()
    place(arrivals, about.shapes)
    while taken_apart:
        pair_slot, value = taken_apart.pop(0)
        pair_slot.put(value)


def merge_late(name: str, value: Any, default: Callable[[], Any]) -> None:
    """For what is handed over when it is asked for: what is new in the default stays there, too."""
    about = _about.take()
    _shape.complete(about.shapes)
    try:
        made = default()
    except Exception:
        return  # it is not needed
    gone = about.start.get(name, {}).get("gone", ())
    _start.remember(name, made, gone)
    more = missing(made, value, gone)
    if more:
        complete(value, more)
        warn(f"{name}: new here: {', '.join(map(str, more))}")


def _old(slot: Slot) -> Any:
    return slot.old() if isinstance(slot, Held) else None


def _restore(name: str, old: Any, new: Any) -> None:
    try:
        restore(old, new)
    except Exception as error:
        raise Refused("load_failed", f"{name}: its default factory: {one_line(error)}") from error


def take_pending(name: str, schema: int) -> tuple[bool, Any]:
    """For who asks after the load: (True, object) where one was handed over."""
    with _pending.lock:
        entry = _pending.look_at(name)
        if entry is None:
            return False, None
        value = _schema.migrate(name, entry.value, _schema.path(name, entry.schema, schema))
        _pending.forget(name)
        _settle()
        return True, value
