"""State by name, `module:NAME` or `module:object.attribute`: how a name finds its object.

A script is `__main__` to the interpreter; here it answers to its file's stem as well.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from ._refusal import Refused

# Names under which this package can be loaded: its own, and sitecustomize's.
PRIVATE = "_aeterna_state"
PACKAGES = frozenset({"aeterna", PRIVATE})


def script(name: str) -> ModuleType | None:
    """The running script, if that is what `name` means."""
    main = sys.modules.get("__main__")
    if main is None:
        return None
    spec = getattr(main, "__spec__", None)
    if spec is not None and name in (spec.name, spec.name.rpartition(".")[0]):
        return main
    path = getattr(main, "__file__", None)
    if isinstance(path, str) and os.path.splitext(os.path.basename(path))[0] == name:
        return main
    return None


def module(name: str) -> ModuleType | None:
    """Among the modules that are loaded: asking for state imports nothing."""
    return sys.modules.get(name) or script(name)


def stem(found: Any, name: str = "") -> str:
    """What handoff.state calls a module: a script by its file's stem."""
    name = name or str(getattr(found, "__name__", ""))
    path = getattr(found, "__file__", None)
    if name == "__main__" and isinstance(path, str):
        return os.path.splitext(os.path.basename(path))[0]
    return name


def name_of(kind: type, attribute: str) -> str:
    """What it calls an attribute of a class."""
    name = kind.__module__
    return f"{stem(sys.modules.get(name), name)}:{kind.__qualname__}.{attribute}"


# What stands for several objects (_presets).
LANGGRAPH = "langgraph: "
ALL = ".*"


def base_name(text: str) -> str:
    """`module:object`, without what makes it several."""
    if text.startswith(LANGGRAPH):
        text = text[len(LANGGRAPH) :]
    return text[: -len(ALL)] if text.endswith(ALL) else text


class Name:
    """One entry of handoff.state."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.module, _, rest = base_name(text).partition(":")
        self.parts = rest.split(".")
        if not self.module or not all(self.parts):
            raise Refused("dump_failed", f"{text}: not of the form module:NAME")

    def owner(self, where: ModuleType | None = None) -> Any:
        """What has the last part as its attribute; LookupError with a sentence otherwise."""
        found: Any = where or module(self.module)
        if found is None:
            raise LookupError(f"{self.text}: no module {self.module} is loaded")
        for part in self.parts[:-1]:
            found = self._attribute(found, part)
        return found

    def _attribute(self, owner: Any, part: str) -> Any:
        try:
            return getattr(owner, part)
        except AttributeError:
            kind = "module" if isinstance(owner, ModuleType) else type(owner).__name__
            raise LookupError(f"{self.text}: no {part} in {kind}") from None

    def get(self, where: ModuleType | None = None) -> Any:
        """`where`: the module, where there are two of that name."""
        return self._attribute(self.owner(where), self.parts[-1])

    def resolves(self) -> bool:
        try:
            self.get()
        except LookupError:
            return False
        return True

    def known(self) -> tuple[bool, Any]:
        """(True, the object) where it is a module's own: an attribute may be a function's."""
        names = getattr(module(self.module), "__dict__", {})
        return len(self.parts) == 1 and self.parts[0] in names, names.get(self.parts[0])

    def set(self, value: Any, where: ModuleType | None = None) -> None:
        setattr(self.owner(where), self.parts[-1], value)


def from_environment() -> list[Name]:
    """AETERNA_STATE, as the launcher sets it from handoff.state."""
    listed = os.environ.get("AETERNA_STATE", "")
    return [Name(text.strip()) for text in listed.split(",") if text.strip()]


class Asked:
    """What the launcher said last; None: it has not said anything."""

    names: tuple[Name, ...] | None = None
    excluded: tuple[Name, ...] | None = None


asked = Asked()


def current() -> list[Name]:
    """handoff.state as it was when it was asked for last."""
    return from_environment() if asked.names is None else list(asked.names)


def modules() -> Iterator[ModuleType]:
    """Those that handoff.state speaks of: what was the script may be one of them now."""
    for name in current():
        found = module(name.module)
        if found is not None:
            yield found
