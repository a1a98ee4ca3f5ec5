"""The two hooks that the library calls, and what they do without it.

A hook never raises. Who waits for its state needs none of what a dump takes: that comes with the
first connections, while the old version dumps.
"""

from __future__ import annotations

import errno
import os

from . import _distribute, _late, _load, _registry, _runtime, _wanted
from ._arrival import refuse_astray, refuse_missing
from ._awaited import call_with
from ._carrier import read_pipe, read_shm
from ._exclude import Own
from ._lookup import trouble
from ._names import from_environment
from ._notes import Notes
from ._pickle import collector_off
from ._reader import Expected
from ._runtime import KEEP, MERGE, PIPE, Request, failed
from ._wanted import Wanted


def _refuse(notes: Notes) -> None:
    """What would be lost, before anything is changed."""
    if notes.missing():
        notes.send()
        refuse_missing(notes)
    refuse_astray(_registry.slots.values())


def load_here(request: Request) -> None:
    """Checks and loads; descriptors that nobody took are closed."""
    fds = list(request.fds)
    expected = Expected(request.run_id, request.generation)
    try:
        reader = read_pipe if request.mechanism == PIPE else read_shm
        wanted = _wanted.ask()
        _late.add_names(wanted)
        container = reader(request.fd, expected, fds)
        keeps_missing = bool(request.flags & KEEP)
        with collector_off():
            notes = _load.judge(container, wanted, keeps_missing)
            if not keeps_missing:
                _refuse(notes)
            table = _load.read(container, fds, notes)
            del container
            own = Own()
            _distribute.distribute(table)
            own.put_back()
            notes.send()
    finally:
        for fd in fds:
            if fd >= 0:
                os.close(fd)


def dump(request: Request) -> int:
    """The child's pid, 0 where it was done in place, or -errno."""
    try:
        from . import _dump
    except BaseException as error:
        return failed(error, "dump_failed")
    return _dump.dump(request)


def merge_here(request: Request) -> None:
    """Of a process that serves."""
    from . import _changes, _merge

    fds = list(request.fds)
    try:
        reader = read_pipe if request.mechanism == PIPE else read_shm
        container = reader(request.fd, Expected(request.run_id, request.generation), fds)
        done = _merge.merge(_changes.read(container, fds))
        _runtime.report_merge(done.taken, done.decided, len(done.aside), done.told())
    finally:
        for fd in fds:
            if fd >= 0:
                os.close(fd)


def load(request: Request) -> int:
    try:
        if request.flags & MERGE:
            merge_here(request)
        else:
            load_here(request)
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


def _import_dump() -> None:
    """All that this process needs once it serves: the files may be others by then."""
    from . import _dump, _merge, _path

    del _dump, _merge, _path


def start() -> None:
    """The program is about to take its first connections."""
    try:
        _registry.remember_start()
        _import_dump()
    except Exception:
        return  # the launcher's first question is the next chance


def attach() -> None:
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
