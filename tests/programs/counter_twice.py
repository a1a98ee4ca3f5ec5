"""As counter_asyncio.py, in a file that is the script and is imported: every global is there twice,
and the imported one counts.
"""

from __future__ import annotations

from typing import Any

import counter_asyncio
import program_mode

STATE: dict[str, Any] = {"count": 0}


def answer() -> bytes:
    STATE["count"] += 1
    return f"{program_mode.VERSION} {STATE['count']}\n".encode()


if __name__ == "__main__":
    import asyncio

    import counter_twice

    counter_asyncio.answer = counter_twice.answer
    program_mode.start()
    asyncio.run(counter_asyncio.main())
