#!/usr/bin/env python3
"""Checks who includes whom: the arrows between directories and between files go one way.

- Every include of a project header is looked up in ALLOWED (between the parts of the project) and
  in ROOMS (between the rooms of a part); libyaml may be used by one file only.
- Files, a noun being x.c and x.h, form no cycle by their includes beyond those of CYCLES.
- What a header declares is defined in its own .c, beyond what DECLARED names.

Prints file:line: reason for each breach; exit status 1 if there is any.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from source_graph import cycles, declared, defined, includes, noun

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

# room: the rooms of the same part it may include from (its own always); "" has the files that lie
# in no room. Bottom first.
PRELOAD_ROOMS: dict[str, frozenset[str]] = {
    "core": frozenset(),
    "connections": frozenset({"core"}),
    "listeners": frozenset({"connections", "core"}),
    "state": frozenset({"connections", "core"}),
    "hooks": frozenset({"listeners", "connections", "core"}),
    # In the place of connections/ and of its hooks, in the library that follows none.
    "plain": frozenset({"listeners", "connections", "core"}),
    "entry": frozenset({"state", "listeners", "connections", "core"}),
}
_BELOW_SWAP = frozenset({"base", "config", "service", "inspect", "listen", "process", "state"})
LAUNCHER_ROOMS: dict[str, frozenset[str]] = {
    "base": frozenset(),
    "config": frozenset({"base"}),
    "service": frozenset({"base", "config"}),
    "inspect": frozenset({"base", "config"}),
    "listen": frozenset({"base"}),
    "process": frozenset({"base", "config", "service", "listen"}),
    "state": frozenset({"base", "config", "service", "process"}),
    "swap": _BELOW_SWAP,
    "control": _BELOW_SWAP | {"swap"},
    "cli": frozenset({"base", "config", "inspect", "control"}),
    "": _BELOW_SWAP | {"swap", "control", "cli"},
}
ROOMS = {"preload": PRELOAD_ROOMS, "launcher": LAUNCHER_ROOMS}

# part: the cycles of nouns that stay, each with its reason; None: not checked yet
CYCLES: dict[str, dict[frozenset[str], str] | None] = {
    "common": {},
    "preload": {},
    "launcher": {},
}

# part: what its headers declare and another file defines, with the reason; None: not checked yet
DECLARED: dict[str, dict[str, str] | None] = {
    "common": {},
    "preload": {"__errno_location": "libc has it, behind the macro errno"},
    "launcher": {},
}

LIBYAML_ONLY_IN = "launcher/config/yaml_tree.c"
SEARCHED = ("include", "common", "preload", "launcher")
SUFFIXES = frozenset({".c", ".h", ".cc", ".cpp", ".hpp", ".def"})


def sources() -> Iterator[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        check=True,
        capture_output=True,
        text=True,
    )
    for line in sorted(listed.stdout.splitlines()):
        path = Path(line)
        if path.suffix in SUFFIXES and path.is_file() and path.parts[0] in ALLOWED:
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
            if ".." in candidate.parts:
                return candidate.resolve().relative_to(Path.cwd().resolve())
            return candidate
    return None


def room_of(path: Path) -> str:
    return path.parts[1] if len(path.parts) > 2 else ""


def room_breach(source: Path, target: Path) -> str | None:
    rooms = ROOMS.get(source.parts[0])
    if rooms is None:
        return None
    room, other = room_of(source), room_of(target)
    if room not in rooms:
        return f"{source.parts[0]}/{room} is no room of check_layers.py"
    if other == room or other in rooms[room]:
        return None
    return f"{room}/ may not include {other}/ ({target.name})"


def breach(source: Path, quote: str, name: str, target: Path | None) -> str | None:
    if name == "yaml.h" and source.as_posix() != LIBYAML_ONLY_IN:
        return f"libyaml is used by {LIBYAML_ONLY_IN} alone"
    if target is None:
        return f"no such project header: {name}" if quote == '"' else None
    part, other = source.parts[0], target.parts[0]
    if other == part:
        return room_breach(source, target)
    if other in ALLOWED[part]:
        return None
    return f"{part}/ may not include {other}/ ({name})"


def include_breaches(files: list[Path]) -> Iterator[str]:
    for source in files:
        for number, quote, name in includes(source):
            reason = breach(source, quote, name, resolve(source, name))
            if reason:
                yield f"{source}:{number}: {reason}"


def cycle_breaches(part: str, files: list[Path]) -> Iterator[str]:
    allowed = CYCLES.get(part)
    if allowed is None:
        return
    graph: dict[str, set[str]] = {noun(path): set() for path in files}
    for source in files:
        for _, _, name in includes(source):
            target = resolve(source, name)
            if target and target.parts[0] == part and noun(target) != noun(source):
                graph[noun(source)].add(noun(target))
    found = cycles(graph)
    for cycle in found:
        if cycle not in allowed:
            yield f"{part}/: a cycle of {len(cycle)} files: {', '.join(sorted(cycle))}"
    for cycle in set(allowed) - set(found):
        yield f"{part}/: CYCLES lists one that is gone: {', '.join(sorted(cycle))}"


def declaration_breaches(part: str, files: list[Path]) -> Iterator[str]:
    allowed = DECLARED.get(part)
    if allowed is None:
        return
    owners: dict[str, list[str]] = {}
    for source in files:
        if source.suffix == ".c":
            for name in defined(source):
                owners.setdefault(name, []).append(source.as_posix())
    unused = set(allowed)
    for header in files:
        if header.suffix != ".h":
            continue
        for name in declared(header):
            unused.discard(name)
            places = owners.get(name, ["no file"])
            if name not in allowed and header.with_suffix(".c").as_posix() not in places:
                yield f"{header}: {name} is defined in {places[0]}"
    for name in unused:
        yield f"{part}/: DECLARED lists {name}, which no header declares"


def main() -> int:
    files = list(sources())
    breaches = list(include_breaches(files))
    for part in SEARCHED:
        own = [path for path in files if path.parts[0] == part]
        breaches += cycle_breaches(part, own)
        breaches += declaration_breaches(part, own)
    for reason in breaches:
        print(reason)
    print(f"layers: {len(files)} files, {len(breaches)} breaches")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
