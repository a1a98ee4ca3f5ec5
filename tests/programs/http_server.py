"""A threaded HTTP server from the standard library: http_server.py [PORT [VERSION_FILE]]."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import program_mode


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # header and body in one segment, or Nagle's algorithm adds 40 ms

    def do_GET(self) -> None:
        if program_mode.DELAY:
            time.sleep(program_mode.DELAY)
        body = program_mode.body()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True


if __name__ == "__main__":
    program_mode.start()
    Server(("127.0.0.1", program_mode.port()), Handler).serve_forever()
