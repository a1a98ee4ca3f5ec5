"""docs/programs.md: the rows and what happened, as people look theirs up."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from typing import Any

from . import places
from .row import SWAPS, Row

HEAD = """# Programs that were tried

`make test-reach` wrote this table: {rows} programs, {passed} of them as expected, {swaps} swapped
with nothing failed, nothing hanging and nothing lost. Each ran unmodified under the launcher, with
the launcher's defaults but for what its row says, and got, under light load:

- two good swaps with clients that open a connection for each request,
- two good swaps with clients that keep their connections, and nobody else: half of them ask all the
  time, half are silent during the swap and ask after it,
- one bad version (a configuration with an error, or a program that ends at its start), with both
  kinds of clients: it has to be undone within 10 s more than a good one takes to start, and the old
  version serves on.

Nothing may be left running after the stop. The pause is the median of the good swaps, from the gate
to the commit, on a machine that runs other things at the same time. *moved*: kept connections went
to the new version, which answers them from then on; *stay*: the old version serves them to their
end, as with `connections: drain`; *closes*: the server itself closes each connection after its
answer. With `overlap: false` nobody is left to serve them: they are *kept* for the new version if
they speak HTTP, else they *end*. Programs come from Debian 12, PyPI and npm.

`make test-reach REACH=NAME` runs one row, and leaves this file alone; its log is in
`build/reach/results/NAME.json`.
"""
COLUMNS = ("program", "version", "how it is run", "verdict", "pause", "kept connections", "note")
KINDS = {"deb": "Debian", "here": "Debian", "pypi": "PyPI", "npm": "npm"}


def passed(row: Row, result: dict[str, Any]) -> bool:
    return bool(result.get("verdict") == row.expected)


def result_of(row: Row) -> dict[str, Any]:
    """Empty where the row was not run."""
    try:
        found: dict[str, Any] = json.loads((places.RESULTS / f"{row.name}.json").read_text())
    except (OSError, ValueError):
        return {}
    return found


def _how(row: Row) -> str:
    if row.how:
        return row.how
    words = [word.rpartition("/")[2] if word.startswith("@") else word for word in row.command]
    text = " ".join(words)
    for word, shown in (("@PORT@", "PORT"), ("@PORT2@", "PORT2"), ("@DIR@/", ""), ("@DIR@", ".")):
        text = text.replace(word, shown)
    return text


def _kept(row: Row, result: dict[str, Any]) -> str:
    if not result.get("keeps", True):
        return "closes"
    if not result.get("kept_answered"):
        return ""
    if row.handoff.get("overlap") is False:
        return "end" if row.kept_end else "kept"
    return "moved" if result.get("moved") else "stay"


def _cells(row: Row, result: dict[str, Any]) -> Sequence[str]:
    pauses = result.get("pauses_ms") or []
    notes = list(dict.fromkeys([row.note, *result.get("notes", [])]))
    hidden = "closes each connection after its answer"  # a column says so
    return (
        row.name,
        f"{result.get('version', '')} ({KINDS[row.words[0]]})",
        f"`{_how(row)}`",
        result.get("verdict", "not run"),
        f"{statistics.median(pauses):.1f} ms" if pauses else "",
        _kept(row, result),
        "; ".join(note for note in notes if note and note != hidden),
    )


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def write(rows: Sequence[Row]) -> None:
    results = [(row, result_of(row)) for row in rows]
    good = [row for row, result in results if passed(row, result)]
    swaps = [row for row, result in results if result.get("verdict") == SWAPS]
    head = HEAD.format(rows=len(rows), passed=len(good), swaps=len(swaps))
    lines = [_line(COLUMNS), _line(["---"] * len(COLUMNS))]
    lines += [_line(_cells(*pair)) for pair in sorted(results, key=lambda pair: pair[0].name)]
    places.TABLE.write_text(head + "\n" + "\n".join(lines) + "\n")
