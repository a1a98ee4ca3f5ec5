"""All state of this process by its name."""

from __future__ import annotations

from typing import Any

from . import _beside, _start
from ._aliases import containers
from ._format import fits, is_stream_name
from ._slots import Named, Pair, Slot

Table = dict[str, tuple[int, Any]]  # version and object by name

slots: dict[str, Slot] = {}


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
    if codec == "json" and (not fits(name) or is_stream_name(name)):
        raise ValueError(f"{name!r} cannot name a JSON section")


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
