"""examples/websocket_agent.py in two processes, each with state, and with faults: the word in
MODE_FILE, if there is one, is looked up where the fault would happen.

refuse: the second process of a new version takes its time over its state and then refuses it: the
first one has loaded its own by then. die: a process that dumps ends while its sockets travel.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "examples"), str(ROOT / "python")]

import aeterna  # noqa: E402
import websocket_agent  # noqa: E402
from aeterna import _hooks, _runtime  # noqa: E402

REFUSAL_S = 0.5


def mode() -> str:
    path = Path(os.environ["MODE_FILE"])
    return path.read_text().strip() if path.exists() else ""


report = _runtime._report


def end_on_the_way(
    _error: int, _reason: None, _text: None, fds: Sequence[int], _count: int
) -> None:
    """The last descriptor is none: all messages but the last one leave."""
    many = [*fds, -1]
    error = report(0, None, None, (ctypes.c_int * len(many))(*many), len(many))
    os._exit(3 if error < 0 else 0)


@aeterna.dump("fault")
def save() -> str:
    if mode() == "die":
        _hooks._runtime._report = end_on_the_way
    return "state"


listener = websocket_agent.listen()

is_child = os.fork() == 0


@aeterna.load("fault")
def restore(saved: Any) -> None:
    if is_child and mode() == "refuse":
        time.sleep(REFUSAL_S)
        raise ValueError("no")


asyncio.run(websocket_agent.serve(listener))
