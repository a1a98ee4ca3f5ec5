"""As counter_asyncio.py, with memory beside what the configuration names, counter_memory:STATE:
counter_memory.py [PORT [VERSION_FILE]].

PLACE says where the count is. With `key` it is in the named dictionary, and the first request takes
a key away that each version has at its start.
"""

from __future__ import annotations

import itertools
import os
from typing import Any

import counter_asyncio
import program_mode

PLACE = os.environ.get("PLACE", "key")


class Agent:
    count = 0
    ids = itertools.count(1)

    def next(self) -> int:
        Agent.count += 1
        assert next(self.ids) == Agent.count
        return Agent.count


STATE: dict[str, Any] = {"count": 0, "first": True, "agent": Agent()}
IDS = itertools.count(1)
TOOLS: dict[str, int] = {"count": 0}


def from_key() -> int:
    STATE["count"] += 1
    if STATE["count"] == 1:
        del STATE["first"]
    assert "first" not in STATE
    return int(STATE["count"])


def from_class() -> int:
    return int(STATE["agent"].next())


def from_counter() -> int:
    return next(IDS)


def from_alias() -> int:
    """Both ways to one object, in turn."""
    tools = STATE.setdefault("tools", TOOLS)
    tools["count"] += 1
    TOOLS["count"] += 1
    assert tools is TOOLS
    return TOOLS["count"] // 2


def answer() -> bytes:
    return f"{program_mode.VERSION} {globals()['from_' + PLACE]()}\n".encode()


counter_asyncio.answer = answer

if __name__ == "__main__":
    import asyncio

    program_mode.start()
    asyncio.run(counter_asyncio.main())
