"""Counts its requests like counter_asyncio.py, "<version> <number>" each, and its main thread waits
for any child all the time, as a parent of workers does: reaper.py [PORT [VERSION_FILE]].

GET /reaped answers with the processes that waitpid() has named, and how many SIGCHLD came.
reaper:STATE is large enough to be dumped by a copy. BLOCKS=1: a child of its own lives on, and the
wait blocks.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import program_mode

STATE: dict[str, Any] = {"count": 0, "bulk": [{"n": n} for n in range(20000)]}
REAPED: list[int] = []
SIGNALS: list[int] = []
LOCK = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        if self.path == "/reaped":
            body = f"{REAPED} {len(SIGNALS)}\n".encode()
        else:
            with LOCK:
                STATE["count"] += 1
                body = f"{program_mode.VERSION} {STATE['count']}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    program_mode.start()
    server = ThreadingHTTPServer(("127.0.0.1", program_mode.port()), Handler)
    signal.signal(signal.SIGCHLD, lambda number, frame: SIGNALS.append(number))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    blocks = "BLOCKS" in os.environ
    if blocks:
        subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    while True:
        try:
            pid, _ = os.waitpid(-1, 0 if blocks else os.WNOHANG)
        except ChildProcessError:
            pid = 0
        if pid:
            REAPED.append(pid)
        if not blocks:
            time.sleep(0.0005)


if __name__ == "__main__":
    main()
