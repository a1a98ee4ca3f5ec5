"""Counts its requests, as counter_asyncio.py does, in its main thread alone: one client at a time.

http.server with a timeout, which asks poll(2) before each read. counter_timeout:COUNT carries the
count across.
"""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, HTTPServer

import program_mode

COUNT: list[int] = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # header and body in one segment
    timeout = 60

    def do_GET(self) -> None:
        COUNT.append(len(COUNT) + 1)
        body = f"{program_mode.VERSION} {len(COUNT)}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


if __name__ == "__main__":
    program_mode.start()
    HTTPServer(("127.0.0.1", program_mode.port()), Handler).serve_forever()
