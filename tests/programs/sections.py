"""counter_asyncio.py with its state in sections, by the module: sections.py [PORT [VERSION_FILE]].

The file `mode` says what a version does with them: forget: it has no `cfg` any more; schema2: `cfg`
of a new schema, with a migration; more: one more section; load_error: its loader fails; undumpable:
what it has loaded cannot be dumped again.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[2] / "python"))

import aeterna  # noqa: E402
import counter_asyncio  # noqa: E402
import program_mode  # noqa: E402

program_mode.start()

STATE = aeterna.keep("state", default=lambda: counter_asyncio.STATE)
NAMES = aeterna.keep("names", default=lambda: {f"name {i}" for i in range(100)})
LOADED: list[Any] = []


def config() -> dict[str, int]:
    return {"limit": 3}


@aeterna.migrate("cfg", 1, 2)
def widen(old: dict[str, int]) -> dict[str, int]:
    return {**old, "depth": 1}


@aeterna.dump("loaded")
def dump_loaded() -> Any:
    return LOADED if program_mode.MODE == "undumpable" and LOADED else "nothing"


@aeterna.load("loaded")
def load_loaded(value: Any) -> None:
    if program_mode.MODE == "load_error":
        raise ValueError("this version does not like it")
    LOADED.append(threading.Lock())


if program_mode.MODE != "forget":
    SCHEMA = 2 if program_mode.MODE == "schema2" else 1
    CFG = aeterna.keep("cfg", default=config, codec="json", schema=SCHEMA)
if program_mode.MODE == "more":
    MORE = aeterna.keep("more", default=list)

asyncio.run(counter_asyncio.main())
