#!/usr/bin/env python3
"""How much stack the library's signal handler takes at most, by what gcc says of each function.

Usage: check_stack.py FUNCTION LIMIT FILE.ci... (of -fcallgraph-info=su). The handler runs on
whatever stack the interrupted thread is on. What the kernel puts there before is not counted, and
calls through pointers are not, either. Recursion has no bound and is a breach.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

NODE = re.compile(r'node: \{ title: "([^"]+)" label: "([^"]*)"')
SIZE = re.compile(r"\\n(\d+) bytes")
EDGE = re.compile(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"')
RETURN_ADDRESS = 8


class Graph:
    def __init__(self, texts: list[str]) -> None:
        self.bytes: dict[str, int] = {}
        self.calls: dict[str, set[str]] = {}
        self.known: dict[str, tuple[int, list[str]]] = {}
        for text in texts:
            for title, label in NODE.findall(text):
                size = SIZE.search(label)
                own = int(size[1]) if size else 0  # of another object: its own file tells
                self.bytes[title] = max(self.bytes.get(title, 0), own)
            for caller, callee in EDGE.findall(text):
                self.calls.setdefault(caller, set()).add(callee)

    def deepest(self, name: str, above: tuple[str, ...] = ()) -> tuple[int, list[str]]:
        if name in above:
            sys.exit(f"stack: {name} calls itself: " + " ".join(above))
        if name not in self.known:
            below = [self.deepest(callee, (*above, name)) for callee in self.calls.get(name, ())]
            size, path = max(below, default=(0, []))
            own = self.bytes.get(name, 0)
            self.known[name] = (own + RETURN_ADDRESS + size, [f"{name} {own}", *path])
        return self.known[name]


def main() -> None:
    function, limit, files = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    graph = Graph([Path(file).read_text(encoding="utf-8") for file in files])
    titles = [title for title in graph.bytes if title.split(":")[-1] == function]
    if len(titles) != 1:
        sys.exit(f"stack: {function} is there {len(titles)} times")
    size, path = graph.deepest(titles[0])
    print(f"stack: {function} takes {size} bytes of {limit}")
    if size > limit:
        sys.exit("stack: too many:\n  " + "\n  ".join(path))


if __name__ == "__main__":
    main()
