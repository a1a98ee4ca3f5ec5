"""How long other threads may keep the interpreter while a load needs it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

# A thread that computes gives the interpreter up when somebody has waited for a switch interval,
# 5 ms. A load waits for its turn after each system call, and clients wait for the load.
INTERVAL_S = 0.0002


@contextlib.contextmanager
def short() -> Iterator[None]:
    own = sys.getswitchinterval()
    sys.setswitchinterval(min(own, INTERVAL_S))
    try:
        yield
    finally:
        sys.setswitchinterval(own)
