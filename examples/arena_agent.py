"""An agent whose memory is born in shared memory: an arena, which changes hands at a swap.

ARENA_BYTES (1 GiB) in pages of 4096 bytes. `GET /fill` writes all of them, `GET /write` a
hundredth, `GET /check` compares every element with what it has to be; every request counts.
"""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

import aeterna
import numpy as np

PORT = int(os.environ.get("PORT", "8080"))
PAGES = int(os.environ.get("ARENA_BYTES", str(1 << 30))) // 4096
SHARES = 100
STEP = 1 << 21  # above any page's number: each page is told apart, and each step of a page

WORK: dict[str, Any] = aeterna.keep("work", default=lambda: {"count": 0, "steps": [-1] * SHARES})
KV = aeterna.arena("kv", max_bytes=PAGES * 4096 + 4096)
MEMORY = KV.empty((PAGES, 1024), "i4", name="memory")


def expected(share: int) -> Any:  # noqa: ANN401
    """What every element of these pages is, a column; zero where nothing was ever written."""
    step = WORK["steps"][share]
    pages = np.arange(share, PAGES, SHARES, dtype=np.int32)
    return np.where(step < 0, 0, pages + step * STEP).astype(np.int32)[:, None]


def write(share: int, step: int) -> None:
    WORK["steps"][share] = step
    MEMORY[share::SHARES] = expected(share)


def fill() -> None:
    for share in range(SHARES):
        write(share, 0)


def work() -> None:
    """The next hundredth of the pages."""
    share = WORK["count"] % SHARES
    write(share, WORK["steps"][share] + 1)


def wrong() -> int:
    """How many elements are not what they have to be."""
    shares = range(min(SHARES, PAGES))
    return sum(int((MEMORY[share::SHARES] != expected(share)).sum()) for share in shares)


def answer(path: str) -> dict[str, Any]:
    WORK["count"] += 1
    found: dict[str, Any] = {"count": WORK["count"]}
    if path == "/fill":
        fill()
    elif path == "/write":
        work()
    elif path == "/check":
        found["wrong"] = wrong()
    return found | {"bytes": MEMORY.nbytes, "pid": os.getpid()}


def response(body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            request = await reader.readuntil(b"\r\n\r\n")
            path = request.split(b" ", 2)[1].decode("ascii", "replace")
            writer.write(response(json.dumps(answer(path)).encode() + b"\n"))
            await writer.drain()
            if b"connection: close" in request.lower():
                return
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, IndexError, ConnectionError):
        pass
    finally:
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", PORT)
    print(json.dumps({"agent": "ready", "port": PORT, "count": WORK["count"]}), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
