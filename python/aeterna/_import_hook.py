"""Hands over what waits for a module, right after the module has run.

A finder that finds what the others find: it only puts itself between a module and its loader.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from . import _lookup


class _Loader:
    """The module's own loader, and one step after it."""

    def __init__(self, loader: Any, then: Callable[[str], None]) -> None:
        self._loader = loader
        self._then = then

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        found: ModuleType | None = self._loader.create_module(spec)
        return found

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._then(module.__name__)


class Arrivals:
    aeterna_finder = True

    def __init__(self, names: Callable[[], Collection[str]], then: Callable[[str], None]) -> None:
        self._names = names
        self._then = then

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in self._names():
            return None
        spec = _lookup.find(name, path)
        if spec is None or not hasattr(spec.loader, "exec_module"):
            return None
        wrapped: Any = _Loader(spec.loader, self._then)
        spec.loader = wrapped
        return spec


def watch(names: Callable[[], Collection[str]], then: Callable[[str], None]) -> None:
    """From now on `then` is called with each module among `names` that has run."""
    if not any(isinstance(finder, Arrivals) for finder in sys.meta_path):
        sys.meta_path.insert(0, Arrivals(names, then))
