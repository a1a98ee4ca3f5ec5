"""counter_asyncio.py with a section of every kind in its state, and faults of its own.

In DIR: `dump_fault` names what happens in the next dump, `schema` the version of the JSON
section. The mode `cramped` has no room for more than there is already, `let_go` lets go of a
stream that it has not read. With BREAKS set SIGPIPE ends it, as whoever does not ignore it.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import resource
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[2] / "python"))

import aeterna  # noqa: E402
import counter_asyncio  # noqa: E402
import program_mode  # noqa: E402

LOCK = threading.Lock()
SPARE = 4 << 20


def word(name: str, default: str) -> str:
    return program_mode._read(Path(os.environ.get("DIR", ".")) / name, default)


class Bulk:
    """Bytes that leave the stream of the pickle."""

    def __init__(self, content: Any) -> None:
        self.content = content

    def __reduce_ex__(self, protocol: Any) -> Any:
        return Bulk, (pickle.PickleBuffer(self.content),)


class Guarded:
    """What another thread is at work on: whoever takes the lock waits for ever."""

    def __getstate__(self) -> dict[str, Any]:
        fault = word("dump_fault", "none")
        if fault == "deadlock":
            LOCK.acquire()
        if fault == "hang":
            threading.Event().wait()
        if fault == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if fault == "exit":
            os._exit(0)
        if fault == "error":
            raise ValueError("not now")
        return {"faults": 0}

    def __setstate__(self, state: dict[str, Any]) -> None:
        if program_mode.MODE == "load_error":
            raise ValueError("not here")
        if program_mode.MODE == "load_crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if program_mode.MODE == "load_hang":
            threading.Event().wait()


def hold_for_ever() -> None:
    with LOCK:
        threading.Event().wait()


def let_go(stream: int, buffers: Any) -> int:
    """Instead of reading, when the writer has filled it and waits."""
    time.sleep(0.1)
    os.close(stream)
    time.sleep(0.1)
    raise ValueError("not read")


def take_all_room() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    room = pages * resource.getpagesize() + SPARE
    resource.setrlimit(resource.RLIMIT_AS, (room, room))


if __name__ == "__main__":
    program_mode.start()
    # As hooks in C name theirs.
    SETTINGS = aeterna.keep(
        "hook", default=lambda: ["small"], codec="json", schema=int(word("schema", "1"))
    )
    if "NO_ARENA" not in os.environ:
        VECTORS = aeterna.arena("vectors", max_bytes=1 << 16)
    size = int(os.environ.get("STATE_MIB", "0")) << 20 or 1 << 17
    counter_asyncio.STATE["bulk"] = Bulk(bytearray(size))
    counter_asyncio.STATE["guarded"] = Guarded()
    threading.Thread(target=hold_for_ever, daemon=True).start()
    if "BREAKS" in os.environ:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    if program_mode.MODE == "let_go":
        os.readv = let_go
    if program_mode.MODE == "cramped":
        take_all_room()
    asyncio.run(counter_asyncio.main())
