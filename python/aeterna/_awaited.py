"""Waits for the module that has the state: a process that never imports it has none.

gunicorn's master takes part as well as its workers do, and knows nothing of the application.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

from ._lookup import OURS


def _started_as() -> str | None:
    """The script's stem, or the module after -m; None where that cannot be told."""
    words: Sequence[str] = getattr(sys, "argv", None) or [""]
    if words[0] == "-m":
        line = list(getattr(sys, "orig_argv", ()))  # 3.10
        return line[line.index("-m") + 1] if "-m" in line[:-1] else None
    if not os.path.isfile(words[0]):
        return None
    return os.path.splitext(os.path.basename(words[0]))[0]


def may_be_script(names: Collection[str]) -> bool:
    """Whether what the interpreter was started with answers to one of the names, as far as is known
    before it runs.
    """
    started = _started_as()
    if started is None or "__main__" in names:
        return True
    return started in names or started.rpartition(".")[2] in names


class Awaited:
    """A finder that finds nothing: it looks which modules are asked for, until it has seen one."""

    aeterna_finder = True

    def __init__(self, names: Collection[str], then: Callable[[], None]) -> None:
        self._names = frozenset(names)
        self._then = then

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        if name in self._names and self in sys.meta_path:
            sys.meta_path.remove(self)
            self._then()
            # A finder that has come first on the list meanwhile is not asked for this module.
            for finder in list(sys.meta_path):
                if hasattr(finder, OURS):
                    return finder.find_spec(name, path, target)
        return None


def call_with(names: Collection[str], then: Callable[[], None]) -> None:
    """Calls `then` once: now, or when one of the modules is about to be imported."""
    if may_be_script(names) or any(name in sys.modules for name in names):
        then()
    else:
        sys.meta_path.insert(0, Awaited(names, then))
