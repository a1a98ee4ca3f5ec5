"""What streaming_asgi.py and streaming_threads.py remember, and how two versions of it are merged.

The state is streaming_history:HISTORY. An answer is a stream of tokens over STREAM_S seconds, as
examples/streaming_agent.py tells it; it becomes part of the history at its end.
"""

from __future__ import annotations

import json
import os
import threading
from typing import Any

import aeterna

STREAM_S = float(os.environ.get("STREAM_S", "1"))
TOKENS = max(1, round(STREAM_S * 20))
PAUSE_S = STREAM_S / TOKENS
NO_MERGE = bool(os.environ.get("NO_MERGE"))

Entry = Any  # a count, or a list of turns
HISTORY: dict[str, Entry] = {"count": 0, "asked": 0, "answered": 0, "turns": []}
LOCK = threading.Lock()


def both(base: Entry, theirs: Entry, ours: Entry) -> Entry:
    if isinstance(ours, int):
        return ours + theirs - base
    return ours + theirs[len(base) :]


if not NO_MERGE:
    aeterna.merge("streaming_history:HISTORY", lock=LOCK)(both)


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
        body = {key: HISTORY[key] for key in ("asked", "answered")}
    else:
        body = {"count": count()}
    return json.dumps({"pid": os.getpid(), **body}).encode() + b"\n"


def event(data: str) -> bytes:
    return f"data: {data}\n\n".encode()


def first(turn: int) -> bytes:
    return event(json.dumps({"turn": turn, "pid": os.getpid(), "tokens": TOKENS}))


def tokens(turn: int) -> list[str]:
    return [f"token {number} of turn {turn}" for number in range(TOKENS)]
