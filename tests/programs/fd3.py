"""A server that uses descriptor 3 as its listener when it was given one, and binds otherwise.

fd3.py [PORT [VERSION_FILE]]. AETERNA_FDS and LISTEN_FDS both mean that descriptor 3 is a listener.
"""

from __future__ import annotations

import asyncio
import os
import socket

import program_mode
from asyncio_server import serve


def listener() -> socket.socket:
    if "AETERNA_FDS" in os.environ or os.environ.get("LISTEN_PID") == str(os.getpid()):
        return socket.socket(fileno=3)
    return socket.create_server(("127.0.0.1", program_mode.port()), backlog=128)


async def main() -> None:
    server = await asyncio.start_server(serve, sock=listener())
    await server.serve_forever()


if __name__ == "__main__":
    program_mode.start()
    asyncio.run(main())
