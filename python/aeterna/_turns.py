"""How long other threads may keep the interpreter while a load needs it."""

from __future__ import annotations

import sys

# A thread that computes gives the interpreter up when somebody has waited for a switch interval,
# 5 ms. A load waits for its turn after each system call, and clients wait for the load.
INTERVAL_S = 0.0002


class Short:
    """In a with statement: turns are short, unless the program's own are shorter."""

    def __enter__(self) -> None:
        self._own = sys.getswitchinterval()
        sys.setswitchinterval(min(self._own, INTERVAL_S))

    def __exit__(self, *error: object) -> None:
        sys.setswitchinterval(self._own)
