"""A client that takes one step at a time and lets the server fall asleep after each.

So the server wakes up once for each step, however slow it is (strace, valgrind), and what it does
for a request is the same in every run.
"""

from __future__ import annotations

import socket
import time

from .machine import sleeps

PATIENCE_S = 30.0
LOOKS = 3  # in a row
LOOK_S = 0.0002


class Visitor:
    def __init__(self, port: int, server: int) -> None:
        self._address = ("127.0.0.1", port)
        self._server = server

    def _settle(self) -> None:
        end = time.monotonic() + PATIENCE_S
        seen = 0
        while seen < LOOKS:
            if time.monotonic() > end:
                raise RuntimeError("the server does not come to rest")
            time.sleep(LOOK_S)
            seen = seen + 1 if sleeps(self._server) else 0

    def wait_until_open(self) -> None:
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                socket.create_connection(self._address).close()
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)
        self._settle()

    def _ask(self, connection: socket.socket, last: bool) -> None:
        word = "close" if last else "keep-alive"
        connection.sendall(f"GET / HTTP/1.1\r\nHost: x\r\nConnection: {word}\r\n\r\n".encode())
        self._settle()
        if not connection.recv(4096).startswith(b"HTTP/1.1 200"):
            raise RuntimeError("not a good answer")

    def new_connections(self, count: int) -> None:
        for _ in range(count):
            with socket.create_connection(self._address) as connection:
                self._settle()
                self._ask(connection, True)
            self._settle()

    def requests(self, count: int) -> None:
        """All on one connection."""
        with socket.create_connection(self._address) as connection:
            self._settle()
            for _ in range(count):
                self._ask(connection, False)
        self._settle()
