"""Counts its requests as counter_asyncio.py does, and keeps the count by `import aeterna`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "python"))

import aeterna  # noqa: E402
import counter_asyncio  # noqa: E402
import program_mode  # noqa: E402

counter_asyncio.STATE = aeterna.keep("counter", default=lambda: {"count": 0, "log": []})

if __name__ == "__main__":
    program_mode.start()
    asyncio.run(counter_asyncio.main())
