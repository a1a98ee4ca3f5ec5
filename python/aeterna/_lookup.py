"""Whether a name leads anywhere in this program, without importing anything for the answer."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from importlib.machinery import ModuleSpec
from typing import Any

from ._names import Name, module
from ._presets import parts_of
from ._roots import why_not

# An attribute of finders of our own: they find nothing by themselves.
OURS = "aeterna_finder"


def find(name: str, path: Sequence[str] | None) -> ModuleSpec | None:
    """As the import system does, past our own finders."""
    for finder in list(sys.meta_path):
        find_spec = getattr(finder, "find_spec", None)
        if find_spec is None or hasattr(finder, OURS):
            continue
        try:
            spec: ModuleSpec | None = find_spec(name, path, None)
        except Exception:
            continue
        if spec is not None:
            return spec
    return None


def module_exists(name: str) -> bool:
    """Its parents are not imported: a package says where its modules lie before it runs."""
    if module(name) is not None:
        return True
    spec: ModuleSpec | None = None
    path: Any = None
    whole = ""
    for part in name.split("."):
        if whole and path is None:
            return False
        whole = f"{whole}.{part}" if whole else part
        loaded = sys.modules.get(whole)
        if loaded is not None:
            spec, path = None, getattr(loaded, "__path__", None)
            continue
        spec = find(whole, path)
        if spec is None:
            return False
        path = spec.submodule_search_locations
    # A directory without code can have any name.
    return spec is not None and not (spec.origin is None and path is not None)


def trouble(name: Name) -> str:
    """Why this name of handoff.state never leads to anything; empty: it does, or may."""
    if module(name.module) is None:
        return "" if module_exists(name.module) else f"there is no module {name.module}"
    try:
        parts_of(name.text, name.get())
    except LookupError as error:
        return str(error.args[0])[len(name.text) + 2 :]
    return ""


def holds_nothing(name: Name) -> str:
    """Why nothing would travel under a name that leads to something: a function, a class."""
    try:
        found = name.get()
    except LookupError:
        return ""
    return (why_not(name.text, found) or "")[len(name.text) + 2 :]


def nearest(text: str, others: Iterable[str]) -> str:
    """What is spelled most alike: among names, and what the modules of this program hold."""
    import difflib

    where, _, what = text.rpartition(":")
    known = {other for other in others if other != text}
    loaded = module(where) if where else None
    here = {name for name in vars(loaded) if not name.startswith("_")} if loaded else set()
    here |= {name.rpartition(":")[2] for name in known if name.rpartition(":")[0] == where}
    close = difflib.get_close_matches(what, sorted(here - {what}), 1, 0.6)
    if close:
        return f"{where}:{close[0]}" if where else close[0]
    same = sorted(name for name in known if name.rpartition(":")[2] == what)
    close = same or difflib.get_close_matches(text, sorted(known), 1, 0.7)
    return close[0] if close else ""
