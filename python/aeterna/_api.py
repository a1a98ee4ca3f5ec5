"""The functions that programs call. They mean the same with and without the launcher."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any, TypeVar

from . import (
    _arena,
    _beside,
    _late,
    _registry,
    _runtime,
    _schema,
    _start,
)
from ._arena import Arena
from ._hooks import attach
from ._slots import MOST_SCHEMA, Kept, assigned

Function = TypeVar("Function", bound=Callable[..., Any])


def _check_schema(schema: int) -> None:
    if not isinstance(schema, int) or not 0 < schema <= MOST_SCHEMA:
        raise ValueError(f"schema {schema!r} is not a number from 1 on")


def keep(name: str, default: Callable[[], Any], *, codec: str = "pickle", schema: int = 1) -> Any:
    """The object that was handed over under this name, or default().

    It is dumped at the next swap. A container is refilled when the state arrives; another value
    (a number, an array) is replaced in the global that it was assigned to: `N = keep("n", int)`.
    """
    _registry.check_name(name, codec)
    _check_schema(schema)
    known = _registry.slots.get(name)
    if isinstance(known, Kept):
        return known.get()
    if known is not None:
        raise ValueError(f"{name!r} is state already")
    handed_over, value = _late.take_pending(name, schema)
    if handed_over:
        from . import _distribute

        _distribute.merge_late(name, value, default)
    else:
        value = default()
        _start.remember(name, value)
    place = assigned(sys._getframe(1))
    if place is not None:
        _beside.keep(name, place.names.get("__name__", ""))
    _registry.slots[name] = Kept(name, codec, schema, value, place)
    attach()
    return value


def dump(name: str, schema: int = 1) -> Callable[[Function], Function]:
    """Decorates the function that returns the state; it runs in a copy of the process."""
    _registry.check_name(name, "pickle")
    _check_schema(schema)

    def decorate(function: Function) -> Function:
        pair = _registry.pair(name)
        pair.dumper = function
        pair.schema = schema
        attach()
        return function

    return decorate


def load(name: str) -> Callable[[Function], Function]:
    """Decorates the function that takes the state, before this generation serves; or, if it comes
    later, at once: what it needs has to be there.
    """
    _registry.check_name(name, "pickle")

    def decorate(function: Function) -> Function:
        _registry.pair(name).loader = function
        attach()
        _late.load_late(name)
        return function

    return decorate


def migrate(name: str, start: int, end: int) -> Callable[[Function], Function]:
    """Decorates the function that makes schema `end` out of schema `start`."""
    _check_schema(start)
    _check_schema(end)

    def decorate(function: Function) -> Function:
        _schema.add(name, start, end, function)
        return function

    return decorate


def merge(name: str, *, lock: Any = None) -> Callable[[Function], Function]:
    """Decorates the function that decides about an entry of the dictionary `name` which two
    generations have changed (on_busy: merge): what it was, the old one's, this one's. MISSING where
    there is none, also as the answer. One that takes `key` is told the entry's key. `lock`: of a
    program with threads, the one under which they change the dictionary; a merge takes it.
    """
    _registry.check_name(name, "pickle")

    def decorate(function: Function) -> Function:
        from . import _merge_hooks  # most programs have no such function

        _merge_hooks.add(name, function, lock)
        return function

    return decorate


def set_aside() -> list[tuple[str, Any, Any, str]]:
    """Entries of older generations that nothing decided about: (name, key, value, why). The newest
    1000 of them; they go with the state from version to version until the program deletes them.
    """
    from ._merge_hooks import SET_ASIDE

    found: list[tuple[str, Any, Any, str]] = keep(SET_ASIDE, list)
    return found


def arena(name: str, max_bytes: int) -> Arena:
    """Shared memory for numpy arrays, which the next version takes over without a copy."""
    _registry.check_name(name, "json")
    found = _arena.arenas.get(name)
    if found is None:
        found = _arena.arenas[name] = Arena(name, max_bytes)
        attach()
    return found


def on_serving(function: Function) -> Function:
    """Calls it once, when this generation is the service: at once, or in a thread of its own after
    the commit. For threads that write to the state, or do what two versions must not do at a time:
    a version that waits for its state has none of it yet, and may never serve. May decorate.
    """
    if _runtime.serving():
        _run(function)
    else:
        wait = Thread(target=_run_when_serving, args=(function,), name="aeterna-serving")
        wait.daemon = True
        wait.start()
    return function


def _run_when_serving(function: Callable[[], Any]) -> None:
    if _runtime.await_serving():
        _run(function)


def _run(function: Callable[[], Any]) -> None:
    try:
        function()
    except Exception as error:
        import traceback  # 4 ms of every start otherwise

        _runtime.warn(f"on_serving({getattr(function, '__qualname__', function)}) failed")
        traceback.print_exception(type(error), error, error.__traceback__)


@contextmanager
def busy() -> Iterator[None]:
    """Work in flight that is not a request: the dump waits for it."""
    _runtime.busy(1)
    try:
        yield
    finally:
        _runtime.busy(-1)


@contextmanager
def detached() -> Iterator[None]:
    """This request no longer touches the state: the dump does not wait for it."""
    _runtime.detached(1)
    try:
        yield
    finally:
        _runtime.detached(-1)
