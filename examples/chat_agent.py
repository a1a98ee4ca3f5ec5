"""A chat agent with a memory: every request counts, every turn is remembered, 50 KB of them.

It knows nothing of Aeterna. With `handoff.state: ["chat_agent:HISTORY"]` the next version goes on
where this one stopped: the count never skips, and `digest` is over the whole history.
"""

from __future__ import annotations

import asyncio
import json
import os
import zlib
from typing import Any

PORT = int(os.environ.get("PORT", "8080"))
TURNS = 250

HISTORY: dict[str, Any] = {
    "count": 0,
    "turns": [{"role": "user", "text": f"turn {n} ".ljust(170, ".")} for n in range(TURNS)],
}


def say(text: str) -> dict[str, Any]:
    """Remembers one more turn and forgets the oldest."""
    HISTORY["count"] += 1
    turns = HISTORY["turns"]
    turns.append({"role": "user", "text": f"turn {HISTORY['count']} {text} ".ljust(170, ".")})
    del turns[:-TURNS]
    whole = json.dumps(HISTORY)
    return {
        "count": HISTORY["count"],
        "turns": len(turns),
        "bytes": len(whole),
        "digest": zlib.crc32(whole.encode()),
        "pid": os.getpid(),
    }


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
            writer.write(response(json.dumps(say(path[:80])).encode() + b"\n"))
            await writer.drain()
            if b"connection: close" in request.lower():
                return
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, IndexError, ConnectionError):
        pass
    finally:
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", PORT)
    print(json.dumps({"agent": "ready", "port": PORT, "count": HISTORY["count"]}), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
