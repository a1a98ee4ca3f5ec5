"""A server whose memory lies in modules that a test writes: memory.py PORT DIRECTORY.

GET /MODULE.NAME appends to that list, imported when it is asked for, and answers how long it is.
GET /keep.NAME does the same with aeterna.keep(NAME, list). GET / answers with the version. What is
in the file `first` of the directory runs at the start.
"""

from __future__ import annotations

import http.server
import importlib
import sys
from pathlib import Path
from typing import Any

DIRECTORY = Path(sys.argv[2])
VERSION = (DIRECTORY / "version").read_text().strip()
# Behind the program's own: -I leaves no other way.
sys.path += [str(DIRECTORY), str(Path(__file__).resolve().parents[2] / "python")]
OWN: list[Any] = []


def memory(word: str) -> list[Any]:
    module, _, name = word.partition(".")
    if module == "keep":
        import aeterna

        found: list[Any] = aeterna.keep(name, default=list)
    elif module == "OWN":
        found = OWN
    else:
        found = getattr(importlib.import_module(module), name)
    return found


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        word = self.path[1:]
        if word:
            found = memory(word)
            found.append(f"{VERSION} {len(found)}")
        text = f"{VERSION} {len(found)}\n" if word else f"{VERSION}\n"
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(text)}\r\nConnection: close\r\n\r\n"
        self.wfile.write((head + text).encode())

    def log_message(self, *_: Any) -> None:
        pass


class Server(http.server.HTTPServer):
    request_queue_size = 64


first = DIRECTORY / "first"
if first.exists():
    exec(compile(first.read_text(), str(first), "exec"))
Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
