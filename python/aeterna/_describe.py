"""What this process knows of its state, for people: lines of fields, a tab between two.

    name    NAME  VERDICT  SENTENCE
    value   NAME  TYPE  BYTES  OBJECTS
    problem NAME  SENTENCE
    suggest NAME  TYPE  OBJECTS
    note    NAME  SENTENCE
    pause   MILLISECONDS  OBJECTS  BYTES

A verdict is one of those below. Of names alone it takes a few milliseconds, in a process that
serves; of all the rest longer, in a copy.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Iterator

from . import _arena, _registry, _runtime, _wanted
from ._lookup import find, holds_nothing, nearest, trouble
from ._names import Name, module
from ._refusal import one_line
from ._slots import Named, Slot
from ._survey import survey
from ._wanted import Wanted

HERE, PENDING, LATER, NOWHERE, GONE, UNLISTED = (
    "here",  # there is an object
    "pending",  # its module is not imported yet
    "later",  # its module has no such object now, and its source speaks of it
    "nowhere",  # nothing will ever be there
    "gone",  # there is an object, and no such module for a new version
    "unlisted",  # there is an object, and the configuration names it no more
)
_MOST_SOURCE = 4 << 20

Line = tuple[object, ...]


def _source(name: str) -> str | None:
    """Of a module, as it is on disk now; None: there is none to read."""
    loaded = module(name)
    path = getattr(loaded, "__file__", None)
    if not isinstance(path, str) or not path.endswith(".py"):
        return None
    try:
        with open(path, "rb") as file:
            return file.read(_MOST_SOURCE).decode("utf-8", "replace")
    except OSError:
        return None


def _speaks_of(name: Name) -> bool:
    """Whether the module's source has the last word of a name: a new version may make it."""
    text = _source(name.module)
    return text is None or re.search(rf"\b{re.escape(name.parts[-1])}\b", text) is not None


def _is_on_disk(name: str) -> bool:
    """Whether a new interpreter finds a module that is loaded here."""
    loaded = module(name)
    path = getattr(loaded, "__file__", None)
    if loaded is None or not isinstance(path, str) or os.path.exists(path):
        return True
    parent = name.rpartition(".")[0]
    try:
        import importlib

        importlib.invalidate_caches()
        return find(name, getattr(module(parent), "__path__", None) if parent else None) is not None
    except Exception:
        return True


def _verdict(name: Name) -> tuple[str, str]:
    why = trouble(name)
    if module(name.module) is None:
        return (PENDING, "") if not why else (NOWHERE, why)
    if why:
        return (LATER, why) if _speaks_of(name) else (NOWHERE, why)
    why = holds_nothing(name)
    if why:
        return NOWHERE, why
    if not _is_on_disk(name.module):
        return GONE, f"there is no module {name.module} any more"
    return HERE, ""


def _names(wanted: Wanted) -> Iterator[Line]:
    listed = [name.text for name in wanted.names]
    for name in wanted.names:
        if wanted.discards(name.text):
            continue
        verdict, why = _verdict(name)
        close = nearest(name.text, listed) if verdict in (NOWHERE, GONE) else ""
        yield "name", name.text, verdict, why + (f"; there is '{close}'" if close else "")
    for slot in list(_registry.slots.values()):
        if isinstance(slot, Named) and slot.name not in listed and not wanted.discards(slot.name):
            if slot.has_value():
                yield "name", slot.name, UNLISTED, "handoff.state names it no more"


def _slots(wanted: Wanted) -> list[Slot]:
    return [
        slot
        for slot in list(_registry.slots.values())
        if not wanted.discards(slot.name) and slot.has_value()
    ]


def _everything(wanted: Wanted) -> Iterator[Line]:
    yield from _names(wanted)
    yield from survey(_slots(wanted))
    for name, arena in list(_arena.arenas.items()):
        yield "value", name, "arena", arena.length, 0
        yield (
            "note",
            name,
            "both versions map it: if the new one dies and this one serves again, "
            "it is as the dead one left it (handoff.give_back_arenas)",
        )


def _write(fd: int, lines: Iterator[Line]) -> None:
    text = "".join("\t".join(_field(field) for field in line) + "\n" for line in lines)
    data = text.encode("utf-8", "replace")
    while data:
        data = data[os.write(fd, data) :]


def _field(value: object) -> str:
    return " ".join(str(value).split())


def _answer(fd: int, lines: Callable[[Wanted], Iterator[Line]]) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = list(lines(_wanted.ask()))
    except Exception as error:
        found = [("problem", "", one_line(error))]
    _write(fd, iter(found))


def describe(step: int, fd: int, fork: Callable[[], int]) -> int:
    """The hook: 0 where it was done in place, the child's pid, or -errno."""
    try:
        if step == _runtime.STEP_NAMES:
            _registry.remember_start()
            _answer(fd, _names)
            return 0
        pid = _runtime.quietly(fork)
    except BaseException:
        return -1
    if pid:
        return pid
    try:
        _answer(fd, _everything)
        _runtime.described(fd)
    finally:
        os._exit(0)
