"""A WebSocket agent whose clients stay connected while it is replaced, each with its session.

`ws://127.0.0.1:8080/NAME`: every message is answered with the session's count, its last messages
and the process that answers. The protocol is wsproto's; sockets are read and written here, so that
every byte that was read and not understood yet, or answered and not sent yet, is state as well.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import socket
from typing import Any

import aeterna
from wsproto import ConnectionType, WSConnection
from wsproto.connection import Connection
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Event,
    Ping,
    Request,
    TextMessage,
)

PORT = int(os.environ.get("PORT", "8080"))
REMEMBERED = 3
MOST_BYTES = 1 << 20  # of one frame

clients: set[Client] = set()


def frame_length(data: bytearray) -> int:
    """Of the frame at the beginning, RFC 6455 5.2; 0: it is not there as a whole."""
    if len(data) < 2:
        return 0
    head, length = 2, data[1] & 0x7F
    if length > 125:
        head = 4 if length == 126 else 10
        length = int.from_bytes(data[2:head], "big")
    if length > MOST_BYTES:
        raise ValueError("a frame that is too large")
    whole = head + 4 * (data[1] >> 7) + length
    return whole if len(data) >= whole else 0


class Client:
    """A connection: its socket, its session, and what stands between the two."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.session: dict[str, Any] = {}  # empty before the handshake
        self.inbox = bytearray()  # read, and no whole frame yet
        self.message = bytearray()  # the frames of a message that is not whole yet
        self.text = ""  # ... and what they say
        self.outbox = bytearray()  # to be sent
        self.protocol: WSConnection | Connection | None = None

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        clients.add(self)
        loop.add_reader(self.sock, self.read)
        if self.outbox:
            loop.add_writer(self.sock, self.flush)
        self.understand()

    def stop(self) -> None:
        loop = asyncio.get_running_loop()
        clients.discard(self)
        loop.remove_reader(self.sock)
        loop.remove_writer(self.sock)
        self.sock.close()

    def read(self) -> None:
        try:
            data = self.sock.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.stop()
            return
        self.inbox += data
        self.understand()

    def understand(self) -> None:
        """Gives the protocol whole frames only: what it was not given is in our hands."""
        try:
            while length := self.length():
                piece = bytes(self.inbox[:length])
                del self.inbox[:length]
                if self.session and not piece[0] & 8:  # no ping among the frames of a message
                    self.message += piece
                if self.protocol is None:
                    kind = Connection if self.session else WSConnection
                    self.protocol = kind(ConnectionType.SERVER)
                self.protocol.receive_data(piece)
                for event in self.protocol.events():
                    self.happen(event)
        except Exception:  # whatever else a client sends
            self.stop()

    def length(self) -> int:
        if self.session:
            return frame_length(self.inbox)
        return self.inbox.find(b"\r\n\r\n") + 4 if b"\r\n\r\n" in self.inbox else 0

    def happen(self, event: Event) -> None:
        if isinstance(event, Request):
            self.session = {"name": event.target.strip("/"), "count": 0, "last": []}
            self.send(AcceptConnection())
        elif isinstance(event, TextMessage):
            self.text += event.data
            if event.message_finished:
                self.answer()
        elif isinstance(event, Ping):
            self.send(event.response())
        elif isinstance(event, CloseConnection):
            self.send(event.response())
            self.stop()

    def answer(self) -> None:
        session = self.session
        session["count"] += 1
        session["last"] = [*session["last"], self.text][-REMEMBERED:]
        self.message.clear()
        self.text = ""
        self.send(TextMessage(json.dumps({**session, "pid": os.getpid()})))

    def send(self, event: Event) -> None:
        assert self.protocol is not None
        self.outbox += self.protocol.send(event)
        self.flush()

    def flush(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            del self.outbox[: self.sock.send(self.outbox)]
        except BlockingIOError:
            pass
        if self.outbox:
            loop.add_writer(self.sock, self.flush)
        else:
            loop.remove_writer(self.sock)


# --- what the next version needs ---


@aeterna.dump("clients")
def save() -> list[Any]:
    """In a copy of the process. Who has no session yet is the launcher's business."""
    return [
        (c.sock, c.session, bytes(c.message + c.inbox), bytes(c.outbox))
        for c in clients
        if c.session
    ]


@aeterna.load("clients")
def restore(saved: list[Any]) -> None:
    """The loop stands in its wait meanwhile. The sockets are not ours before the commit."""
    arrived = []
    for sock, session, inbox, outbox in saved:
        client = Client(sock)
        client.session, client.inbox, client.outbox = session, bytearray(inbox), bytearray(outbox)
        arrived.append(client)
    main_loop.call_soon_threadsafe(begin, arrived)


def begin(arrived: list[Client]) -> None:
    """Reads nothing while the swap can still be undone: the old version would miss it."""
    if not aeterna.serving():
        main_loop.call_later(0.001, begin, arrived)
        return
    for client in arrived:
        client.start()


# --- the server ---


def accept(listener: socket.socket) -> None:
    for _ in range(64):
        try:
            sock, _address = listener.accept()
        except OSError:
            return
        sock.setblocking(False)
        Client(sock).start()


def listen() -> socket.socket:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    listener = socket.create_server(("127.0.0.1", PORT), backlog=1024)
    listener.setblocking(False)
    return listener


async def serve(listener: socket.socket) -> None:
    global main_loop
    main_loop = asyncio.get_running_loop()
    main_loop.add_reader(listener, accept, listener)
    print(json.dumps({"agent": "ready", "port": PORT}), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(listen()))
