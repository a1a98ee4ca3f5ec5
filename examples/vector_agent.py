"""An agent with a cache of 100 MB of vectors in numpy, which it reads and writes.

It knows nothing of Aeterna. With `handoff.state: ["vector_agent:CACHE"]` the next version gets the
array without a copy: its `sum` over all vectors is the one that follows from the count.
"""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

import numpy as np

PORT = int(os.environ.get("PORT", "8080"))
ROWS = int(os.environ.get("ROWS", "102400"))
WIDTH = 256

CACHE: dict[str, Any] = {"count": 0, "vectors": np.zeros((ROWS, WIDTH), dtype=np.float32)}


def remember() -> dict[str, Any]:
    """The next row becomes the number of the request; every 100th answer looks at all rows."""
    CACHE["count"] += 1
    count, vectors = CACHE["count"], CACHE["vectors"]
    vectors[count % ROWS] = count
    found: dict[str, Any] = {"count": count, "row": float(vectors[count % ROWS, -1])}
    if count % 100 == 0:
        found["sum"] = float(vectors[:, 0].sum(dtype=np.float64))
        oldest = max(count - ROWS, 0)
        found["expected"] = (count * (count + 1) - oldest * (oldest + 1)) / 2
    return found | {"bytes": vectors.nbytes, "pid": os.getpid()}


def response(body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            request = await reader.readuntil(b"\r\n\r\n")
            writer.write(response(json.dumps(remember()).encode() + b"\n"))
            await writer.drain()
            if b"connection: close" in request.lower():
                return
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
        pass
    finally:
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", PORT)
    print(json.dumps({"agent": "ready", "port": PORT, "count": CACHE["count"]}), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
