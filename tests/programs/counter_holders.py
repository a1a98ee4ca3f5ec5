"""As counter_asyncio.py, with a count that is never asked for by its name: counter_holders.py [PORT
[VERSION_FILE]].

HOLDER says who has it instead, HOLDER_99 who has it in version 99. With KEEP set aeterna.keep() has
it, otherwise the configuration names counter_holders:STATE. From version 2 on the state has a field
more, and needs it.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import counter_asyncio
import program_mode

HOLDER = os.environ.get("HOLDER", "attribute")
if program_mode.VERSION == "v99":
    HOLDER = os.environ.get("HOLDER_99", "slice")
MISSING = object()


class App:
    pass


class Agent:
    """Its tools are its own bound methods."""

    def __init__(self) -> None:
        self.memory = Memory()
        self.tools = {"next": self.next}
        self.nothing = MISSING
        if program_mode.VERSION != "v1":
            self.step = 1

    def next(self) -> int:
        self.memory.count += getattr(self, "step", 1)
        if program_mode.VERSION != "v1":
            assert self.step == 1 and self.memory.facts == []
        assert self.nothing is MISSING
        return self.memory.count


@dataclasses.dataclass
class Memory:
    count: int = 0

    if program_mode.VERSION != "v1":
        facts: list[str] = dataclasses.field(default_factory=list)


def start() -> Any:
    if HOLDER == "tools":
        return Agent()
    if HOLDER == "list":
        return []
    if HOLDER == "part":
        state: dict[str, Any] = {"index": {"count": 0}}
        if program_mode.VERSION != "v1":
            state["step"] = 1
        return state
    return itertools.count(1)


if "KEEP" in os.environ:
    sys.path.append(str(Path(__file__).resolve().parents[2] / "python"))
    import aeterna

    STATE = aeterna.keep("state", start)
else:
    STATE = start()


def counted(index: dict[str, int]) -> int:
    index["count"] += STATE["step"] if program_mode.VERSION != "v1" else 1
    return index["count"]


def held() -> Callable[[], int]:
    """Whoever has the count, and how it is taken from there."""
    if HOLDER == "tools":
        tool: Callable[[], int] = STATE.tools["next"]
        return tool
    if HOLDER == "part":
        return functools.partial(counted, STATE["index"])
    app: Any = App()
    app.ids = STATE
    if HOLDER == "tuple":
        app.pair = ("ids", (app.ids,))
        del app.ids
        return lambda: next(app.pair[1][0])
    if HOLDER == "bound":
        bound: Callable[[], int] = STATE.__next__
        return bound
    if HOLDER == "closure":
        ids = STATE
        return lambda: next(ids)
    if HOLDER == "slice":
        app.ids = itertools.islice(STATE, 1_000_000)
    return lambda: next(app.ids)


NEXT = held()


def answer() -> bytes:
    return f"{program_mode.VERSION} {NEXT()}\n".encode()


counter_asyncio.answer = answer

if __name__ == "__main__":
    import asyncio

    program_mode.start()
    asyncio.run(counter_asyncio.main())
