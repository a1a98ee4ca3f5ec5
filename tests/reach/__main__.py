"""python3 -m reach [--only WORD...] [--table]: the rows, two at a time, and docs/programs.md.

A row's result is build/reach/results/NAME.json, with the end of its log. The table in docs/ is
written when all rows have run (or with --table, from the results that are there). The last line is
"N passed, N failed"; exit status 1 if a row's verdict is not the expected one.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

from runner import processes

from . import places, table
from .row import Row
from .rows import ROWS

AT_ONCE = 2
GRACE_S = 60  # for a row's own end after its deadline


def run(row: Row) -> dict[str, Any]:
    child = subprocess.Popen(
        [sys.executable, "-B", "-m", "reach.one", row.name],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(places.TOP / "tests")},
    )
    try:
        out, _ = child.communicate(timeout=row.deadline_s + GRACE_S)
        result: dict[str, Any] = json.loads(out)
    except (subprocess.TimeoutExpired, ValueError) as why:
        processes.signal_all([*processes.descendants(child.pid), child.pid], signal.SIGKILL)
        child.wait()
        result = {"name": row.name, "verdict": f"the runner failed: {type(why).__name__}"}
    places.RESULTS.mkdir(parents=True, exist_ok=True)
    file = places.RESULTS / f"{row.name}.json"
    file.write_text(json.dumps(result, indent=1) + "\n")
    return result


def say(row: Row, result: dict[str, Any]) -> None:
    mark = "ok  " if table.passed(row, result) else "FAIL"
    version = result.get("version", "")
    print(
        f"{mark} {row.name} {version}: {result['verdict']} ({result.get('took_s', 0)} s)",
        flush=True,
    )


def chosen(words: Sequence[str]) -> list[Row]:
    """Of each word the row of that name, or all whose name or origin has it in it."""
    found: list[Row] = []
    for word in words:
        exact = [row for row in ROWS if row.name == word]
        found += exact or [row for row in ROWS if word in row.name or word in row.words]
    return list(dict.fromkeys(found)) if words else list(ROWS)


def main() -> int:
    parser = argparse.ArgumentParser(prog="reach", description="real programs under the launcher")
    parser.add_argument("--table", action="store_true", help="only write docs/programs.md")
    parser.add_argument("--only", nargs="*", default=[], help="names of rows, or words in them")
    options = parser.parse_args()
    if options.table:
        table.write(ROWS)
        return 0
    rows = chosen(options.only)
    if not rows:
        parser.error("no such row")
    processes.adopt_orphans()
    passed = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        under_way = {pool.submit(run, row): row for row in rows}
        for done in as_completed(under_way):
            row, result = under_way[done], done.result()
            say(row, result)
            passed += table.passed(row, result)
    if not options.only:
        table.write(ROWS)
    print(f"{passed} passed, {len(rows) - passed} failed")
    return 0 if passed == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
