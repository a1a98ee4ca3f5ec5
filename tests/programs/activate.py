"""A service manager with socket units: activate.py PORT PATH COMMAND...

It passes a TCP socket with the name "web" as FD 3 and a Unix socket with the name "local" as FD 4.
"""

from __future__ import annotations

import os
import socket
import sys


def main() -> None:
    web = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    local = socket.socket(socket.AF_UNIX)
    local.bind(sys.argv[2])
    local.listen(128)
    high = [os.dup(s.fileno()) for s in (web, local)]
    while min(high) < 10:
        high = [os.dup(fd) for fd in high]
    for number, fd in enumerate(high, 3):
        os.dup2(fd, number, inheritable=True)
    os.environ.update(LISTEN_FDS="2", LISTEN_PID=str(os.getpid()), LISTEN_FDNAMES="web:local")
    os.execv(sys.argv[3], sys.argv[3:])


main()
