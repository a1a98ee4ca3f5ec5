"""The two hooks that the library calls, and what they do without it.

A dump runs in a forked child: whatever it does, the program is as it was. Only what nothing of the
program's own takes part in is dumped in place. A hook never raises.
"""

from __future__ import annotations

import errno
import gc
import os
import sys
import time
from collections.abc import Callable, Sequence

from . import (
    _changes,
    _collect,
    _distribute,
    _late,
    _load,
    _merge,
    _registry,
    _runtime,
    _turns,
    _wanted,
)
from ._arrival import refuse_astray, refuse_missing
from ._awaited import call_with
from ._carrier import read_pipe, read_shm, write_pipe, write_shm
from ._exclude import Own
from ._format import Origin
from ._lookup import trouble
from ._names import from_environment
from ._notes import Notes
from ._pickle import collector_off
from ._reader import Expected
from ._refusal import Refused, one_line
from ._runtime import CHANGES, COMPARE, KEEP, MERGE, MERGED, PIPE, Request
from ._wanted import Wanted
from ._writer import Section

# What the carriers meet: limits of the process, of a file's length (RLIMIT_FSIZE), of /dev/shm.
_NO_ROOM = frozenset({errno.ENOMEM, errno.EFBIG, errno.ENOSPC})

# Taken before anybody patches it: the child ends without ever returning to the program.
_fork = os.fork


def origin(request: Request) -> Origin:
    return Origin(
        request.run_id,
        request.generation,
        os.getpid(),
        os.getuid(),
        time.time_ns(),
        _runtime.runtime_name(),
    )


def _write(request: Request, sections: Sequence[Section]) -> None:
    if request.mechanism == PIPE:
        write_pipe(request.fd, sections, origin(request))
    else:
        write_shm(request.fd, request.capacity, sections, origin(request))


def dump_here(request: Request, wanted: Wanted | None = None) -> list[int]:
    """Writes the container; returns the descriptors that travel beside it."""
    wanted = wanted or _wanted.ask()
    sections, descriptors = _collect.collect(wanted, described=bool(request.flags & COMPARE))
    _write(request, sections)
    return descriptors


def _dumped_plain(request: Request, wanted: Wanted) -> bool:
    """A small state of plain objects is written by the process itself: to copy it by fork takes
    several times as long. Whatever is in the way is met again by the copy, and told by it.
    """
    if request.flags & COMPARE or not _collect.is_plain(wanted):
        return False
    alone = len(sys._current_frames()) == 1
    if request.mechanism == PIPE and not alone:
        return False  # what went into a pipe cannot be taken back
    try:
        sections = _collect.collect_plain(wanted)
        _write(request, sections)
        if not alone and not _stays(sections, wanted, request.fd):
            return False
        _runtime.report_standing([])
    except Exception:
        return False
    return True


def _stays(sections: Sequence[Section], wanted: Wanted, fd: int) -> bool:
    """Whether nobody has written to the state since it was collected, and nobody can from now on:
    to carry it took system calls, for which the interpreter's lock was given away. It is given away
    once more, taken back, and asked for by another thread after the switch interval.
    """
    os.fstat(fd)
    since = time.monotonic()
    now = _collect.collect_plain(wanted)
    same = [(row, b"".join(chunks)) for row, chunks, _ in now] == [
        (row, b"".join(chunks)) for row, chunks, _ in sections
    ]
    return same and time.monotonic() - since < sys.getswitchinterval() / 2


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


def _cuda() -> bool:
    """A CUDA context does not survive fork: such a process writes its state itself."""
    torch = sys.modules.get("torch")
    cuda = getattr(torch, "cuda", None)
    return cuda is not None and bool(cuda.is_initialized())


def _refused(error: BaseException, word: str) -> Refused:
    if isinstance(error, Refused):
        return error
    if isinstance(error, MemoryError):
        return Refused("no_memory", "no memory for the state")
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return Refused("no_memory", f"no memory for the state: {error.strerror}")
    return Refused(word, one_line(error))


def _failed(error: BaseException, word: str) -> int:
    refusal = _refused(error, word)
    _runtime.report_failed(refusal)
    return -refusal.number


def _dump_reported(
    request: Request, wanted: Wanted, report: Callable[[Sequence[int]], None]
) -> int:
    try:
        report(dump_here(request, wanted))
    except BaseException as error:
        return _failed(error, "dump_failed")
    return 0


def changes_here(request: Request) -> list[int]:
    """The same of what this process has changed since its dump."""
    sections, descriptors = _changes.collect(request)
    _write(request, sections)
    return descriptors


def _changes_reported(request: Request) -> int:
    try:
        _runtime.report_done(changes_here(request))
    except BaseException as error:
        return _failed(error, "dump_failed")
    return 0


def _dump_changes(request: Request) -> int:
    """Of a process that was replaced, and goes on."""
    try:
        if _cuda():
            return _changes_reported(request)
        pid = _runtime.quietly(_fork)
    except BaseException as error:
        return _failed(error, "dump_failed")
    if pid:
        return pid
    try:
        gc.disable()
        if _changes_reported(request) == 0:
            os._exit(0)
    finally:
        os._exit(1)


def dump(request: Request) -> int:
    """The child's pid, 0 where it was done in place, or -errno."""
    if request.flags & CHANGES:
        try:
            return _dump_changes(request)
        finally:  # the child never comes here
            _changes.close_base(request)
    try:
        if request.flags & MERGED:
            _changes.check()
        wanted = _wanted.ask()
        _late.add_names(wanted)
        if _cuda():
            return _dump_reported(request, wanted, _runtime.report_standing)
        if _dumped_plain(request, wanted):
            return 0
        pid = _runtime.quietly(_runtime.fork_and_stand, _fork)
    except BaseException as error:
        return _failed(error, "dump_failed")
    if pid:
        return pid
    try:
        gc.disable()
        if _dump_reported(request, wanted, _runtime.report_done) == 0:
            os.close(request.fd)
            _runtime.await_decision()
            os._exit(0)
    finally:
        os._exit(1)


def merge_here(request: Request) -> None:
    """Of a process that serves."""
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
        with _turns.short():
            if request.flags & MERGE:
                merge_here(request)
            else:
                load_here(request)
    except BaseException as error:
        return _failed(error, "load_failed")
    return 0


def size() -> int:
    """Of a process that serves: a glance."""
    try:
        _runtime.mergeable(_changes.can_merge())
        return _collect.size()
    except Exception:
        return 0


def describe(step: int, fd: int) -> int:
    """Of a process that serves; loaded when it is asked for."""
    try:
        from . import _describe

        return _describe.describe(step, fd, _fork)
    except Exception:
        return -errno.EIO


def start() -> None:
    """The program is about to take its first connections."""
    try:
        _registry.remember_start()
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
