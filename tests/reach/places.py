"""Where the target has put what the rows need, and which version of it is there."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
REACH = TOP / "build" / "reach"
DEBIAN = REACH / "debian"
NPM = REACH / "npm" / "node_modules"
RESULTS = REACH / "results"
LAUNCHER = TOP / "bin" / "aeterna-launch"
TABLE = TOP / "docs" / "programs.md"


def venv(group: str) -> Path:
    return REACH / f"venv_{group}"


def debian_libraries() -> str:
    triplet = "x86_64-linux-gnu"
    roots = [DEBIAN / "usr/lib" / triplet, DEBIAN / "lib" / triplet, DEBIAN / "usr/lib"]
    return ":".join(map(str, roots))


def version(origin: str) -> str:
    """Of the package that a row is about; empty where it is not installed."""
    kind, *rest = origin.split()
    name = rest[-1]
    if kind == "pypi":
        return _pypi(rest[0], name)
    if kind == "npm":
        return _npm(name)
    if kind == "deb":
        return _line(DEBIAN / "versions.txt", name)
    done = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", name], capture_output=True, text=True
    )
    return done.stdout.strip()


def _pypi(group: str, name: str) -> str:
    wanted = name.lower().replace("-", "_").replace(".", "_")
    for found in venv(group).glob("lib/python3*/site-packages/*.dist-info"):
        there, _, number = found.name[: -len(".dist-info")].rpartition("-")
        if there.lower().replace("-", "_").replace(".", "_") == wanted:
            return number
    return ""


def _npm(name: str) -> str:
    try:
        return str(json.loads((NPM / name / "package.json").read_text())["version"])
    except (OSError, ValueError, KeyError):
        return ""


def _line(file: Path, name: str) -> str:
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return ""
    return next((line.split()[1] for line in lines if line.split()[0] == name), "")
