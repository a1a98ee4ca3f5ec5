#!/usr/bin/env python3
"""How much stack the library's signal handler takes at most, by what gcc says of each function.

Usage: check_stack.py FUNCTION LIMIT CALLER=CALLEE... FILE.ci... (of -fcallgraph-info=su). The
handler runs on whatever stack the interrupted thread is on. What the kernel puts there before is
not counted. CALLER=CALLEE says what a function calls through a pointer; such a call that nobody
explains is a breach, and so is recursion, which has no bound.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

NODE = re.compile(r'node: \{ title: "([^"]+)" label: "([^"]*)"')
SIZE = re.compile(r"\\n(\d+) bytes")
EDGE = re.compile(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"')
RETURN_ADDRESS = 8
BY_POINTER = "__indirect_call"


class Graph:
    def __init__(self, texts: list[str], pointers: dict[str, str]) -> None:
        self.bytes: dict[str, int] = {}
        self.calls: dict[str, set[str]] = {}
        self.known: dict[str, tuple[int, list[str]]] = {}
        for text in texts:
            for title, label in NODE.findall(text):
                size = SIZE.search(label)
                own = int(size[1]) if size else 0  # of another object: its own file tells
                self.bytes[title] = max(self.bytes.get(title, 0), own)
            for caller, callee in EDGE.findall(text):
                explained = pointers.get(caller, callee) if callee == BY_POINTER else callee
                self.calls.setdefault(caller, set()).add(explained)

    def deepest(self, name: str, above: tuple[str, ...] = ()) -> tuple[int, list[str]]:
        if name == BY_POINTER:
            sys.exit(f"stack: {above[-1]} calls through a pointer: what?")
        if name in above:
            sys.exit(f"stack: {name} calls itself: " + " ".join(above))
        if name not in self.known:
            below = [self.deepest(callee, (*above, name)) for callee in self.calls.get(name, ())]
            size, path = max(below, default=(0, []))
            own = self.bytes.get(name, 0)
            self.known[name] = (own + RETURN_ADDRESS + size, [f"{name} {own}", *path])
        return self.known[name]


def main() -> None:
    function, limit = sys.argv[1], int(sys.argv[2])
    pointers = dict(word.split("=") for word in sys.argv[3:] if "=" in word)
    texts = [Path(word).read_text(encoding="utf-8") for word in sys.argv[3:] if "=" not in word]
    graph = Graph(texts, pointers)
    titles = [title for title in graph.bytes if title.split(":")[-1] == function]
    if len(titles) != 1:
        sys.exit(f"stack: {function} is there {len(titles)} times")
    size, path = graph.deepest(titles[0])
    print(f"stack: {function} takes {size} bytes of {limit}")
    if size > limit:
        sys.exit("stack: too many:\n  " + "\n  ".join(path))


if __name__ == "__main__":
    main()
