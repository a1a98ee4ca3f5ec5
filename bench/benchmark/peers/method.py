"""One way of replacing a running server: what it is, how it is started, swapped and stopped.

swap() does what the method's manual says and returns when that is over: the new version serves,
nothing of the old one is left. It never looks at the load.
"""

from __future__ import annotations

import abc
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .site import PROGRAMS, Site

VENV = Path("build/venv/bin").resolve()


class Unavailable(Exception):
    """The method is not installed here; the text says what is missing."""


class Method(abc.ABC):
    name = ""  # as --only takes it
    title = ""  # as the table says it
    program = ""  # what it serves: rows of the same program can be compared
    package = ""  # where it comes from
    manual = ""  # what its manual says to do
    mandatory = True  # without it the comparison does not count
    peer = True  # False: it is what the others are compared with
    workers = 1  # processes that serve
    application = True  # False: it answers by itself; nothing that could start slowly or have state
    always_holds = False  # True: of no use without a state

    def __init__(self, site: Site) -> None:
        self.site = site

    @classmethod
    @abc.abstractmethod
    def version(cls) -> str:
        """Of what is installed; raises Unavailable."""

    @abc.abstractmethod
    def start(self) -> None:
        """Returns when the first version answers."""

    @abc.abstractmethod
    def swap(self) -> None:
        """To the version that the file names by now."""

    @abc.abstractmethod
    def stop(self) -> None:
        """In an orderly way; what is left is killed by who called."""

    def start_alone_ms(self) -> float | None:
        """Of the program without the method, from spawn to its first answer; ours have it."""
        return None

    def account(self) -> dict[str, Any]:
        """What it says itself about its last swap, where it does."""
        return {}

    def close(self) -> None:  # noqa: B027 - most hold nothing
        """Lets go of what this process itself holds for it; also after a failure."""


def command_path(name: str, package: str) -> str:
    for place in (shutil.which(name, path=str(VENV)), shutil.which(name)):
        if place:
            return place
    raise Unavailable(f"no command {name}: {package}")


def version_of(command: Sequence[str]) -> str:
    """The first thing like a version in what the command prints."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    found = re.search(r"\d+\.\d+(\.\d+)*(-[\w.+~]+)?", done.stdout + done.stderr)
    if done.returncode or not found:
        raise Unavailable(f"{' '.join(command)}: {(done.stdout + done.stderr).strip()[:200]}")
    return found.group()


def python_program(name: str = "peer_asyncio.py") -> list[str]:
    return [sys.executable, str(PROGRAMS / name)]
