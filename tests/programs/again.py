"""An asyncio server that executes itself again on SIGUSR1, as autoreloaders do.

It adds a line to the file `starts` in DIR each time.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import program_mode
from asyncio_server import serve


def again() -> None:
    os.execv(sys.executable, [sys.executable, *sys.argv])


async def main() -> None:
    await asyncio.start_server(serve, "127.0.0.1", program_mode.port(), backlog=128)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, again)
    with (Path(os.environ["DIR"]) / "starts").open("a") as starts:
        starts.write(f"{program_mode.VERSION}\n")
    await asyncio.Event().wait()


program_mode.start()
asyncio.run(main())
