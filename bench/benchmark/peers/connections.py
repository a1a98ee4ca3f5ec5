"""Which connections clients have to a port of this machine: proc_pid_net(5), /proc/net/tcp."""

from __future__ import annotations

from pathlib import Path

ESTABLISHED = "01"
Table = frozenset[str]


def established(port: int, text: str = "") -> Table:
    """The clients' ends, by the number of the socket: another one may have the same port again."""
    lines = (text or Path("/proc/net/tcp").read_text()).splitlines()[1:]
    found = set()
    for line in lines:
        fields = line.split()
        if fields[3] == ESTABLISHED and int(fields[2].partition(":")[2], 16) == port:
            found.add(fields[9])
    return frozenset(found)
