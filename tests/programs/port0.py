"""A server on a port that the kernel chooses: port0.py [PORT_FILE [VERSION_FILE]].

It prints the port, writes it to PORT_FILE when one is named, and answers "VERSION PID PORT".
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import program_mode


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    port: int = writer.get_extra_info("sockname")[1]
    try:
        while True:
            request = await reader.readuntil(b"\r\n\r\n")
            body = program_mode.body().rstrip() + b" %d\n" % port
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            await writer.drain()
            if b"connection: close" in request.lower():
                return
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main(port_file: str) -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(port, flush=True)
    if port_file:
        Path(port_file).write_text(f"{port}\n")
    await server.serve_forever()


if __name__ == "__main__":
    program_mode.start()
    asyncio.run(main(program_mode.argument(1, "PORT_FILE", "")))
