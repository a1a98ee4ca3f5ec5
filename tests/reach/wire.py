"""One connection of a client: bytes sent, bytes waited for, and what went wrong, in one word."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
from typing import Union

Address = Union[tuple[str, int], str]  # a port, or the path of a Unix socket

PATIENCE_S = 10.0
FAILED = "failed"  # refused, reset or cut with a request under way, or a wrong answer
HANGING = "hanging"  # no answer within PATIENCE_S
LOST = "lost"  # a kept connection that was closed with no request under way


class Trouble(Exception):
    def __init__(self, kind: str, what: str) -> None:
        super().__init__(what)
        self.kind = kind


def _connected(address: Address, tls: bool) -> socket.socket:
    if isinstance(address, str):
        plain = socket.socket(socket.AF_UNIX)
        plain.settimeout(PATIENCE_S)
        plain.connect(address)
    else:
        plain = socket.create_connection(address, PATIENCE_S)
    if not tls:
        return plain
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain)


class Wire:
    def __init__(self, address: Address, tls: bool = False) -> None:
        self._buffer = b""
        self._tls = tls
        self.asked = False
        try:
            self._socket = _connected(address, tls)
        except TimeoutError:
            raise Trouble(HANGING, "no connection") from None
        except OSError as why:
            raise Trouble(FAILED, f"connect: {why}") from None

    def send(self, content: bytes) -> None:
        if self.asked and self.is_closed():
            raise Trouble(LOST, "closed between two requests")
        try:
            self._socket.sendall(content)
        except OSError as why:
            raise Trouble(FAILED, f"send: {why}") from None

    def is_closed(self) -> bool:
        """Whether the server has closed it, with no byte left to read. Of TLS nothing is known."""
        if self._tls or self._buffer:
            return False
        if not select.select([self._socket], [], [], 0)[0]:
            return False
        try:
            return not self._socket.recv(1, socket.MSG_PEEK)
        except OSError:
            return True

    def more(self) -> bool:
        """Waits for bytes; False: the end of the stream."""
        try:
            part = self._socket.recv(65536)
        except TimeoutError:
            raise Trouble(HANGING, "no answer") from None
        except OSError as why:
            raise Trouble(FAILED, f"receive: {why}") from None
        self._buffer += part
        return bool(part)

    def until(self, mark: bytes) -> bytes:
        """All bytes up to the end of `mark`; they are taken out of the buffer."""
        while mark not in self._buffer:
            if not self.more():
                raise Trouble(FAILED, f"closed after {self._buffer[:60]!r}")
        end = self._buffer.index(mark) + len(mark)
        return self.take(end)

    def take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            if not self.more():
                raise Trouble(FAILED, f"closed after {len(self._buffer)} of {count} bytes")
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    def rest(self) -> bytes:
        while self.more():
            pass
        return self.take(len(self._buffer))

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.close()
