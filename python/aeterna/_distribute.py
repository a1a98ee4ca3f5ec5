"""What a load distributes: to every slot its object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import _about, _schema, _shape, _start
from ._counterpart import settle
from ._defaults import restore
from ._match import Met
from ._place import Arrival, arrivals_of_beside, arrivals_of_globals, place
from ._refill import complete, missing
from ._refusal import Refused, one_line
from ._registry import Table, slots
from ._runtime import warn
from ._slots import Held, Named, Pair, Slot, spread


def distribute(table: Table) -> None:
    """To every slot its object: first all versions are checked, then the program is changed."""
    taken = list(table)
    ways = {}
    for name in taken:
        slot, schema = slots[name], table[name][0]
        if isinstance(slot, Named):
            slot.schema = schema
        wanted = slot.schema
        ways[name] = [] if wanted is None else _schema.path(name, schema, wanted)
    for name in taken:
        schema, value = table.pop(name)
        table[name] = (schema, _schema.migrate(name, value, ways[name]))
        del value
    about = _about.take()
    _shape.complete(about.shapes)
    every = spread(table, slots)
    settle([Met(_old(every[n]), v, None, n) for n, (_, v) in table.items()], table)
    arrivals: dict[str, Arrival] = {}
    taken_apart: list[tuple[Pair, Any]] = []
    for name in list(table):
        _, value = table.pop(name)
        slot = every[name]
        if isinstance(slot, Held):
            _restore(name, slot.old(), value)
            start = about.start.get(name, {})
            _start.remember(name, slot.old(), start.get("gone", ()))
            twin = slot.twin() if isinstance(slot, Named) else None
            arrivals[name] = Arrival(slot, value, bool(ways.get(name) or twin), start)
            if twin is not None:
                arrivals[f"{name} of the script"] = Arrival(twin, value, True, start)
        elif isinstance(slot, Pair):
            taken_apart.append((slot, value))
        del value
    arrivals.update(arrivals_of_globals(about.globals, about.start))
    about.globals.clear()
    arrivals.update(arrivals_of_beside(about.beside))
    about.beside.clear()
    place(arrivals, about.shapes)
    while taken_apart:
        pair_slot, value = taken_apart.pop(0)
        pair_slot.put(value)


def merge_late(name: str, value: Any, default: Callable[[], Any]) -> None:
    """For what is handed over when it is asked for: what is new in the default stays there, too."""
    about = _about.take()
    _shape.complete(about.shapes)
    try:
        made = default()
    except Exception:
        return  # it is not needed
    gone = about.start.get(name, {}).get("gone", ())
    _start.remember(name, made, gone)
    more = missing(made, value, gone)
    if more:
        complete(value, more)
        warn(f"{name}: new here: {', '.join(map(str, more))}")


def _old(slot: Slot) -> Any:
    return slot.old() if isinstance(slot, Held) else None


def _restore(name: str, old: Any, new: Any) -> None:
    try:
        restore(old, new)
    except Exception as error:
        raise Refused("load_failed", f"{name}: its default factory: {one_line(error)}") from error
