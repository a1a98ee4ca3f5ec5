"""HTTP with keep-alive that answers with the field named by the path: agreements.py [PORT].

`GET /WWW-Authenticate:NTLM` is answered with that field. A PROXY header before the first request is
taken, too, as servers behind a balancer do.
"""

from __future__ import annotations

import asyncio

import program_mode


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"PROXY "):
                head = head.partition(b"\r\n")[2]
            field = head.split(b" ")[1][1:]
            body = program_mode.body()
            fields = b"Content-Length: %d\r\n" % len(body) + (field + b"\r\n" if field else b"")
            writer.write(b"HTTP/1.1 200 OK\r\n" + fields + b"\r\n" + body)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", program_mode.port())
    await server.serve_forever()


if __name__ == "__main__":
    program_mode.start()
    asyncio.run(main())
