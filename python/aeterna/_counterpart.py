"""Objects of the new version that stay where the state has one, too: at the same place, by the same
names of attributes and keys of dictionaries.

What has waiters or a lock of its own cannot be replaced; it takes the contents instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import _loops, _rebuild
from ._holders import Twins, Wanted, lead
from ._refill import plain_instance
from ._refusal import Refused

Pairs = list[tuple[Any, Any]]  # the new version's own, the loaded one


def _parts(own: Any, loaded: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(own, dict) and isinstance(loaded, dict):
        for key, part in loaded.items():
            if key in own:
                yield own[key], part
    if type(own) is type(loaded) and plain_instance(own):
        mine = getattr(own, "__dict__", {})
        for name, part in getattr(loaded, "__dict__", {}).items():
            if name in mine:
                yield mine[name], part


def _pairs(roots: Pairs, wanted: set[int]) -> Pairs:
    found: Pairs = []
    seen: set[int] = set()
    waiting = list(roots)
    while waiting:
        own, loaded = waiting.pop()
        if own is loaded or id(loaded) in seen:
            continue
        seen.add(id(loaded))
        if id(loaded) in wanted and type(own) is type(loaded):
            found.append((own, loaded))
            if _loops.base_of(type(own)) is not None:
                continue
        waiting.extend(_parts(own, loaded))
    return found


def settle(roots: Pairs, table: dict[str, Any]) -> None:
    """`roots`: of each name, the new version's object and the loaded one, which `table` has."""
    primitives, partials = _rebuild.primitives, _rebuild.partials
    if not primitives and not partials:
        return
    wanted = {id(value) for value in primitives} | {id(value) for value, _ in partials}
    pairs = _pairs(roots, wanted)
    own_of = {id(loaded): own for own, loaded in pairs}
    for value, out in partials:
        _complete(value, out, own_of.get(id(value)))
    primitives_of = [(o, new) for o, new in pairs if _loops.base_of(type(o)) is not None]
    for own, loaded in primitives_of:
        _loops.pour(own, loaded)
    _put_in_place(primitives_of, table)
    primitives.clear()
    partials.clear()


def _complete(value: Any, out: list[str], own: Any) -> None:
    for name in out:
        if name in vars(value):
            continue
        if own is None or name not in vars(own):
            where = f"{type(value).__module__}:{type(value).__qualname__}.{name}"
            raise Refused(
                "load_failed",
                f"{where}: __getstate__ leaves it out, and nothing makes it again: "
                "write __setstate__",
            )
        object.__setattr__(value, name, vars(own)[name])


def _put_in_place(pairs: Pairs, table: dict[str, Any]) -> None:
    """What refers to the loaded one refers to the new version's own."""
    if not pairs:
        return
    twins = Twins(*[(loaded, own) for own, loaded in pairs])
    for name, value in table.items():
        table[name] = twins.of(value)
    lead(twins, Wanted([loaded for _, loaded in pairs]))
