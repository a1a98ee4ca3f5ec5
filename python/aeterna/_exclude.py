"""handoff.exclude: attributes that stay behind. The new version keeps those that it has made."""

from __future__ import annotations

import os
from typing import Any

from ._names import Name, asked

# What a class's own __getstate__ may return: dictionaries of attributes within one.
_INNER = ("__dict__", "__pydantic_private__", "__pydantic_extra__")


def names() -> list[Name]:
    """As the launcher says now, or AETERNA_EXCLUDE, as it was at the start."""
    if asked.excluded is not None:
        return list(asked.excluded)
    listed = os.environ.get("AETERNA_EXCLUDE", "")
    return [Name(text.strip()) for text in listed.split(",") if text.strip()]


def owners() -> dict[int, frozenset[str]]:
    """By identity: objects, and the attributes of theirs that stay behind."""
    found: dict[int, frozenset[str]] = {}
    for name in names():
        try:
            owner = id(name.owner())
        except LookupError:
            continue
        found[owner] = found.get(owner, frozenset()) | {name.parts[-1]}
    return found


def _filtered(state: Any, excluded: frozenset[str]) -> Any:
    if isinstance(state, tuple) and len(state) == 2:
        return tuple(_filtered(part, excluded) for part in state)
    if not isinstance(state, dict):
        return state
    kept = {key: value for key, value in state.items() if key not in excluded}
    for inner in _INNER:
        if isinstance(kept.get(inner), dict):
            kept[inner] = _filtered(kept[inner], excluded)
    return kept


def without(reduced: Any, excluded: frozenset[str]) -> Any:
    """What an object is reduced to, less some of its attributes."""
    if not isinstance(reduced, tuple) or len(reduced) < 3:
        return reduced
    return (*reduced[:2], _filtered(reduced[2], excluded), *reduced[3:])


class Own:
    """The new version's own, from before the load: they are there again after it."""

    def __init__(self) -> None:
        self._kept: list[tuple[Name, Any]] = []
        for name in names():
            try:
                self._kept.append((name, name.get()))
            except LookupError:
                continue

    def put_back(self) -> None:
        for name, value in self._kept:
            try:
                owner = name.owner()
            except LookupError:
                continue
            if getattr(owner, name.parts[-1], None) is not value:
                try:
                    setattr(owner, name.parts[-1], value)
                except Exception:
                    object.__setattr__(owner, name.parts[-1], value)
