"""A UDP server in three shapes that answers "VERSION PAYLOAD".

udp_echo.py [PORT [VERSION_FILE [asyncio|blocking|socketserver]]]; the shape may be UDP_SHAPE too.
"""

from __future__ import annotations

import asyncio
import os
import socket
import socketserver
from typing import cast

import program_mode

Address = tuple[str, int]


def answer(payload: bytes) -> bytes:
    if program_mode.MODE == "die_on_first_request":
        os._exit(1)
    return program_mode.VERSION.encode() + b" " + payload


class Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self.transport.sendto(answer(data), addr)


async def run_asyncio(address: Address) -> None:
    await asyncio.get_running_loop().create_datagram_endpoint(Echo, local_addr=address)
    await asyncio.Event().wait()


def run_blocking(address: Address) -> None:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(address)
    while True:
        data, peer = sock.recvfrom(2048)
        sock.sendto(answer(data), peer)


class Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        data, sock = self.request
        sock.sendto(answer(data), self.client_address)


if __name__ == "__main__":
    program_mode.start()
    here = ("127.0.0.1", program_mode.port())
    shape = program_mode.argument(3, "UDP_SHAPE", "asyncio")
    if shape == "asyncio":
        asyncio.run(run_asyncio(here))
    elif shape == "blocking":
        run_blocking(here)
    else:
        socketserver.UDPServer(here, Handler).serve_forever()
