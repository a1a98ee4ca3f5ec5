"""Counts its requests in a pool of processes: pooled.py [PORT [VERSION_FILE]].

START: how a process of the pool begins, as multiprocessing calls it. Every answer is
"<version> <number>". The name pooled:STATE carries the count across.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import program_mode

STATE: dict[str, Any] = {"count": 0}


def work(number: int) -> int:
    return number + 1


async def answer(pool: ProcessPoolExecutor) -> bytes:
    loop = asyncio.get_running_loop()
    STATE["count"] = await loop.run_in_executor(pool, work, STATE["count"])
    return f"{program_mode.VERSION} {STATE['count']}\n".encode()


async def main() -> None:
    pool = ProcessPoolExecutor(3, mp_context=multiprocessing.get_context(os.environ["START"]))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                body = await answer(pool)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", program_mode.port())
    await server.serve_forever()


if __name__ == "__main__":
    program_mode.start()
    asyncio.run(main())
