"""The machine: what it is, how busy it is, which ports are free, what its processes do.

Reads /proc and nothing else.
"""

from __future__ import annotations

import os
import platform
import random
import socket
import sys
import time
from pathlib import Path
from typing import Any

PORTS = (20000, 32000)  # below the ports that clients are given


def say(text: str) -> None:
    print(f"measure: {text}", file=sys.stderr, flush=True)


def load() -> float:
    return os.getloadavg()[0]


def description() -> dict[str, Any]:
    return {
        "date": time.strftime("%Y-%m-%d %H:%M:%S %z"),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "load": os.getloadavg(),
    }


def wait_for_calm(most: float, patience_s: float) -> float:
    """The load average at the end of the wait; most 0: do not wait."""
    end = time.monotonic() + patience_s
    while most and load() > most and time.monotonic() < end:
        say(f"load {load():.2f}, waiting for {most:g}")
        time.sleep(10)
    return load()


def free_port() -> int:
    while True:
        port = random.randrange(*PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def _stat(pid: int) -> list[str]:
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()


def sleeps(pid: int) -> bool:
    try:
        return _stat(pid)[0] == "S"
    except OSError:
        return False


def children(parent: int) -> list[int]:
    found = []
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and int(_stat(int(name))[1]) == parent:
                found.append(int(name))
        except OSError:
            continue
    return found


def leaf(pid: int) -> int:
    """The youngest descendant in a line of only children: the program below its wrappers."""
    while True:
        below = children(pid)
        if len(below) != 1:
            return pid
        pid = below[0]


def only_children(pid: int) -> list[int]:
    """Those of the first thread: one short file, where children() reads all of /proc."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def descriptors(pid: int) -> int:
    """How many it has open; in the size of the directory since Linux 6.2, proc_pid_fd(5)."""
    try:
        return os.stat(f"/proc/{pid}/fd").st_size or len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return 0


def cpu_ms(pid: int, with_children: bool = False) -> float:
    """User and system time, of children it has waited for as well; in steps of 10 ms."""
    fields = [int(word) for word in _stat(pid)[11:15]]
    return sum(fields if with_children else fields[:2]) * 1000 / os.sysconf("SC_CLK_TCK")


def memory_kib(pid: int, name: str) -> int:
    with open(f"/proc/{pid}/status") as file:
        for line in file:
            if line.startswith(name + ":"):
                return int(line.split()[1])
    raise KeyError(name)
