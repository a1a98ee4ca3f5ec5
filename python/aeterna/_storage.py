"""Memory that arrays and tensors look at: pickled once for all that look at it."""

from __future__ import annotations

import pickle
from typing import Any

from . import _arena, _rebuild
from ._memory import at

# Smaller storages stay in the stream: rows of the table are few.
BULK = 1 << 16
# An array or a tensor that owns this much or less owns its memory again, and can be resized: it is
# copied when it is loaded, under 1 ms for each MiB. A larger one is a view of the container.
MOST_OWNED = 1 << 20

Reduced = Any


class Unpicklable(TypeError):
    """An object that cannot travel; says why, not where it is."""


class BulkStorage:
    """Memory of the program: pickled as a Storage, once for all that look at it."""

    __slots__ = ("where", "length", "owner", "form")

    def __init__(self, where: int, length: int, owner: Any, form: Any) -> None:
        self.where = where
        self.length = length
        self.owner = owner
        self.form = form  # dtype, shape and order of an array that owns it; None: nobody does

    def __reduce_ex__(self, protocol: Any) -> Reduced:
        arena = _arena.holding(self.where)
        if arena is not None:
            arguments = (arena.name, arena.offset(self.where), self.length)
            return (_rebuild.arena_storage, arguments)
        content: Any = bytearray()
        if self.length >= BULK:
            content = pickle.PickleBuffer(at(self.where, self.length))
        elif self.length:
            content = bytearray(at(self.where, self.length))
        if self.form is not None and self.length <= MOST_OWNED:
            return (_rebuild.owned_storage, (content, *self.form))
        return (_rebuild.storage, (content,))


class Storages:
    """Those of one pickle."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], BulkStorage] = {}

    def at(self, where: int, length: int, owner: Any, form: Any = None) -> BulkStorage:
        found = self._known.get((where, length))
        if found is None:
            found = self._known[where, length] = BulkStorage(where, length, owner, form)
        return found
