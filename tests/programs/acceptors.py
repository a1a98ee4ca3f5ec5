"""HTTP with keep-alive; THREADS of them accept, none of them the main one: acceptors.py [PORT]."""

from __future__ import annotations

import os
import socket
import threading

import program_mode


def serve(client: socket.socket) -> None:
    while client.recv(4096):
        body = program_mode.body()
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
        client.sendall(head + body)
    client.close()


def accept_all(listener: socket.socket) -> None:
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client,), daemon=True).start()


if __name__ == "__main__":
    program_mode.start()
    bound = socket.create_server(("127.0.0.1", program_mode.port()), backlog=64)
    acceptors = [
        threading.Thread(target=accept_all, args=(bound,))
        for _ in range(int(os.environ.get("THREADS", "1")))
    ]
    for acceptor in acceptors:
        acceptor.start()
    for acceptor in acceptors:
        acceptor.join()
