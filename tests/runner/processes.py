"""The processes below the runner: found, adopted when their parent dies, and killed by number.

A launcher and its program have process groups and sessions of their own, so the process group of a
test is not all of it. The runner is a subreaper, prctl(2): whatever a test started stays below it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
KILLED_WITHIN_S = 30.0  # a process may be in the kernel where no signal reaches it
LOOK_S = 0.02

_libc = ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def adopt_orphans() -> None:
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def become_test() -> None:
    """In the child, before exec: a group of its own, and it dies with the runner."""
    os.setpgid(0, 0)
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def text(path: str) -> str:
    """Of a file below /proc; empty once the process is gone, or where it may not be read."""
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return ""


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            found += [int(word) for word in text(f"/proc/{pid}/task/{task}/children").split()]
    return found


def descendants(pid: int) -> list[int]:
    found = _children(pid)
    for one in found:  # grows meanwhile
        found += _children(one)
    return found


def state(pid: int) -> str:
    """proc_pid_stat(5): 'R', 'S', 'Z', ...; empty: gone."""
    return text(f"/proc/{pid}/stat").rpartition(")")[2].strip()[:1]


def alive() -> list[int]:
    """All below this process that have not ended."""
    return [pid for pid in descendants(os.getpid()) if state(pid) not in ("", "Z", "X")]


def command(pid: int) -> str:
    return text(f"/proc/{pid}/cmdline").replace("\0", " ").strip()


def reap() -> dict[int, int]:
    """Of each child that has ended its status, as a shell tells it: the code, or 128 + signal."""
    ended = {}
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            code = os.waitstatus_to_exitcode(status)
            ended[pid] = code if code >= 0 else 128 - code
    return ended


def signal_all(pids: Sequence[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def kill_all() -> list[int]:
    """Everything below this process; returns those that do not die."""
    end = time.monotonic() + KILLED_WITHIN_S
    while left := alive():
        signal_all(left, signal.SIGKILL)
        reap()
        if time.monotonic() > end:
            break
        time.sleep(LOOK_S)
    reap()
    return left
