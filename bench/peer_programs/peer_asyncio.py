"""The program with a server of its own: peer_asyncio.py, listening at PORT.

HTTP/1.1 by hand, with keep-alive. It has no signal handler: TERM ends it at once, as it does most
programs.
"""

from __future__ import annotations

import asyncio
import os

import peer_program


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            request = await reader.readuntil(b"\r\n\r\n")
            last = b"connection: close" in request.lower()
            body = peer_program.answer()
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
    port = int(os.environ["PORT"])
    server = await asyncio.start_server(serve, "127.0.0.1", port, backlog=2048)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
