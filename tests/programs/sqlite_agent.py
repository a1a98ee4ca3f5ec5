"""A program with a database file beside its memory: sqlite_agent.py [PORT [VERSION_FILE]].

GET /begin opens a transaction that writes, /commit ends it, /write is one of its own. An answer is
"<version> <what became of it> <number of rows> <requests so far>"; the last one is the state.
"""

from __future__ import annotations

import os
import sqlite3
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import program_mode

STATE: dict[str, Any] = {"requests": 0}
BUSY_S = 0.1


class Handler(BaseHTTPRequestHandler):
    database: sqlite3.Connection

    def act(self) -> str:
        if self.path == "/commit":
            self.database.execute("COMMIT")
            return "committed"
        if self.path not in ("/begin", "/write"):
            return "well"
        try:
            self.database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return "locked"
        self.database.execute("INSERT INTO entries DEFAULT VALUES")
        if self.path == "/begin":
            return "begun"
        self.database.execute("COMMIT")
        return "written"

    def do_GET(self) -> None:
        what = self.act()
        rows = self.database.execute("SELECT count(*) FROM entries").fetchone()[0]
        STATE["requests"] += 1
        body = f"{program_mode.VERSION} {what} {rows} {STATE['requests']}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


def main() -> None:
    program_mode.start()
    path = os.path.join(os.environ["DIR"], "agent.db")
    Handler.database = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    Handler.database.execute("CREATE TABLE IF NOT EXISTS entries (id INTEGER PRIMARY KEY)")
    HTTPServer(("127.0.0.1", program_mode.port()), Handler).serve_forever()


if __name__ == "__main__":
    main()
