"""examples/websocket_agent.py in two processes, each with state. Where MODE_FILE says `refuse`, the
second one takes its time over its state and then refuses it: the first has loaded its own by then.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "examples"), str(ROOT / "python")]

import aeterna  # noqa: E402
import websocket_agent  # noqa: E402

REFUSAL_S = 0.5
refuses = Path(os.environ["MODE_FILE"]).exists()
listener = websocket_agent.listen()

if os.fork() == 0:

    @aeterna.dump("second")
    def save() -> str:
        return "state"

    @aeterna.load("second")
    def restore(saved: Any) -> None:
        if refuses:
            time.sleep(REFUSAL_S)
            raise ValueError("no")


asyncio.run(websocket_agent.serve(listener))
