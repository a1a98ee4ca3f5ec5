#!/usr/bin/env python3
"""Draws the life of a swap from launcher/swap/table.def, as a Mermaid state diagram.

Without an argument the diagram is printed. With --check or --write the block between the two
markers of docs/design.md is compared with it or replaced by it. Events that change no state, and
STOP, which leads to STOPPING from everywhere, are left out of the picture.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

TABLE = Path("launcher/swap/table.def")
PAGE = Path("docs/design.md")
BEGIN = "<!-- swap diagram: made by tools/swap_diagram.py -->"
END = "<!-- end of the swap diagram -->"
ROW = re.compile(r"^T\((\w+),\s*(\w+),\s*(\w+),\s*(\w+),\s*(\w+),\s*(\w+)\)")


def read_rows(text: str) -> list[tuple[str, str, str, str]]:
    """Every row as (state, event, guard, next state)."""
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.startswith("T("):
            continue
        match = ROW.match(line)
        if match is None:
            raise SystemExit(f"{TABLE}:{number}: not a row: {line}")
        state, event, guard, _, following, _ = match.groups()
        rows.append((state, event, guard, following))
    return rows


def draw(rows: list[tuple[str, str, str, str]]) -> str:
    edges: dict[tuple[str, str], list[str]] = {}
    for state, event, guard, following in rows:
        if state == following or event == "STOP":
            continue
        label = event.lower().replace("_", " ")
        if guard != "always":
            label += f" [{guard.replace('_', ' ')}]"
        labels = edges.setdefault((state, following), [])
        if label not in labels:
            labels.append(label)
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> START"]
    for (state, following), labels in edges.items():
        lines.append(f"    {state} --> {following}: {', '.join(labels)}")
    lines += ["    STOPPING --> [*]", "```"]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="compare with docs/design.md")
    parser.add_argument("--write", action="store_true", help="replace it in docs/design.md")
    options = parser.parse_args()
    diagram = draw(read_rows(TABLE.read_text(encoding="utf-8")))
    if not (options.check or options.write):
        print(diagram)
        return 0
    page = PAGE.read_text(encoding="utf-8")
    before, found, rest = page.partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not found or not closed:
        print(f"{PAGE}: the markers of the swap diagram are missing", file=sys.stderr)
        return 1
    wanted = f"{before}{BEGIN}\n{diagram}\n{END}{after}"
    if options.write:
        PAGE.write_text(wanted, encoding="utf-8")
    elif wanted != page:
        print(f"{PAGE}: the swap diagram is not that of {TABLE}: run tools/swap_diagram.py --write")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
