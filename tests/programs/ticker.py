"""A thread writes to the state all the time: ticker.py [PORT [VERSION_FILE]].

After each write it appends the number to DIR/ticks-GENERATION. SHAPE=forked: the dump takes a copy
of the process. SERVING=1: it ticks only when its version serves. BLIND=1: one more thread blocks
all signals, past the C library. In the mode `nameless` nobody takes the state. Every answer is
"<version> <number>".
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import program_mode

STATE: dict[str, Any] = {"ticks": 0}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = f"{program_mode.VERSION} {STATE['ticks']}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def tick(path: Path, state: dict[str, Any]) -> None:
    with path.open("ab", buffering=0) as file:
        while True:
            time.sleep(0.001)
            state["ticks"] += 1
            file.write(b"%d\n" % state["ticks"])


def go_blind() -> None:
    all_signals = ctypes.create_string_buffer(b"\xff" * 8)
    ctypes.CDLL(None).syscall(14, 0, all_signals, None, 8)  # rt_sigprocmask, SIG_BLOCK
    time.sleep(3600)


if __name__ == "__main__":
    program_mode.start()
    if os.environ.get("SHAPE") == "forked":
        STATE["bulk"] = bytearray(4 << 20)
    if "BLIND" in os.environ:
        threading.Thread(target=go_blind, name="blind", daemon=True).start()
    generation = os.environ.get("AETERNA_GENERATION", "0")
    ticks = Path(os.environ.get("DIR", "."), f"ticks-{generation}")
    ticker = threading.Thread(target=tick, args=(ticks, STATE), daemon=True)
    if "SERVING" in os.environ:
        sys.path.append(str(Path(__file__).resolve().parents[2] / "python"))
        import aeterna

        aeterna.on_serving(ticker.start)
    else:
        ticker.start()
    if program_mode.MODE == "nameless":
        del STATE
    ThreadingHTTPServer(("127.0.0.1", program_mode.port()), Handler).serve_forever()
