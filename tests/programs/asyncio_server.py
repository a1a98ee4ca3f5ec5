"""An asyncio server with two listeners: asyncio_server.py [PORT [VERSION_FILE]].

HTTP/1.1 by hand, with keep-alive. The second listener is at SECOND_PORT, by default PORT + 1.
"""

from __future__ import annotations

import asyncio
import os

import program_mode


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            request = await reader.readuntil(b"\r\n\r\n")
            last = b"connection: close" in request.lower()
            if program_mode.DELAY:
                await asyncio.sleep(program_mode.DELAY)
            body = program_mode.body()
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
    first = program_mode.port()
    second = int(os.environ.get("SECOND_PORT", str(first + 1)))
    servers = [await asyncio.start_server(serve, "127.0.0.1", port) for port in (first, second)]
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    program_mode.start()
    asyncio.run(main())
