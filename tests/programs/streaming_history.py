"""What streaming_asgi.py and streaming_threads.py remember, and how two versions of it are merged.

The state is streaming_history:HISTORY. An answer is a stream of tokens over STREAM_S seconds, as
examples/streaming_agent.py tells it; it becomes part of the history at its end.

TICK=sleep, event or poll: a thread counts there as well, every millisecond while its version
serves, and appends the number to DIR/ticks-GENERATION; it waits in one of these ways.
"""

from __future__ import annotations

import json
import os
import select
import threading
import time
from pathlib import Path
from typing import Any, Callable

import aeterna

STREAM_S = float(os.environ.get("STREAM_S", "1"))
TOKENS = max(1, round(STREAM_S * 20))
PAUSE_S = STREAM_S / TOKENS
NO_MERGE = bool(os.environ.get("NO_MERGE"))
TICK = os.environ.get("TICK")
TICK_S = 0.001

Entry = Any  # a count, or a list of turns
HISTORY: dict[str, Entry] = {"count": 0, "asked": 0, "answered": 0, "turns": []}
LOCK = threading.Lock()


def both(base: Entry, theirs: Entry, ours: Entry) -> Entry:
    if isinstance(ours, int):
        return ours + theirs - base
    return ours + theirs[len(base) :]


if not NO_MERGE:
    aeterna.merge("streaming_history:HISTORY", lock=LOCK)(both)


NEVER = threading.Event()
WAITS: dict[str, Callable[[], Any]] = {
    "sleep": lambda: time.sleep(TICK_S),
    "event": lambda: NEVER.wait(TICK_S),
    "poll": lambda: select.select([], [], [], TICK_S),
}


def tick(kind: str) -> None:
    path = Path(os.environ.get("DIR", "."), "ticks-" + os.environ.get("AETERNA_GENERATION", "0"))
    with path.open("ab", buffering=0) as file:
        while True:
            WAITS[kind]()
            with LOCK:
                HISTORY["ticks"] += 1
                file.write(b"%d\n" % HISTORY["ticks"])


if TICK:
    HISTORY["ticks"] = 0
    aeterna.on_serving(threading.Thread(target=tick, args=(TICK,), daemon=True).start)


def count() -> int:
    with LOCK:
        HISTORY["count"] += 1
        return int(HISTORY["count"])


def remember(role: str, text: str) -> int:
    key = "asked" if role == "user" else "answered"
    with LOCK:
        HISTORY[key] += 1
        HISTORY["turns"].append({"role": role, "text": text})
        return int(HISTORY[key])


def shown(path: str) -> bytes:
    """What is not a stream."""
    if path == "/turns":
        body: dict[str, Any] = {"turns": HISTORY["turns"]}
    elif path == "/history":
        body = {key: HISTORY[key] for key in HISTORY if key not in ("turns", "count")}
    else:
        body = {"count": count()}
    return json.dumps({"pid": os.getpid(), **body}).encode() + b"\n"


def event(data: str) -> bytes:
    return f"data: {data}\n\n".encode()


def first(turn: int) -> bytes:
    return event(json.dumps({"turn": turn, "pid": os.getpid(), "tokens": TOKENS}))


def tokens(turn: int) -> list[str]:
    return [f"token {number} of turn {turn}" for number in range(TOKENS)]
