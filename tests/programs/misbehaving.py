"""A server that misbehaves on purpose, to test the load client: misbehaving.py KIND [EVERY].

Prints its port. Every EVERY-th request (default 10) is treated as KIND says; all others are
answered properly. KIND: ok | drop (end of file instead of an answer) | cut (end of file in the
middle of it) | reset | wrong_body | wrong_status | excess | delay (1.2 s) | stop (the whole
process, once, for 200 ms) | close_idle (closes after a full answer, unannounced) | announce (says
Connection: close) | refuse (closes its listener for 300 ms) | chunked (a good answer, in chunks) |
unsized (a good answer whose end is the end of file).
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import sys
import time

KIND = sys.argv[1]
EVERY = int(sys.argv[2]) if len(sys.argv) > 2 else 10
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nv1\n"

count = 0


def reset(writer: asyncio.StreamWriter) -> None:
    """SO_LINGER with time 0 makes the close a reset."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def ends_unasked(writer: asyncio.StreamWriter) -> bool:
    """Ends the connection if no request is there: one that crosses the end would be a failure, and
    this kind has none. One system call after the other, because asyncio would take longer.
    """
    with socket.socket(fileno=os.dup(writer.get_extra_info("socket").fileno())) as sock:
        try:
            sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            sock.shutdown(socket.SHUT_WR)
            return True
    return False


async def misbehave(writer: asyncio.StreamWriter) -> bool:
    """True when the connection goes on."""
    if KIND == "reset":
        reset(writer)
    elif KIND == "cut":
        writer.write(GOOD[:-2])
    elif KIND == "wrong_body":
        writer.write(GOOD.replace(b"v1", b"v9"))
    elif KIND == "wrong_status":
        writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 3\r\n\r\nv1\n")
    elif KIND == "excess":
        writer.write(GOOD + b"more")
    elif KIND == "delay":
        await asyncio.sleep(1.2)
        writer.write(GOOD)
    elif KIND == "close_idle":
        writer.transport.pause_reading()
        writer.write(GOOD)
        await writer.drain()
        await asyncio.sleep(0.001)
        writer.transport.resume_reading()
        return not ends_unasked(writer)
    elif KIND == "chunked":
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nv\r\n"
        writer.write(head)
        await writer.drain()
        await asyncio.sleep(0.001)
        writer.write(b"2\r\n1\n\r\n0\r\n\r\n")
        return True
    elif KIND == "unsized":
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nv1\n")
    elif KIND == "announce":
        writer.write(GOOD.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n"))
    return False


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    global count
    try:
        while True:
            request = await reader.readuntil(b"\r\n\r\n")
            count += 1
            if KIND == "stop" and count == 200:
                time.sleep(0.2)
            if KIND not in ("ok", "stop", "refuse") and count % EVERY == 0:
                if not await misbehave(writer):
                    return
            else:
                writer.write(GOOD)
            if b"Connection: close" in request:
                return
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(port, flush=True)
    if KIND == "refuse":
        await asyncio.sleep(1)
        server.close()
        await asyncio.sleep(0.3)
        server = await asyncio.start_server(serve, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
