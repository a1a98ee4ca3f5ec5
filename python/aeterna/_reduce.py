"""How special objects are pickled: arrays, tensors and sockets travel, transports do not.

numpy and torch are looked up among the modules that the program has loaded, never imported.
"""

from __future__ import annotations

import enum
import itertools
import math
import sys
from collections.abc import Callable, Iterable
from typing import Any, Optional

from . import _arrays, _class_memory, _exclude, _identity, _loops, _rebuild, _tensors
from ._partial import leaves_out, reduce_exception, reduce_partial
from ._storage import BULK, BulkStorage, Reduced, Storages, Unpicklable

__all__ = ["BULK", "BulkStorage", "Reducers", "Unpicklable"]

Reducer = Optional[Callable[["Reducers", Any], Reduced]]


class Reducers:
    """For one pickle: which memory and which sockets went into it."""

    def __init__(self, roots: Iterable[Any] = ()) -> None:
        self.descriptors: list[int] = []
        self._storages = Storages()
        # Functions, not methods of this object: nothing here refers to itself.
        self._known: dict[type, Reducer] = {}
        self._excluded = _exclude.owners()
        # By id: globals of modules that may turn up in the state, and those that have.
        self._roots = {id(root) for root in roots}
        self._globals: dict[int, _identity.Where] = {}
        self.globals: list[tuple[str, str, Any]] = []

    def kinds(self) -> list[type]:
        """The classes that have turned up."""
        return list(self._known)

    def __call__(self, value: Any) -> Reduced:
        kind = type(value)
        try:
            reducer = self._known[kind]
        except KeyError:
            reducer = self._known[kind] = self._choose(kind)
            for number, where in _identity.globals_of(kind).items():
                if number not in self._roots:  # a name is enough
                    self._globals[number] = where
        if self._globals and id(value) in self._globals:
            return self._of_global(value)
        if self._excluded and id(value) in self._excluded and not isinstance(value, type):
            return self._without(value, reducer)
        return NotImplemented if reducer is None else reducer(self, value)

    def _of_global(self, value: Any) -> Reduced:
        where = self._globals.pop(id(value))
        if _identity.is_bare(value):
            return (_rebuild.reference, where)
        reduced = self(value)
        if not _identity.is_constant(value):
            self.globals.append((*where, value))
            return reduced
        if reduced is NotImplemented:
            reduced = value.__reduce_ex__(5)
        if not isinstance(reduced, tuple) or any(part is not None for part in reduced[3:]):
            return reduced
        return (_rebuild.constant, (*where, (*reduced, None)[:3]))

    def _counter(self, value: Any) -> Reduced:
        """From 3.14 on pickle refuses it; what it counts is in its text."""
        import ast

        try:
            return (itertools.count, ast.literal_eval(f"({repr(value)[len('count(') : -1]},)"))
        except (ValueError, SyntaxError):
            return NotImplemented

    def _member(self, value: Any) -> Reduced:
        kind = type(value)
        if isinstance(value, enum.Flag):
            names = {one.name: one.value for one in kind if one.value & value.value}
        else:
            names = {value.name: value.value}
        return (_rebuild.member, (kind, value.value, names))

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
        return _of_sockets(kind) or _of_loops(kind) or _of_enumerations(kind) or _of_classes(kind)

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


def _of_enumerations(kind: type) -> Reducer:
    """Those that pickle in no way of their own, whatever the interpreter's is."""
    if not issubclass(kind, enum.Enum):
        return None
    ways = {vars(base)["__reduce_ex__"] for base in kind.__mro__ if "__reduce_ex__" in vars(base)}
    plain = {object.__dict__["__reduce_ex__"], enum.Enum.__dict__.get("__reduce_ex__")}
    return Reducers._member if ways <= plain and kind.__module__ != "re" else None


def _of_classes(kind: type) -> Reducer:
    if kind is itertools.count:
        return Reducers._counter
    if issubclass(kind, BaseException):
        return Reducers._exception
    starlette = sys.modules.get("starlette.datastructures")
    if starlette is not None and kind is getattr(starlette, "State", None):
        return Reducers._state
    if leaves_out(kind):
        return Reducers._partial
    return Reducers._noted if _class_memory.notes(kind) else None
