"""Keep-alive connections that rest, thousands of them, and single requests whose time is taken."""

from __future__ import annotations

import resource
import socket
import time

from .frame import Held

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n"
PATIENCE_S = 10.0
SPARE = 200  # descriptors for everything else


def _ask(connection: socket.socket) -> None:
    connection.sendall(REQUEST)
    if not connection.recv(4096).startswith(b"HTTP/1.1 200"):
        raise RuntimeError("not a good answer")


class Crowd(Held):
    """Use in a `with` block: 'size' connections to 127.0.0.1, each of which has asked once."""

    def __init__(self, port: int, size: int) -> None:
        self._address = ("127.0.0.1", port)
        self._size = size
        self._connections: list[socket.socket] = []

    def __enter__(self) -> Crowd:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < self._size + SPARE:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        for _ in range(self._size):
            self._connections.append(self._open())
            _ask(self._connections[-1])
        return self

    def close(self) -> None:
        for connection in self._connections:
            connection.close()

    def _open(self) -> socket.socket:
        connection = socket.create_connection(self._address, PATIENCE_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def ask_us(self, index: int) -> float:
        """The time of one request on a connection that is there."""
        begin = time.monotonic_ns()
        _ask(self._connections[index])
        return (time.monotonic_ns() - begin) / 1000

    def ask_new_us(self) -> float:
        """The time of connecting and one request."""
        begin = time.monotonic_ns()
        with self._open() as connection:
            _ask(connection)
            return (time.monotonic_ns() - begin) / 1000
