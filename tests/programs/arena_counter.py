"""Counts its requests in an arena: arena_counter.py [PORT [VERSION_FILE]]. "<version> <number>".

In the mode write_in_load it writes to the arena before it serves.
"""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "python"))

import aeterna  # noqa: E402
import program_mode  # noqa: E402

program_mode.start()

KV = aeterna.arena("kv", max_bytes=1 << 20)
COUNT = KV.empty(1, "int64", name="count")


@aeterna.dump("extra")
def dump() -> str:
    return "extra"


@aeterna.load("extra")
def load(value: str) -> None:
    if program_mode.MODE == "write_in_load":
        KV["count"][0] = 999


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        KV["count"][0] += 1
        body = f"{program_mode.VERSION} {KV['count'][0]}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", program_mode.port()), Handler).serve_forever()
