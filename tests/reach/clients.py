"""Light load: clients with new connections, and clients that keep theirs.

Of the kept ones half ask all the time, the others are silent while the swap goes on and ask after
it: those hang where nobody takes their connection up.
"""

from __future__ import annotations

import dataclasses
import functools
import threading
import time
from collections import Counter
from collections.abc import Callable

from .talk import Talk
from .wire import FAILED, HANGING, LOST, Address, Trouble, Wire

NEW_CLIENTS = 2
PAUSE_S = 0.03  # between two requests of one client
AFTERWARDS = 5  # requests of a busy client that have to be answered after the swap
# A silent connection that was closed after this long may have met the server's own time limit.
SILENCE_S = 1.5


@dataclasses.dataclass
class Tally:
    answered: int = 0
    troubles: Counter[str] = dataclasses.field(default_factory=Counter)
    texts: Counter[str] = dataclasses.field(default_factory=Counter)
    closed_by_limit: int = 0  # silent for longer than SILENCE_S
    ended: int = 0  # closed, where the row says that they are
    worst_ms: float = 0
    _lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)

    def took(self, what: Callable[[], bool], may_end: bool = False) -> bool:
        """Does one request; whether it was answered and the connection is kept."""
        start = time.monotonic()
        try:
            kept = what()
        except Trouble as why:
            with self._lock:
                if may_end and why.kind != HANGING:
                    self.ended += 1
                    return False
                self.troubles[why.kind] += 1
                self.texts[f"{why.kind}: {why}"] += 1
            return False
        with self._lock:
            self.answered += 1
            self.worst_ms = max(self.worst_ms, (time.monotonic() - start) * 1000)
        return kept

    def says(self) -> str:
        """Empty when all went well."""
        parts = [f"{self.troubles[kind]} {kind}" for kind in (FAILED, HANGING, LOST)]
        return ", ".join(part for part in parts if not part.startswith("0 "))


class Crowd:
    """Use in a `with` block: its connections are open and answered when it begins."""

    def __init__(self, talk: Talk, address: Address, new: bool, kept: int, may_end: bool) -> None:
        self.tally = Tally()
        self._talk = talk
        self._address = address
        self._may_end = may_end  # kept connections may be closed, but none may hang
        self._end = threading.Event()
        self._first = not talk.once  # a request before the swap: with `once` it would be the last
        self._busy = [self._opened() for _ in range(kept if self._first else 0)]
        self._silent = [self._opened() for _ in range(kept)]
        self._silent_since = time.monotonic()
        self._counts = [0] * (len(self._busy) + (NEW_CLIENTS if new else 0))
        works: list[Callable[[], bool]] = [
            functools.partial(self._ask, wire) for wire in self._busy
        ]
        if new:
            works += [self._fresh] * NEW_CLIENTS
        self._threads = [
            threading.Thread(target=self._repeat, args=(number, work), daemon=True)
            for number, work in enumerate(works)
        ]

    def _opened(self) -> Wire:
        wire = self._talk.open(self._address)
        if self._first:
            self._talk.ask(wire)
        return wire

    def _ask(self, wire: Wire) -> bool:
        return self.tally.took(lambda: self._talk.ask(wire), self._may_end)

    def _fresh(self) -> bool:
        def one() -> bool:
            self._talk.fresh(self._address)
            return True

        self.tally.took(one)
        return True

    def _repeat(self, number: int, work: Callable[[], bool]) -> None:
        while not self._end.wait(PAUSE_S):
            if not work():
                self._counts[number] = -1  # its connection is gone
                return
            self._counts[number] += 1

    def __enter__(self) -> Crowd:
        for thread in self._threads:
            thread.start()
        self.settle()
        return self

    def settle(self) -> None:
        """Until each client that has a connection was answered some times more."""
        goals = [count + AFTERWARDS for count in self._counts]
        end = time.monotonic() + 30
        while time.monotonic() < end:
            pairs = zip(self._counts, goals)
            if all(count == -1 or count >= goal for count, goal in pairs):
                return
            time.sleep(0.01)

    def after_swap(self) -> None:
        """The silent ones ask; then the busy ones are waited for."""
        silent_s = time.monotonic() - self._silent_since
        for wire in self._silent:
            if silent_s > SILENCE_S and wire.is_closed():
                self.tally.closed_by_limit += 1
                continue
            self._ask(wire)
        self.settle()

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()
        for wire in self._busy + self._silent:
            wire.close()
