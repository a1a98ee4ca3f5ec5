"""What the Python test programs share: the version they answer with and the fault they show.

The version is the text of a file, read once at the start, so that a new process shows a changed
file. Next to it a file `mode` may name a fault; without one the program is well. Nothing in here
knows who started the program.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from pathlib import Path

# Under uvicorn and gunicorn the command line is theirs.
ARGUMENTS = (
    sys.argv if Path(sys.argv[0]).resolve().parent == Path(__file__).resolve().parent else []
)


def argument(index: int, variable: str, default: str) -> str:
    if len(ARGUMENTS) > index:
        return ARGUMENTS[index]
    return os.environ.get(variable, default)


def port() -> int:
    return int(argument(1, "PORT", "8080"))


def version_file() -> Path:
    return Path(argument(2, "VERSION_FILE", "version"))


def _read(path: Path, default: str) -> str:
    try:
        return path.read_text().strip() or default
    except FileNotFoundError:
        return default


def mode() -> str:
    return _read(version_file().parent / "mode", "ok")


MODE = mode()
DELAY = float(os.environ.get("DELAY_MS", "0")) / 1000  # of each answer
VERSION = _read(version_file(), os.environ.get("VERSION", "v0"))


def body() -> bytes:
    """The answer, with the process that gives it (a worker is not the process that imported us)."""
    if MODE == "die_on_first_request":
        os._exit(1)
    if MODE == "leave_on_first_request":
        os._exit(0)
    return f"{VERSION} {os.getpid()}\n".encode()


def _sleep_forever() -> None:
    while True:
        time.sleep(3600)


def start() -> None:
    """Called before the program listens: shows the fault, or returns."""
    if MODE == "exit1":
        sys.exit(1)
    if MODE == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if MODE == "hang":
        _sleep_forever()
    if MODE == "metrics_first":
        metrics = socket.create_server(("127.0.0.1", int(os.environ.get("METRICS_PORT", "0"))))
        metrics.setblocking(True)
        while True:
            metrics.accept()[0].close()
    if MODE.startswith("slow_start:"):
        time.sleep(float(MODE.partition(":")[2]))
