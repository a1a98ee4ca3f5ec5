"""How special objects are pickled: arrays, tensors and sockets travel, transports do not.

numpy and torch are looked up among the modules that the program has loaded, never imported.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any, Optional

from . import _arrays, _class_memory, _exclude, _loops, _rebuild, _tensors
from ._partial import leaves_out, reduce_exception, reduce_partial
from ._storage import BULK, BulkStorage, Reduced, Storages, Unpicklable

__all__ = ["BULK", "BulkStorage", "Reducers", "Unpicklable"]

Reducer = Optional[Callable[["Reducers", Any], Reduced]]


class Reducers:
    """For one pickle: which memory and which sockets went into it."""

    def __init__(self) -> None:
        self.descriptors: list[int] = []
        self._storages = Storages()
        # Functions, not methods of this object: nothing here refers to itself.
        self._known: dict[type, Reducer] = {}
        self._excluded = _exclude.owners()

    def __call__(self, value: Any) -> Reduced:
        kind = type(value)
        try:
            reducer = self._known[kind]
        except KeyError:
            reducer = self._known[kind] = self._choose(kind)
        if self._excluded and id(value) in self._excluded:
            return self._without(value, reducer)
        return NotImplemented if reducer is None else reducer(self, value)

    def _without(self, value: Any, reducer: Reducer) -> Reduced:
        reduced = NotImplemented if reducer is None else reducer(self, value)
        if reduced is NotImplemented:
            reduced = value.__reduce_ex__(5)
        return _exclude.without(reduced, self._excluded[id(value)])

    def _choose(self, kind: type) -> Reducer:
        numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
        if numpy is not None and _arrays.is_array(kind, numpy):
            return Reducers._array
        if torch is not None and _tensors.is_tensor(kind, torch):
            return Reducers._tensor
        return _of_sockets(kind) or _of_loops(kind) or _of_classes(kind)

    def _refuse(self, value: Any) -> Reduced:
        kind = type(value)
        raise Unpicklable(f"cannot pickle '{kind.__module__}.{kind.__qualname__}' object")

    def _array(self, value: Any) -> Reduced:
        return _arrays.reduce_array(value, self._storages)

    def _tensor(self, value: Any) -> Reduced:
        return _tensors.reduce_tensor(value, self._storages)

    def _primitive(self, value: Any) -> Reduced:
        name = _loops.base_of(type(value)) or ""
        arguments, held = _loops.contents(name, value)
        made = (type(value), name, arguments)
        return (_rebuild.primitive, made, held, None, None, _rebuild.fill_primitive)

    def _partial(self, value: Any) -> Reduced:
        return reduce_partial(value)

    def _exception(self, value: Any) -> Reduced:
        return reduce_exception(value)

    def _noted(self, value: Any) -> Reduced:
        """The first one of its class in this pickle takes along what the class remembers."""
        kind = type(value)
        self._known[kind] = None
        reduced = value.__reduce_ex__(5)
        if not isinstance(reduced, tuple):
            return reduced
        made = (_class_memory.notes(kind), *reduced[:2])
        return (_rebuild.noted, made, *reduced[2:])

    def _state(self, value: Any) -> Reduced:
        """Starlette's: made without its constructor, it cannot answer what it has."""
        return (type(value), (value._state,))

    def _socket(self, value: Any) -> Reduced:
        fd = value.fileno()
        if fd < 0:
            raise Unpicklable("cannot pickle a closed socket")
        self.descriptors.append(fd)
        timeout = value.gettimeout()
        arguments = (
            len(self.descriptors) - 1,
            int(value.family),
            int(value.type),
            value.proto,
            None if timeout is None or math.isinf(timeout) else timeout,
        )
        return (_rebuild.open_socket, arguments)


def _of_sockets(kind: type) -> Reducer:
    sockets = sys.modules.get("socket")
    if sockets is None or not issubclass(kind, sockets.socket):
        return None
    return Reducers._socket if kind is sockets.socket else Reducers._refuse


def _of_loops(kind: type) -> Reducer:
    loops = sys.modules.get("asyncio")
    if loops is None:
        return None
    if kind is loops.trsock.TransportSocket:
        return Reducers._socket
    refused = (loops.BaseTransport, loops.StreamWriter, loops.AbstractEventLoop, loops.Future)
    if issubclass(kind, refused):
        return Reducers._refuse
    return Reducers._primitive if _loops.base_of(kind) is not None else None


def _of_classes(kind: type) -> Reducer:
    if issubclass(kind, BaseException):
        return Reducers._exception
    starlette = sys.modules.get("starlette.datastructures")
    if starlette is not None and kind is getattr(starlette, "State", None):
        return Reducers._state
    if leaves_out(kind):
        return Reducers._partial
    return Reducers._noted if _class_memory.notes(kind) else None
