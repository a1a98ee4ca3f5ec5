"""State that finds its place after the load: its module, its function or its question is late."""

from __future__ import annotations

from typing import Any

from . import _pending, _schema, _start
from ._import_hook import watch
from ._notes import section_name
from ._refusal import Refused
from ._registry import Table, remember_start, slots
from ._slots import Named
from ._wanted import Wanted

_PATIENCE_S = 5


def add_names(wanted: Wanted) -> None:
    """The entries of handoff.state."""
    for name in wanted.names:
        slots.setdefault(name.text, Named(name))
    if _modules_to_come():
        watch(_awaited_modules, _module_came)


def watch_modules() -> None:
    """From now on a module that comes gets what waits for it."""
    if any(isinstance(slots.get(name), Named) for name in _waiting()):
        watch(_awaited_modules, _module_came)


def _distribute(table: Table) -> None:
    from ._distribute import distribute

    distribute(table)


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
    _distribute({entry.name: (entry.schema, entry.value) for entry in ready})
    for entry in ready:
        _pending.forget(entry.name)


def load_late(name: str) -> None:
    """Its function has come after the state: it gets it at once."""
    with _pending.lock:
        entry = _pending.look_at(name)
        if entry is not None:
            _distribute({name: (entry.schema, entry.value)})
            _pending.forget(name)


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
