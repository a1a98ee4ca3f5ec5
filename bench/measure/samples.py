"""What the load client wrote with --raw: for each request when it was due and when it was answered.

A window is a pair of CLOCK_MONOTONIC times in nanoseconds, the clock of time.monotonic_ns().
"""

from __future__ import annotations

import bisect
from pathlib import Path

Window = tuple[int, int]
GOOD = ("ok", "late")  # a late one has a latency, too: it must not make the server look faster


class Samples:
    def __init__(self, path: Path) -> None:
        self._requests: list[tuple[int, int]] = []  # when due, microseconds until the answer
        self._answers: list[int] = []  # of new connections, when
        self._all_answers: list[int] = []
        self._failures: list[tuple[int, str]] = []
        with path.open() as file:
            next(file)
            for line in file:
                self._add(line)
        self._requests.sort()
        self._answers.sort()
        self._all_answers.sort()

    def _add(self, line: str) -> None:
        scheduled, latency, client, kind, _ = line.split(",")
        due = int(scheduled)
        answered = due + int(latency) * 1000
        if kind in GOOD:
            self._requests.append((due, int(latency)))
        if kind != "ok":
            self._failures.append((due, f"{client} {kind}"))
            return
        self._all_answers.append(answered)
        if client == "new":
            self._answers.append(answered)

    def longest_gap_ms(self, window: Window, every_client: bool = False) -> tuple[float, int]:
        """The longest time without an answer to a new connection, and when it began.

        Keep-alive clients are left out by default: the old generation goes on answering them, and
        would hide a pause that every new client sees.
        """
        answers = self._all_answers if every_client else self._answers
        first = bisect.bisect_left(answers, window[0])
        last = bisect.bisect_right(answers, window[1])
        times = [window[0], *answers[first:last], window[1]]
        gap, begin = max((b - a, a) for a, b in zip(times, times[1:]))
        return gap / 1e6, begin

    def latencies_ms(self, window: Window) -> list[float]:
        """Of the requests, of both kinds of clients, that were due in the window."""
        first = bisect.bisect_left(self._requests, (window[0], 0))
        last = bisect.bisect_right(self._requests, (window[1], 0))
        return [latency / 1000 for _, latency in self._requests[first:last]]

    def first_answer_ns(self, after_ns: int) -> int:
        """The first answer to a new connection at or after this moment."""
        found = bisect.bisect_left(self._answers, after_ns)
        if found == len(self._answers):
            raise ValueError("no answer after that")
        return self._answers[found]

    def requests(self, window: Window) -> list[tuple[int, float]]:
        """When each that was due in the window was due, and its latency in milliseconds."""
        first = bisect.bisect_left(self._requests, (window[0], 0))
        last = bisect.bisect_right(self._requests, (window[1], 0))
        return [(due, latency / 1000) for due, latency in self._requests[first:last]]

    def failures(self, window: Window) -> list[str]:
        return [what for _, what in self.failed(window)]

    def failed(self, window: Window) -> list[tuple[int, str]]:
        """When each that failed was due, and what became of it."""
        return [one for one in self._failures if window[0] <= one[0] <= window[1]]
