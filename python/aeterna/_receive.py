"""What a process does with a container that the launcher gives it."""

from __future__ import annotations

import os

from . import _distribute, _late, _load, _registry, _runtime, _wanted
from ._arrival import refuse_astray, refuse_missing
from ._carrier import read_pipe, read_shm
from ._exclude import Own
from ._notes import Notes
from ._pickle import collector_off
from ._reader import Expected
from ._runtime import KEEP, PIPE, Request


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


def merge_here(request: Request) -> None:
    """What an older generation has changed since its dump."""
    from . import _changes, _merge  # of a process that serves: it has them

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
