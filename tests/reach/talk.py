"""How one talks to a program: a connection that is opened, and a request that is answered on it.

Trouble says what went wrong. A request on a connection that was kept is what ask() does again.
"""

from __future__ import annotations

import dataclasses
import socket
import struct
from collections.abc import Sequence
from typing import Protocol

from .wire import FAILED, HANGING, PATIENCE_S, Address, Trouble, Wire


class Talk(Protocol):
    once: bool  # the protocol has one request a connection; a kept one asks it after the swap

    def open(self, address: Address) -> Wire: ...

    def ask(self, wire: Wire) -> bool:
        """One request and its answer; False: the server closes the connection with it."""

    def fresh(self, address: Address) -> None:
        """One request on a connection of its own."""


class Streams:
    """What all talks over a stream have in common."""

    tls: bool = False
    once: bool = False

    def open(self, address: Address) -> Wire:
        return Wire(address, self.tls)

    def ask(self, wire: Wire) -> bool:
        raise NotImplementedError

    def fresh(self, address: Address) -> None:
        wire = self.open(address)
        try:
            self.ask(wire)
        finally:
            wire.close()


@dataclasses.dataclass
class Http(Streams):
    path: str = "/"
    status: Sequence[int] = (200,)
    headers: Sequence[str] = ()
    body: str = ""  # a POST, where there is one
    host: str = "localhost"
    tls: bool = False
    version: str = "1.1"

    def _request(self) -> bytes:
        method = "POST" if self.body else "GET"
        lines = [f"{method} {self.path} HTTP/{self.version}", f"Host: {self.host}", *self.headers]
        if self.body:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", self.body]).encode()

    def ask(self, wire: Wire) -> bool:
        wire.send(self._request())
        head = wire.until(b"\r\n\r\n").decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        fields = {
            name.lower(): value.strip() for name, _, value in (f.partition(":") for f in lines)
        }
        kept = fields.get("connection", "").lower() != "close" and not first.startswith("HTTP/1.0")
        if fields.get("transfer-encoding", "").lower() == "chunked":
            while size := int(wire.until(b"\r\n").split(b";")[0], 16):
                wire.take(size + 2)
            wire.until(b"\r\n")
        elif "content-length" in fields:
            wire.take(int(fields["content-length"]))
        elif " 204 " not in first and " 304 " not in first:
            wire.rest()
            kept = False
        code = first.split(" ")[1]
        if int(code) not in self.status:
            raise Trouble(FAILED, f"answered {code}")
        wire.asked = True
        return kept


@dataclasses.dataclass
class Script(Streams):
    """Bytes to send, and what has to come back: greeting and login first, then one request."""

    request: bytes
    answer: bytes  # the last bytes of the answer
    hello: Sequence[tuple[bytes, bytes]] = ()
    tls: bool = False
    once: bool = False

    def open(self, address: Address) -> Wire:
        wire = Wire(address, self.tls)
        try:
            for send, mark in self.hello:
                if send:
                    wire.send(send)
                wire.until(mark)
        except Trouble:
            wire.close()
            raise
        return wire

    def ask(self, wire: Wire) -> bool:
        if self.request:
            wire.send(self.request)
        wire.until(self.answer)
        wire.asked = True
        return True


@dataclasses.dataclass
class Dns(Streams):
    """A question for a name's address: new clients ask by UDP, kept ones by TCP."""

    name: str = "host.test"
    tls: bool = False

    def _question(self) -> bytes:
        labels = b"".join(bytes([len(one)]) + one.encode() for one in self.name.split("."))
        return struct.pack(">6H", 7, 0x100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 1, 1)

    @staticmethod
    def _judge(answer: bytes) -> None:
        if len(answer) < 12 or answer[3] & 15:
            raise Trouble(FAILED, f"answered {answer[:12].hex()}")

    def ask(self, wire: Wire) -> bool:
        question = self._question()
        wire.send(struct.pack(">H", len(question)) + question)
        (length,) = struct.unpack(">H", wire.take(2))
        self._judge(wire.take(length))
        wire.asked = True
        return True

    def fresh(self, address: Address) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.settimeout(PATIENCE_S)
            try:
                asker.connect(address)
                asker.send(self._question())
                self._judge(asker.recv(4096))
            except TimeoutError:
                raise Trouble(HANGING, "no answer by UDP") from None
            except OSError as why:
                raise Trouble(FAILED, f"UDP: {why}") from None
