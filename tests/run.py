#!/usr/bin/python3 -B
"""run.py TEST...: runs GoogleTest binaries and scripts one after the other and adds up.

The last line is "N passed, N failed". A test that hangs, one that was skipped, a binary that did
not reach its end, and one that leaves processes behind have failed.

Each test has a deadline (tests/runner/limits.py). At the deadline the stacks of all its threads are
printed, all its processes are killed, and the tests after it still run.
"""

from __future__ import annotations

import signal
import sys

from runner import binary, processes


def stop(number: int, _: object) -> None:
    sys.exit(128 + number)  # by way of the `finally` blocks: nothing that was started stays


def main() -> int:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    processes.adopt_orphans()
    passed, failed = binary.run_all(sys.argv[1:])
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
