"""What a load does with a container: it judges each section, and reads what is taken."""

from __future__ import annotations

import json

from . import _arena, _late, _pending, _pickle
from ._arrival import judge as judge_objects
from ._arrival import section_verdict
from ._format import ARENA, BY_NAME, FILE, JSON, OWNED
from ._notes import DISCARDED, PENDING, TAKEN, Notes, section_name
from ._reader import Container
from ._refusal import Refused, one_line
from ._registry import Table, slots
from ._wanted import Wanted


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
    _late.watch_modules()
    return table
