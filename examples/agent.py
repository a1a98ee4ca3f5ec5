"""A small chat agent, written as anybody would write one: asyncio, one port, nothing else.

It knows nothing of Aeterna. Change GREETING (or anything else) while it runs and swap it:
`pkill -HUP aeterna-launch`.
"""

from __future__ import annotations

import asyncio
import json
import os
import pathlib

GREETING = pathlib.Path(os.environ.get("GREETING_FILE", "greeting.txt"))
PORT = int(os.environ.get("PORT", "8080"))


def answer(greeting: str) -> bytes:
    body = f"{greeting} from process {os.getpid()}\n".encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def main() -> None:
    greeting = GREETING.read_text().strip() if GREETING.exists() else "hello"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                writer.write(answer(greeting))
                await writer.drain()
                if b"connection: close" in request.lower():
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", PORT)
    print(json.dumps({"agent": "ready", "port": PORT, "greeting": greeting}), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
