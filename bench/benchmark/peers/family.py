"""All processes below this one, also those that a method's own parent has left behind, and the
memory they take together.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from measure.frame import Held
from measure.machine import descriptors, only_children

PR_SET_CHILD_SUBREAPER = 36  # <linux/prctl.h>
INTERVAL_S = 0.2
MANY_DESCRIPTORS = 256  # a server with its clients; who keeps a state for others has few


def _parents() -> dict[int, int]:
    """Of every process that is not a zombie; proc_pid_stat(5)."""
    found = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
            if fields[0] not in "ZX":
                found[int(name)] = int(fields[1])
    return found


def descendants(ancestor: int) -> set[int]:
    parents = _parents()
    below = {ancestor}
    while more := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= more
    return below - {ancestor}


def children(parent: int) -> set[int]:
    """Of its first thread: one short file, as this is asked often and must not be a load."""
    try:
        return set(only_children(parent))
    except OSError:
        return set()


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


@contextlib.contextmanager
def adopted() -> Iterator[None]:
    """While it lasts orphans become our children (prctl(2)), and whoever is left at the end is
    killed: pids that were ours before are left alone.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    before = descendants(os.getpid())
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        while left := descendants(os.getpid()) - before:
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            _reap(before)
        _reap(before)
        libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def _reap(before: set[int]) -> None:
    """The orphans that have ended: nobody else waits for them."""
    time.sleep(0.02)
    for name in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        if int(name) not in before:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(int(name), os.WNOHANG)


def _rollup(pid: int) -> tuple[int, int]:
    """KiB of the process's share of what it maps: all of it, and the shared memory in it."""
    sizes = {"Pss:": 0, "Pss_Shmem:": 0}
    with open(f"/proc/{pid}/smaps_rollup") as file:
        for line in file:
            word, _, rest = line.partition(" ")
            if word in sizes:
                sizes[word] = int(rest.split()[0])
    return sizes["Pss:"], sizes["Pss_Shmem:"]


def _kept_files(pid: int) -> dict[int, int]:
    """KiB by inode of the shared memory that is open in it, perhaps mapped by nobody."""
    kept: dict[int, int] = {}
    if descriptors(pid) > MANY_DESCRIPTORS:
        return kept
    for entry in os.scandir(f"/proc/{pid}/fd"):
        with contextlib.suppress(OSError):
            if os.readlink(entry.path).startswith("/memfd:"):
                about = os.stat(entry.path)
                kept[about.st_ino] = about.st_blocks // 2
    return kept


def memory_mib(pids: set[int]) -> float:
    """What the processes take together: a page that several share is counted once."""
    own = 0
    mapped = 0
    kept: dict[int, int] = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            whole, shared = _rollup(pid)
            own += whole - shared
            mapped += shared
            kept.update(_kept_files(pid))
    return (own + max(mapped, sum(kept.values()))) / 1024


class Memory(Held):
    """Use in a `with` block: the most that all descendants but 'others' have taken meanwhile."""

    def __init__(self, others: set[int]) -> None:
        self._others = others
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.first_mib = self.peak_mib = 0.0

    def _look(self) -> float:
        return memory_mib(descendants(os.getpid()) - self._others)

    def _watch(self) -> None:
        while not self._over.wait(INTERVAL_S):
            self.peak_mib = max(self.peak_mib, self._look())

    def __enter__(self) -> Memory:
        self.first_mib = self.peak_mib = self._look()
        self._thread.start()
        return self

    def close(self) -> None:
        self._over.set()
        self._thread.join()
