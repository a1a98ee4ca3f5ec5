"""What the programs of the comparison share: the version they answer with, the time they take to
start, and a state that grows. An answer is "<version> <name of the state> <requests it has seen>".

Nothing in here knows who started the program or how it is replaced. The name stands at the end of
the bulk, so that who shows an old name has the whole of it. VERSION_FILE is read once; START_S
seconds are slept, STATE_MB megabytes filled, at each start.
"""

from __future__ import annotations

import os
import threading
import time
import uuid
from pathlib import Path
from typing import Any

NAME_BYTES = 32
MEGABYTE = 1 << 20
LOCK = threading.Lock()


def fill(bulk: Any) -> None:  # noqa: ANN401 - numpy is there for a large one only
    """Whole megabytes, and the name at their end."""
    part = os.urandom(MEGABYTE)
    rows = bulk.reshape(-1, MEGABYTE)
    rows[:] = memoryview(part)
    bulk[-NAME_BYTES:] = memoryview(uuid.uuid4().hex.encode())


def _bulk(megabytes: int) -> Any:  # noqa: ANN401
    """As a program holds much in memory: an array of numpy. Without any, only the name."""
    if not megabytes:
        return bytearray(uuid.uuid4().hex.encode())
    import numpy as np

    bulk = np.empty(megabytes * MEGABYTE, np.uint8)
    fill(bulk)
    return bulk


VERSION = Path(os.environ["VERSION_FILE"]).read_text().strip()
time.sleep(float(os.environ.get("START_S", "0")))
STATE: dict[str, Any] = {"count": 0, "bulk": _bulk(int(os.environ.get("STATE_MB", "0")))}


def answer() -> bytes:
    with LOCK:
        STATE["count"] += 1
        name = bytes(STATE["bulk"][-NAME_BYTES:])
        return b"%s %s %d\n" % (VERSION.encode(), name, STATE["count"])
