"""Objects of the new version that stay where the state has one, too: at the same place, by the same
names of attributes and keys of dictionaries.

What has waiters or a lock of its own cannot be replaced; it takes the contents instead.
"""

from __future__ import annotations

from typing import Any

from . import _loops, _rebuild
from ._holders import Twins, Wanted, lead
from ._match import Met, match
from ._names import name_of
from ._refusal import Refused


def settle(roots: list[Met], table: dict[str, tuple[int, Any]]) -> None:
    """`roots`: of each name, the new version's object and the loaded one."""
    primitives, partials = _rebuild.primitives, _rebuild.partials
    if not primitives and not partials:
        return
    wanted = {id(value) for value in primitives} | {id(value) for value, _ in partials}
    met = [one for one in match(roots) if id(one.new) in wanted and type(one.old) is type(one.new)]
    own_of = {id(one.new): one.old for one in met}
    while partials:
        value, out = partials.pop()
        _complete(value, out, own_of.get(id(value)))
    primitives.clear()
    own_of.clear()
    _pour([one for one in met if _loops.base_of(type(one.old)) is not None], table)


def _complete(value: Any, out: list[str], own: Any) -> None:
    for name in out:
        if name in vars(value):
            continue
        if own is None or name not in vars(own):
            raise Refused(
                "load_failed",
                f"{name_of(type(value), name)}: __getstate__ leaves it out, and nothing makes it "
                "again: write __setstate__",
            )
        object.__setattr__(value, name, vars(own)[name])


def _pour(met: list[Met], table: dict[str, tuple[int, Any]]) -> None:
    """What refers to the loaded one refers to the new version's own."""
    if not met:
        return
    twins = Twins(*[(one.new, one.old) for one in met])
    for one in met:
        _loops.pour(one.old, one.new)
    for name, (schema, value) in list(table.items()):
        table[name] = (schema, twins.of(value))
    lead(twins, Wanted(one.new for one in met))
