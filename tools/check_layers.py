#!/usr/bin/env python3
"""Checks who includes whom: the arrows between the directories go one way.

Every include of a project header is resolved and its directory looked up in ALLOWED; libyaml may
be used by one file only. Prints file:line: reason for each breach; exit status 1 if there is any.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# directory: the directories it may include from (its own always)
ALLOWED: dict[str, frozenset[str]] = {
    "include": frozenset(),
    "common": frozenset({"include"}),
    "preload": frozenset({"include", "common"}),
    "launcher": frozenset({"include", "common"}),
    "bench": frozenset(),
    "examples": frozenset({"include"}),
    "tests": frozenset({"include", "common", "preload", "launcher"}),
}
LIBYAML_ONLY_IN = "launcher/config/yaml_tree.c"
SEARCHED = ("include", "common", "preload", "launcher")
SUFFIXES = frozenset({".c", ".h", ".cc", ".cpp", ".hpp", ".def"})
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def sources() -> Iterator[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        check=True,
        capture_output=True,
        text=True,
    )
    for line in sorted(listed.stdout.splitlines()):
        path = Path(line)
        if path.suffix in SUFFIXES and path.is_file():
            yield path


def resolve(source: Path, name: str) -> Path | None:
    """The project file that an include in source means; None for a system header.

    Looks first where source may look, so that a name two parts share is not held against it.
    """
    part = source.parts[0]
    allowed = ALLOWED.get(part, frozenset())
    places = [source.parent, Path(part), Path(part) / "support"]
    places += [Path(place) for place in SEARCHED if place in allowed]
    places += [Path(place) for place in SEARCHED if place not in allowed]
    for place in places:
        candidate = place / name
        if candidate.is_file():
            return candidate
    return None


def breach(source: Path, quote: str, name: str) -> str | None:
    if name == "yaml.h" and source.as_posix() != LIBYAML_ONLY_IN:
        return f"libyaml is used by {LIBYAML_ONLY_IN} alone"
    target = resolve(source, name)
    if target is None:
        return f"no such project header: {name}" if quote == '"' else None
    part = source.parts[0]
    other = Path(*[p for p in target.parts if p != ".."]).parts[0]
    if ".." in target.parts:
        other = target.resolve().relative_to(Path.cwd().resolve()).parts[0]
    if other == part or other in ALLOWED.get(part, frozenset()):
        return None
    return f"{part}/ may not include {other}/ ({name})"


def main() -> int:
    count = 0
    found = 0
    for source in sources():
        if source.parts[0] not in ALLOWED:
            continue
        count += 1
        text = source.read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), start=1):
            match = INCLUDE.match(line)
            reason = match and breach(source, match.group(1), match.group(2))
            if reason:
                found += 1
                print(f"{source}:{number}: {reason}")
    print(f"layers: {count} files, {found} breaches")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
