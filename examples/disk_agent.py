"""The chat agent or the vector agent as it is started without anything handed over: it reads its
memory from disk, and the vector agent's index is built again. disk_agent.py chat|vector FILE

The first line it prints says when each step was done, in nanoseconds of CLOCK_MONOTONIC.
`make test-benchmark` compares it with a swap. It knows nothing of Aeterna.
"""

from __future__ import annotations

import time

MARKS = {"started": time.monotonic_ns()}  # before anything that takes time

import asyncio  # noqa: E402
import importlib  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
from typing import Any  # noqa: E402

PLANES = 16  # bits of a bucket's number
AT_ONCE = 1 << 30  # a read takes less than 2 GiB, read(2)


def mark(step: str) -> None:
    MARKS[step] = time.monotonic_ns()


def read_history(agent: Any, path: str) -> None:  # noqa: ANN401
    with open(path) as file:
        agent.HISTORY.update(json.load(file))


def read_vectors(agent: Any, path: str) -> None:  # noqa: ANN401
    room = memoryview(agent.CACHE["vectors"]).cast("B")
    with open(path, "rb", buffering=0) as file:
        at = 0
        while at < len(room):
            got = file.readinto(room[at : at + AT_ONCE])
            if not got:
                raise EOFError(f"{path} ends after {at} of {len(room)} bytes")
            at += got


def build_index(agent: Any) -> None:  # noqa: ANN401
    """The sides of some planes on which a vector lies: its bucket; rows in the order of those."""
    np = importlib.import_module("numpy")
    vectors = agent.CACHE["vectors"]
    planes = np.random.default_rng(1).standard_normal((vectors.shape[1], PLANES), np.float32)
    buckets = np.packbits(vectors @ planes > 0, axis=1).view(np.uint16)[:, 0]
    agent.CACHE["index"] = {"buckets": buckets, "rows": np.argsort(buckets, kind="stable")}


def main() -> None:
    kind, path = sys.argv[1:]
    agent: Any = importlib.import_module(f"{kind}_agent")
    mark("imported")
    if kind == "chat":
        read_history(agent, path)
        mark("read")
    else:
        read_vectors(agent, path)
        mark("read")
        build_index(agent)
        mark("indexed")
    print(json.dumps(MARKS), flush=True)
    asyncio.run(agent.main())


if __name__ == "__main__":
    main()
