"""The program of peer_asyncio.py with its array in an arena of Aeterna's, which changes hands at a
swap: the one program of the comparison that was written for what replaces it.
"""

from __future__ import annotations

import asyncio
import mmap
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))

import aeterna
import numpy as np

SIZE = int(os.environ.pop("STATE_MB")) << 20  # before the program makes an array of its own

import peer_asyncio  # noqa: E402
import peer_program  # noqa: E402


def hold() -> None:
    bulk = aeterna.arena("bulk", max_bytes=SIZE + mmap.PAGESIZE).empty(SIZE, np.uint8, name="bulk")
    if aeterna.generation <= 1:
        peer_program.fill(bulk)
    peer_program.STATE["bulk"] = bulk


if __name__ == "__main__":
    hold()
    asyncio.run(peer_asyncio.main())
