#!/usr/bin/python3
"""Holds the rows of launcher/swap/table.def against those that launchers took in the tests.

The tests' services append the rows they took to build/rows.txt, or AET_ROWS. Every one of them
has to be in the table; and with AET_ALL_ROWS=1, when all tests ran, each row of the table was
taken by some test. What is said is in GoogleTest's words, for tests/run.py.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "launcher/swap/table.def"
ROW = re.compile(r"^T\((\w+),\s*(\w+),\s*(\w+),\s*(\w+),\s*(\w+),\s*\w+\)", re.MULTILINE)


def read_taken(path: Path) -> dict[str, str]:
    """Each row that was taken, and one of the tests that did."""
    taken: dict[str, str] = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        row, _, test = line.partition("\t")
        taken.setdefault(row, test)
    return taken


def tell(checks: dict[str, list[str]]) -> int:
    failed = {name: complaints for name, complaints in checks.items() if complaints}
    for complaints in failed.values():
        print("\n".join(complaints))
    print(f"[  PASSED  ] {len(checks) - len(failed)} tests.")
    if failed:
        print(f"[  FAILED  ] {len(failed)} tests, listed above.")
    return 1 if failed else 0


def main() -> int:
    table = [" ".join(row) for row in ROW.findall(TABLE.read_text())]
    taken = read_taken(Path(os.environ.get("AET_ROWS", ROOT / "build/rows.txt")))
    reached = sum(row in taken for row in table)
    checks = {
        "known": [
            f"{test} took a row that is not in table.def: {row}"
            for row, test in taken.items()
            if row not in table
        ]
    }
    if os.environ.get("AET_ALL_ROWS") == "1":
        checks["all"] = [f"no test takes the row: {row}" for row in table if row not in taken]
    else:
        print("some tests ran, not all: that each row is taken is not checked")
    print(f"{reached} of the {len(table)} rows of table.def were taken")
    return tell(checks)


if __name__ == "__main__":
    sys.exit(main())
