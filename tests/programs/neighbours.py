"""A server with helpers of its own, as its environment says, before it serves on PORT:

LOOK_FIRST=1: it connects to each address before it binds it, and ends with 3 if somebody answers.
HELPER: "any" (a port that the kernel chooses), "next" (PORT + 1) or a path: a helper that says its
  version; the server speaks with it from the start on.
MORE: so many listeners of abstract names.
POOL: "manager" or "forkserver" of multiprocessing.

It answers "VERSION PID first=.. kept=.. new=..": whose helper answered before it served, which one
answers on the connection that was opened then, and on a new one. The path /slow?N takes N ms.
"""

from __future__ import annotations

import concurrent.futures
import http.server
import multiprocessing
import os
import socket
import socketserver
import sys
import threading
import time
from typing import Any

import program_mode

Address = tuple[int, Any]


def helper_address() -> Address | None:
    where = os.environ.get("HELPER", "")
    if not where:
        return None
    if where.startswith(("/", "@")):
        return socket.AF_UNIX, where.replace("@", "\0", 1)
    return socket.AF_INET, ("127.0.0.1", 0 if where == "any" else program_mode.port() + 1)


def look_first(address: Address) -> None:
    with socket.socket(address[0]) as probe:
        try:
            probe.connect(address[1])
        except OSError as error:
            print("looked:", type(error).__name__, flush=True)
        else:
            print("looked: in use", flush=True)
            sys.exit(3)
    path = address[1]
    if isinstance(path, str) and path.startswith("/"):
        print("exists:", os.path.exists(path), os.access(path, os.F_OK), flush=True)
        if os.path.lexists(path):
            os.unlink(path)


def say_version(client: socket.socket) -> None:
    while client.recv(64):
        client.sendall(program_mode.VERSION.encode())


def help_others(listener: socket.socket) -> None:
    while True:
        client = listener.accept()[0]
        threading.Thread(target=say_version, args=(client,), daemon=True).start()


class Helper:
    """The helper, and the connection to it that stays open."""

    def __init__(self, address: Address) -> None:
        self.family = address[0]
        listener = socket.socket(self.family)
        if self.family == socket.AF_INET:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address[1])
        listener.listen(16)
        self.name = listener.getsockname()
        self.lock = threading.Lock()
        threading.Thread(target=help_others, args=(listener,), daemon=True).start()
        self.kept = self.connect()
        self.first = self.ask(self.kept)

    def connect(self) -> socket.socket:
        client = socket.socket(self.family)
        client.settimeout(5)
        client.connect(self.name)
        return client

    def ask(self, client: socket.socket) -> str:
        client.sendall(b"who?")
        return client.recv(64).decode()

    def text(self) -> str:
        with self.lock:
            kept = self.ask(self.kept)
        with self.connect() as client:
            return f" first={self.first} kept={kept} new={self.ask(client)}"


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    helper: Helper | None = None

    def do_GET(self) -> None:
        if self.path.startswith("/slow?"):
            time.sleep(int(self.path[6:]) / 1000)
        text = program_mode.body().rstrip()
        if self.helper:
            text += self.helper.text().encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text) + 1))
        self.end_headers()
        self.wfile.write(text + b"\n")

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 512


def square(number: int) -> int:
    return number * number


def start_pool(kind: str) -> Any:
    if kind == "manager":
        manager = multiprocessing.Manager()
        manager.dict()["x"] = 1
        return manager
    multiprocessing.set_start_method("forkserver")
    pool = concurrent.futures.ProcessPoolExecutor(1)
    assert pool.submit(square, 7).result() == 49
    return pool


def main() -> None:
    address = helper_address()
    here: Address = (socket.AF_INET, ("127.0.0.1", program_mode.port()))
    for one in (address, here):
        if one and os.environ.get("LOOK_FIRST"):
            look_first(one)
    pool = start_pool(os.environ["POOL"]) if os.environ.get("POOL") else None
    more = [socket.socket(socket.AF_UNIX) for _ in range(int(os.environ.get("MORE", "0")))]
    for number, listener in enumerate(more):
        listener.bind(f"\0aeterna-test-{program_mode.port()}/n{number}")
        listener.listen(1)
    if address:
        Answer.helper = Helper(address)
    Server(here[1], Answer).serve_forever()
    del pool, more


if __name__ == "__main__":
    program_mode.start()
    main()
