"""Merges what an older generation has changed since its dump into the memory of this process, which
serves: in the main thread, at one of its blocking system calls, each entry at once.
"""

from __future__ import annotations

import collections
from typing import Any

from . import _pending, _registry, _schema
from ._changes import Entry
from ._defaults import restore
from ._merge_hooks import Undecided, begins_with, decide, decides, locked
from ._named_tuple import NamedTuple
from ._rebuild import MISSING
from ._refill import refill, refillable
from ._refusal import Refused, one_line
from ._runtime import warn
from ._same import same
from ._slots import Held

_MOST_TOLD = 20
_MOST_KEPT = 1000


class SetAside(NamedTuple):
    """The old generation's version of an entry whose new one stayed."""

    name: str
    key: Any
    value: Any
    why: str


class Merge:
    def __init__(self) -> None:
        self.taken = 0
        self.decided = 0
        self.aside: list[SetAside] = []

    def set_aside(self, name: str, key: Any, value: Any, why: str) -> None:
        self.aside.append(SetAside(name, key, value, why))
        if len(self.aside) <= _MOST_TOLD:
            warn(f"{where(name, key)}: set aside, the new version's stays: {why}")

    def told(self) -> str:
        """The last one set aside."""
        if not self.aside:
            return ""
        last = self.aside[-1]
        return f"{where(last.name, last.key)}: {last.why}"


def where(name: str, key: Any) -> str:
    try:
        text = repr(key)
    except Exception:
        text = type(key).__name__
    return f"{name}[{text[:60]}]"


def _put(root: dict[Any, Any], key: Any, ours: Any, value: Any) -> None:
    """In the place of `ours`, and for those who hold it as well where that is possible."""
    if value is ours:
        return
    if value is MISSING:
        root.pop(key, None)
    elif type(ours) in (list, bytearray, collections.deque) and begins_with(value, ours):
        ours.extend(list(value)[len(ours) :])
    elif ours is not MISSING and refillable(ours, value):
        refill(ours, value)
    else:
        root[key] = value


def _merge_entry(merge: Merge, name: str, root: dict[Any, Any], entry: Entry) -> None:
    key, base, theirs = entry
    ours = root.get(key, MISSING)
    if same(ours, base):
        _put(root, key, ours, theirs)
        merge.taken += 1
    elif not decides(name) and same(ours, theirs):
        merge.taken += 1  # a function may add the two up, even here
    else:
        try:
            _put(root, key, ours, decide(name, key, base, theirs, ours))
            merge.decided += 1
        except Undecided as reason:
            merge.set_aside(name, key, theirs, str(reason))


def _root(name: str) -> tuple[int | None, Any]:
    """(Its schema, the object): also of what nobody has asked for yet."""
    slot = _registry.slots.get(name)
    if isinstance(slot, Held) and slot.takes():
        return slot.schema, slot.get()
    with _pending.lock:
        entry = _pending.look_at(name)
    return (None, None) if entry is None else (entry.schema, entry.value)


def _migrate(name: str, side: dict[Any, Any], steps: list[_schema.Step]) -> dict[Any, Any]:
    if not steps:
        return side
    there = {key: value for key, value in side.items() if value is not MISSING}
    made = _schema.migrate(name, there, steps)
    if not isinstance(made, dict):
        raise Refused("wrong_schema", f"{name}: its migration makes no dictionary of entries")
    return made


def _as_here(
    name: str, root: dict[Any, Any], steps: list[_schema.Step], entries: list[Entry]
) -> list[Entry]:
    """Both sides of each entry as the new version has them: its schema, its default factories."""
    base, theirs = ({entry[0]: entry[side] for entry in entries} for side in (1, 2))
    base, theirs = _migrate(name, base, steps), _migrate(name, theirs, steps)
    restore(root, base)
    restore(root, theirs)
    keys = dict.fromkeys([*base, *theirs])
    return [(key, base.get(key, MISSING), theirs.get(key, MISSING)) for key in keys]


def _merge_root(merge: Merge, name: str, schema: int, entries: list[Entry]) -> None:
    wanted, root = _root(name)
    if not isinstance(root, dict):
        raise Refused("load_failed", f"{name} is no dictionary in this version")
    steps = [] if wanted is None else _schema.path(name, schema, wanted)
    for entry in _as_here(name, root, steps, entries):
        _merge_entry(merge, name, root, entry)


def merge(table: dict[str, tuple[int, list[Entry]]]) -> Merge:
    """What cannot be merged as a whole is set aside entry by entry."""
    done = Merge()
    with locked(table):
        for name, (schema, entries) in table.items():
            try:
                _merge_root(done, name, schema, entries)
            except Exception as error:
                why = error.sentence if isinstance(error, Refused) else one_line(error)
                for key, _, theirs in entries:
                    done.set_aside(name, key, theirs, why)
    if done.aside:
        from ._api import set_aside

        kept = set_aside()
        kept.extend(tuple(one) for one in done.aside)
        del kept[:-_MOST_KEPT]
    return done
