"""python3 -m reach.one NAME: one row; its result goes to standard output as JSON.

A process of its own: whatever the row started stays below it, and is looked for at the end.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import sys
import tempfile

from runner import processes

from .row import find
from .rows import ROWS
from .trial import Result, Trial


class Late(Exception):
    pass


def late(*_: object) -> None:
    raise Late


def main() -> int:
    row = find(ROWS, sys.argv[1])
    if row is None:
        print(f"reach: no row of the name {sys.argv[1]}", file=sys.stderr)
        return 64
    processes.adopt_orphans()
    signal.signal(signal.SIGALRM, late)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.setitimer(signal.ITIMER_REAL, row.deadline_s)
    os.umask(0o022)
    with tempfile.TemporaryDirectory(prefix="aeterna-reach-", ignore_cleanup_errors=True) as path:
        os.chmod(path, 0o755)
        trial = Trial(row, path)
        try:
            result: Result = trial.run()
        except Late:
            result = trial.result
            result.verdict = f"not ended after {row.deadline_s:g} s"
        finally:
            processes.kill_all()
    json.dump(dataclasses.asdict(result), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
