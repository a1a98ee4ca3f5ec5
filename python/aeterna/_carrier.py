"""Carries a container: in a memfd (shm), or over a Unix stream socket (pipe)."""

from __future__ import annotations

import fcntl
import os
import select
from collections.abc import Sequence

from ._format import HEADER, Origin
from ._memory import map_private, map_shared
from ._reader import Container, Expected, check, check_header, corrupt
from ._refusal import Refused
from ._writer import Section, plan, write

PIPE_LIMIT = 64 << 20


def _seals(fd: int) -> int:
    """F_SEAL_SEAL alone: a file of /dev/shm, where there is no memfd."""
    try:
        return fcntl.fcntl(fd, fcntl.F_GET_SEALS)
    except OSError:
        return 0


def write_shm(fd: int, capacity: int, sections: Sequence[Section], origin: Origin) -> int:
    """Into the memfd, which is made longer where it is too short. Returns the bytes written."""
    layout = plan(sections)
    if layout.total_len > capacity:
        os.ftruncate(fd, layout.total_len)
    if _seals(fd) == fcntl.F_SEAL_SEAL:
        # /dev/shm can be full, and to touch what it has no room for is SIGBUS.
        os.posix_fallocate(fd, 0, layout.total_len)
    with map_shared(fd, layout.total_len) as target:
        write(target, layout, origin)
    return layout.total_len


def write_pipe(fd: int, sections: Sequence[Section], origin: Origin) -> int:
    layout = plan(sections)
    if layout.total_len > PIPE_LIMIT:
        raise Refused(
            "state_too_large",
            f"the state has {layout.total_len >> 20} MiB, a pipe takes {PIPE_LIMIT >> 20}: "
            "set handoff.mechanism to shm",
        )
    container = bytearray(layout.total_len)
    with memoryview(container) as target:
        write(target, layout, origin)
        sent = 0
        while sent < len(target):
            try:
                sent += os.write(fd, target[sent:])
            except BlockingIOError:
                select.select([], [fd], [])
    return layout.total_len


def read_shm(fd: int, expected: Expected, fds: Sequence[int]) -> Container:
    """Maps what nobody can change any more, then checks it. What is no memfd cannot be sealed
    (F_SEAL_SEAL is set from the beginning): it is copied first.
    """
    seals = _seals(fd)
    needed = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_WRITE
    length = os.fstat(fd).st_size
    if seals & needed != needed and seals != fcntl.F_SEAL_SEAL:
        raise corrupt("it is not sealed")
    if length < HEADER:
        raise corrupt(f"it has {length} bytes, less than a header")
    if seals == fcntl.F_SEAL_SEAL:
        return check(_copy(fd, length), length, expected, fds)
    return check(map_private(fd, length), length, expected, fds)


def _copy(fd: int, length: int) -> memoryview:
    copy = memoryview(bytearray(length))
    done = 0
    while done < length:
        got = os.preadv(fd, [copy[done:]], done)
        if got == 0:
            raise corrupt("it became shorter")
        done += got
    return copy


def _receive(fd: int, into: memoryview) -> int:
    """Until `into` is full or the stream ends. Returns the bytes that came."""
    got = 0
    while got < len(into):
        try:
            count = os.readv(fd, [into[got:]])
        except BlockingIOError:
            select.select([fd], [], [])
            continue
        if count == 0:
            break
        got += count
    return got


def read_pipe(fd: int, expected: Expected, fds: Sequence[int]) -> Container:
    """The header says how much follows: it is checked before memory is taken for the rest."""
    header = bytearray(HEADER)
    got = _receive(fd, memoryview(header))
    if got < HEADER:
        raise corrupt(f"the stream ended after {got} bytes")
    total = check_header(memoryview(header), expected).total_len
    if not HEADER <= total <= PIPE_LIMIT:
        raise corrupt(f"{total} bytes cannot have come through a pipe")
    container = bytearray(total)
    container[:HEADER] = header
    memory = memoryview(container)
    got += _receive(fd, memory[HEADER:])
    return check(memory, got, expected, fds)
