"""The two hooks that the library calls, and what they do without it.

A hook never raises.
"""

from __future__ import annotations

import errno

from . import _late, _receive, _registry, _runtime, _turns, _wanted
from ._awaited import call_with
from ._lookup import trouble
from ._names import from_environment
from ._runtime import MERGE, Request, failed
from ._wanted import Wanted


def dump(request: Request) -> int:
    """The child's pid, 0 where it was done in place, or -errno."""
    try:
        from . import _dump
    except BaseException as error:
        return failed(error, "dump_failed")
    return _dump.dump(request)


def load(request: Request) -> int:
    try:
        with _turns.Short():
            if request.flags & MERGE:
                _receive.merge_here(request)
            else:
                _receive.load_here(request)
    except BaseException as error:
        return failed(error, "load_failed")
    return 0


def size() -> int:
    """Of a process that serves: a glance."""
    try:
        from . import _changes, _collect

        _runtime.mergeable(_changes.can_merge())
        return _collect.size()
    except Exception:
        return 0


def describe(step: int, fd: int) -> int:
    """Of a process that serves; loaded when it is asked for."""
    try:
        from . import _describe

        return _describe.describe(step, fd, _runtime.fork)
    except Exception:
        return -errno.EIO


def start() -> None:
    """The program is about to take its first connections."""
    try:
        _registry.remember_start()
    except Exception:
        return  # the launcher's first question is the next chance


def _import_rest() -> None:
    """What a dump takes. Who has state has it from here on: the files may be others by then."""
    from . import _dump, _merge, _path

    del _dump, _merge, _path


def attach() -> None:
    if _runtime.active:
        _import_rest()
    _runtime.attach(dump, load, size, describe, start)


def _add_and_attach() -> None:
    _late.add_names(Wanted(tuple(from_environment())))
    attach()


def attach_late() -> None:
    """The launcher looks for state. Who serves has some if one of the names leads anywhere; who is
    to take it attaches in any case, and says what has no place here.
    """
    wanted = _wanted.ask()
    _late.add_names(wanted)
    if not _runtime.serving() or any(not trouble(name) for name in wanted.names):
        attach()


def attach_names() -> None:
    """For handoff.state: the program itself asks for nothing, and this process has state as soon as
    it has one of the modules.
    """
    call_with({name.module for name in from_environment()}, _add_and_attach)
