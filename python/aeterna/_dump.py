"""What a dump is: of all state, or of what has changed since the last one.

A dump runs in a forked child: whatever it does, the program is as it was. Only what nothing of the
program's own takes part in is dumped in place.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Sequence

from . import _changes, _collect, _late, _runtime, _wanted
from ._carrier import write_pipe, write_shm
from ._format import Origin
from ._runtime import CHANGES, COMPARE, MERGED, PIPE, Request, failed
from ._wanted import Wanted
from ._writer import Section


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


def _cuda() -> bool:
    """A CUDA context does not survive fork: such a process writes its state itself."""
    torch = sys.modules.get("torch")
    cuda = getattr(torch, "cuda", None)
    return cuda is not None and bool(cuda.is_initialized())


def _reported(write: Callable[[], Sequence[int]], report: Callable[[Sequence[int]], None]) -> int:
    try:
        report(write())
    except BaseException as error:
        return failed(error, "dump_failed")
    return 0


def changes_here(request: Request) -> list[int]:
    """The same of what this process has changed since its dump."""
    sections, descriptors = _changes.collect(request)
    _write(request, sections)
    return descriptors


def _changes_reported(request: Request) -> int:
    return _reported(lambda: changes_here(request), _runtime.report_done)


def _dump_changes(request: Request) -> int:
    """Of a process that was replaced, and goes on."""
    try:
        if _cuda():
            return _changes_reported(request)
        pid = _runtime.quietly(_runtime.fork)
    except BaseException as error:
        return failed(error, "dump_failed")
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

        def write() -> Sequence[int]:
            return dump_here(request, wanted)

        if _cuda():
            return _reported(write, _runtime.report_standing)
        if _dumped_plain(request, wanted):
            return 0
        pid = _runtime.quietly(_runtime.fork_and_stand)
    except BaseException as error:
        return failed(error, "dump_failed")
    if pid:
        return pid
    try:
        gc.disable()
        if _reported(write, _runtime.report_done) == 0:
            os.close(request.fd)
            _runtime.await_decision()
            os._exit(0)
    finally:
        os._exit(1)
