#!/usr/bin/env python3
"""Unpacks the CPython of another Debian release, with its own C library, beside this system's.

    tools/debian_python.py SUITE VERSION DIRECTORY

Needs apt and patchelf, installs nothing and needs no root. Packages come from where apt's own
Debian entries point, by name, checked by the keys apt trusts; what depends on what is apt's
business. The interpreter is DIRECTORY/python, run as it is: its dynamic linker and its libraries
are the ones that were unpacked with it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

LINKER = "ld-linux-x86-64.so.2"
SHOWN = "import ssl, sqlite3, platform as p; print('CPython', p.python_version(), *p.libc_ver())"
WORK = "apt"
DONE = "version.txt"
LIBRARIES = ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu")


def fail(sentence: str) -> NoReturn:
    sys.exit(f"debian_python: {sentence}")


def run(*command: str) -> str:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        fail(f"{command[0]} {command[-1]}: {' '.join(done.stderr.split())}")
    return done.stdout


def archive() -> str:
    """Where this system has its own release from; other releases lie beside it."""
    listed = run(
        "apt-get",
        "indextargets",
        "--format",
        "$(ORIGIN) $(COMPONENT) $(RELEASE) $(REPO_URI)",
        "Created-By: Packages",
    )
    for line in listed.splitlines():
        origin, component, release, uri = line.split(" ", 3)
        if (origin, component) == ("Debian", "main") and "-" not in release:
            return uri
    fail("no Debian release among apt's sources (apt-get update first?)")


class Apt:
    """apt with a system of its own, on which nothing is installed yet."""

    def __init__(self, directory: Path, suite: str) -> None:
        for part in ("lists/partial", "cache/archives/partial", "etc"):
            (directory / part).mkdir(parents=True, exist_ok=True)
        (directory / "status").touch()
        sources = directory / "sources.list"
        sources.write_text(f"deb {archive()} {suite} main\n")
        self.archives = directory / "cache/archives"
        settings = {
            "Dir::Etc::SourceList": sources,
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::Etc::Preferences": "/dev/null",
            "Dir::Etc::PreferencesParts": "/dev/null",
            "Dir::State": directory,
            "Dir::State::Lists": directory / "lists",
            "Dir::State::status": directory / "status",
            "Dir::Cache": directory / "cache",
            # Files of the user who runs this, in places that are theirs.
            "APT::Sandbox::User": "",
            "Debug::NoLocking": "1",
            "Acquire::Languages": "none",
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
        }
        self._options = [
            text for item in settings.items() for text in ("-o", "=".join(map(str, item)))
        ]

    def get(self, *words: str) -> None:
        run("apt-get", "-q", "-y", *self._options, *words)

    def packages(self, name: str) -> list[Path]:
        """The package and all it depends on."""
        self.get("update")
        self.get("--no-install-recommends", "--download-only", "install", name)
        return sorted(self.archives.glob("*.deb"))


def clear(directory: Path) -> None:
    """Removes what an earlier run left there, and nothing else."""
    if not directory.exists():
        return
    if not (directory / WORK).exists() and not (directory / DONE).exists():
        fail(f"{directory} is there, and not from here")
    shutil.rmtree(directory)


def unpack(suite: str, version: str, directory: Path) -> None:
    work = directory / WORK
    work.mkdir(parents=True)
    for package in Apt(work, suite).packages(f"python{version}"):
        run("dpkg-deb", "-x", str(package), str(directory))
    interpreter = directory / f"usr/bin/python{version}"
    linkers = [directory / part / LINKER for part in LIBRARIES]
    linker = next((found for found in linkers if found.exists()), None)
    if linker is None:
        fail(f"no {LINKER} came with {interpreter.name}")
    libraries = ":".join(str(directory / part) for part in LIBRARIES)
    # RPATH, not RUNPATH: it also holds for what the libraries need (ld.so(8)).
    run(
        "patchelf",
        "--set-interpreter",
        str(linker),
        "--force-rpath",
        "--set-rpath",
        libraries,
        str(interpreter),
    )
    (directory / "python").symlink_to(os.path.relpath(interpreter, directory))


def main() -> None:
    if len(sys.argv) != 4:
        sys.exit("usage: tools/debian_python.py SUITE VERSION DIRECTORY")
    suite, version, place = sys.argv[1:]
    for tool in ("apt-get", "dpkg-deb", "patchelf"):
        if shutil.which(tool) is None:
            fail(f"{tool} is missing (make deps installs it)")
    directory = Path(place).resolve()
    clear(directory)
    unpack(suite, version, directory)
    said = run(str(directory / "python"), "-c", SHOWN).strip()
    (directory / DONE).write_text(said + "\n")
    shutil.rmtree(directory / WORK)
    print(f"debian_python: {suite}: {said}")


if __name__ == "__main__":
    main()
