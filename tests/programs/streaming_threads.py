"""An HTTP server with a thread for each connection, whose answers are streams."""

from __future__ import annotations

import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import streaming_history as history


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: object) -> None:
        pass

    def begin(self, kind: str, *headers: tuple[str, str]) -> None:
        self.send_response(200)
        for name, value in (("Content-Type", kind), *headers):
            self.send_header(name, value)
        self.end_headers()

    def say(self, event: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))

    def chat(self) -> None:
        turn = history.remember("user", "tell me")
        told = history.tokens(turn)
        self.begin("text/event-stream", ("Transfer-Encoding", "chunked"))
        self.say(history.first(turn))
        for token in told:
            time.sleep(history.PAUSE_S)
            self.say(history.event(token))
        history.remember("agent", " ".join(told))
        self.wfile.write(b"0\r\n\r\n")

    def do_GET(self) -> None:  # noqa: N802
        if self.path == "/chat":
            self.chat()
            return
        body = history.shown(self.path)
        self.begin("application/json", ("Content-Length", str(len(body))))
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    Server(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Handler).serve_forever(0.05)
