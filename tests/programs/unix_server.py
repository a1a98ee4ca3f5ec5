"""An asyncio server on a Unix socket: unix_server.py [PATH [VERSION_FILE]].

asyncio removes a socket left over at the path before it binds; this program removes its own when it
ends.
"""

from __future__ import annotations

import asyncio
import os
import signal

import program_mode
from asyncio_server import serve


async def main(path: str) -> None:
    server = await asyncio.start_unix_server(serve, path, backlog=128)
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    try:
        await stop.wait()
    finally:
        server.close()
        os.unlink(path)


if __name__ == "__main__":
    program_mode.start()
    asyncio.run(main(program_mode.argument(1, "SOCKET", "server.sock")))
