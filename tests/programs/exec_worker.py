"""A master binds, a worker that it executes listens: the worker gets a number to inherit.

exec_worker.py PATH: a Unix socket. The master starts a worker again that ends.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import program_mode
from asyncio_server import serve

PATH = sys.argv[1]


async def work(number: int) -> None:
    inherited = socket.socket(fileno=number)
    if inherited.getsockname() != PATH:
        sys.exit(f"it is bound to {inherited.getsockname()!r}")
    server = await asyncio.start_unix_server(serve, sock=inherited)
    await server.serve_forever()


def main() -> None:
    if "WORKER_FD" in os.environ:
        asyncio.run(work(int(os.environ["WORKER_FD"])))
    program_mode.start()
    Path(PATH).unlink(missing_ok=True)
    master = socket.socket(socket.AF_UNIX)
    master.bind(PATH)
    number = master.fileno()
    while True:
        subprocess.run(
            [sys.executable, *sys.argv],
            pass_fds=[number],
            env={**os.environ, "WORKER_FD": str(number)},
            check=False,
        )


main()
