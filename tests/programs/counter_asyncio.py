"""Counts its requests, "<version> <number>" each: counter_asyncio.py [PORT [VERSION_FILE]].

Nothing in here knows of the hand-over: the name counter_asyncio:STATE carries the count across.
HTTP/1.1 by hand, with keep-alive. A file BULK_FILE that is there at the start becomes part of it;
BUSY_THREADS threads want the interpreter all the time. TURNING_THREADS threads, and the main one
with them, take it and give it up all the time.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import program_mode

STATE: dict[str, Any] = {"count": 0, "log": []}
TURNING = int(os.environ.get("TURNING_THREADS", "0"))

if os.path.exists(os.environ.get("BULK_FILE", "")):
    STATE["file"] = Path(os.environ["BULK_FILE"]).read_bytes()
if "UNPICKLABLE" in os.environ:
    STATE["x"] = {"lock": threading.Lock()}


def spin() -> None:
    while True:
        pass


def turn() -> None:
    while True:
        time.sleep(0)


async def turn_too() -> None:
    while True:
        for _ in range(20):
            await asyncio.sleep(0)
        await asyncio.sleep(0.005)


def answer() -> bytes:
    if program_mode.MODE in ("die_on_first_request", "leave_on_first_request"):
        program_mode.body()
    STATE["count"] += 1
    STATE["log"] = [*STATE["log"][-99:], STATE["count"]]
    return f"{program_mode.VERSION} {STATE['count']}\n".encode()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            request = await reader.readuntil(b"\r\n\r\n")
            last = b"connection: close" in request.lower()
            if program_mode.DELAY:
                await asyncio.sleep(program_mode.DELAY)
            body = answer()
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n"
                b"Connection: %s\r\n\r\n%s" % (len(body), b"close" if last else b"keep-alive", body)
            )
            await writer.drain()
            if last:
                return
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main() -> None:
    turning = asyncio.create_task(turn_too()) if TURNING else None
    server = await asyncio.start_server(serve, "127.0.0.1", program_mode.port(), backlog=512)
    await (turning or server.serve_forever())


if __name__ == "__main__":
    program_mode.start()
    for _ in range(int(os.environ.get("BUSY_THREADS", "0"))):
        threading.Thread(target=spin, daemon=True).start()
    for _ in range(TURNING):
        sys.setswitchinterval(1e-5)
        threading.Thread(target=turn, daemon=True).start()
    asyncio.run(main())
