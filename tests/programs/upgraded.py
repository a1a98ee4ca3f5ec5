"""Counts its requests, and speaks no HTTP to who asks for that: upgraded.py [PORT [VERSION_FILE]].

Every answer is "<version> <number>". GET /slow/MS is answered so much later. GET /upgrade: from
then on a line in, "<version> <number>" out. The name upgraded:STATE carries the count across.
"""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import program_mode

LOCK = threading.Lock()
STATE: dict[str, Any] = {"count": 0}


def answer() -> bytes:
    with LOCK:
        STATE["count"] += 1
        return f"{program_mode.VERSION} {STATE['count']}\n".encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/upgrade":
            self.upgrade()
            return
        body = answer()
        if self.path.startswith("/slow/"):
            time.sleep(int(self.path[6:]) / 1000)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def upgrade(self) -> None:
        self.send_response(101)
        self.send_header("Connection", "Upgrade")
        self.send_header("Upgrade", "lines")
        self.end_headers()
        self.close_connection = True
        while self.rfile.readline():
            self.wfile.write(answer())

    def log_message(self, format: str, *args: Any) -> None:
        pass


if __name__ == "__main__":
    program_mode.start()
    ThreadingHTTPServer(("127.0.0.1", program_mode.port()), Handler).serve_forever()
