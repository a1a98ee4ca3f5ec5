"""How special objects are pickled: arrays, tensors and sockets travel, transports do not.

numpy and torch are looked up among the modules that the program has loaded, never imported.
"""

from __future__ import annotations

import math
import mmap
import pickle
import sys
from collections.abc import Callable
from typing import Any, Optional

from . import _arena, _rebuild
from ._memory import address, at

# Smaller storages stay in the stream: rows of the table are few.
BULK = 1 << 16

Reduced = Any
Reducer = Optional[Callable[["Reducers", Any], Reduced]]


class Unpicklable(TypeError):
    """An object that cannot travel; says why, not where it is."""


class BulkStorage:
    """Memory of the program: pickled as a Storage, once for all that look at it."""

    __slots__ = ("where", "length", "owner")

    def __init__(self, where: int, length: int, owner: Any) -> None:
        self.where = where
        self.length = length
        self.owner = owner

    def __reduce_ex__(self, protocol: Any) -> Reduced:
        arena = _arena.holding(self.where)
        if arena is not None:
            arguments = (arena.name, arena.offset(self.where), self.length)
            return (_rebuild.arena_storage, arguments)
        if self.length >= BULK:
            return (_rebuild.storage, (pickle.PickleBuffer(at(self.where, self.length)),))
        content = bytearray(at(self.where, self.length)) if self.length else bytearray()
        return (_rebuild.storage, (content,))


class Reducers:
    """For one pickle: which memory and which sockets went into it."""

    def __init__(self) -> None:
        self.descriptors: list[int] = []
        self._storages: dict[tuple[int, int], BulkStorage] = {}
        # Functions, not methods of this object: nothing here refers to itself.
        self._known: dict[type, Reducer] = {}

    def __call__(self, value: Any) -> Reduced:
        kind = type(value)
        try:
            reducer = self._known[kind]
        except KeyError:
            reducer = self._known[kind] = self._choose(kind)
        return NotImplemented if reducer is None else reducer(self, value)

    def _choose(self, kind: type) -> Reducer:
        numpy = sys.modules.get("numpy")
        if numpy is not None and kind is getattr(numpy, "ndarray", None):
            return Reducers._array
        torch = sys.modules.get("torch")
        if torch is not None and kind in (
            getattr(torch, "Tensor", None),
            getattr(getattr(torch, "nn", None), "Parameter", None),
        ):
            return Reducers._tensor
        sockets = sys.modules.get("socket")
        if sockets is not None and issubclass(kind, sockets.socket):
            return Reducers._socket if kind is sockets.socket else Reducers._refuse
        loops = sys.modules.get("asyncio")
        if loops is not None and kind is loops.trsock.TransportSocket:
            return Reducers._socket
        if loops is not None and issubclass(
            kind, (loops.BaseTransport, loops.StreamWriter, loops.AbstractEventLoop, loops.Future)
        ):
            return Reducers._refuse
        return None

    def _refuse(self, value: Any) -> Reduced:
        kind = type(value)
        raise Unpicklable(f"cannot pickle '{kind.__module__}.{kind.__qualname__}' object")

    def _storage(self, where: int, length: int, owner: Any) -> BulkStorage:
        found = self._storages.get((where, length))
        if found is None:
            found = self._storages[where, length] = BulkStorage(where, length, owner)
        return found

    def _base(self, value: Any, numpy: Any) -> BulkStorage | None:
        """The memory that an array looks at, all of it; None where nobody can say."""
        base = value
        while isinstance(base, numpy.ndarray) and base.base is not None:
            base = base.base
        if isinstance(base, numpy.ndarray):
            if not base.flags.forc:
                return None
            where = base.__array_interface__["data"][0]
            return self._storage(where, base.nbytes, base)
        under = base.obj if isinstance(base, memoryview) else base
        if isinstance(under, mmap.mmap):
            return None
        torch = sys.modules.get("torch")
        if torch is not None and isinstance(base, torch.Tensor):
            storage = base.untyped_storage()
            return self._storage(storage.data_ptr(), storage.nbytes(), base)
        try:
            length = memoryview(base).nbytes
            where = address(base)
        except (TypeError, BufferError, ValueError):
            return None
        return self._storage(where, length, base)

    def _array(self, value: Any) -> Reduced:
        numpy = sys.modules["numpy"]
        if value.dtype.hasobject:
            return NotImplemented
        base = self._base(value, numpy)
        if base is None:
            return NotImplemented
        offset = value.__array_interface__["data"][0] - base.where
        reach = [(n - 1) * s for n, s in zip(value.shape, value.strides)] if value.size else []
        first = offset + sum(step for step in reach if step < 0)
        last = offset + sum(step for step in reach if step > 0) + value.itemsize
        if value.size == 0:
            offset = 0
        elif first < 0 or last > base.length:
            return NotImplemented
        writable = bool(value.flags.writeable)
        arguments = (base, value.dtype, value.shape, value.strides, offset, writable)
        return (_rebuild.array, arguments)

    def _tensor(self, value: Any) -> Reduced:
        torch: Any = sys.modules["torch"]
        if value.device.type != "cpu":
            raise Unpicklable(f"cannot pickle a tensor on {value.device}: only CPU tensors travel")
        if value.layout is not torch.strided or value.is_quantized:
            return NotImplemented
        if value.requires_grad and not value.is_leaf:
            raise Unpicklable("cannot pickle a tensor that is part of a graph: detach() it")
        under = value.untyped_storage()
        base = self._storage(under.data_ptr(), under.nbytes(), value)
        arguments = (
            base,
            value.dtype,
            value.storage_offset(),
            tuple(value.size()),
            value.stride(),
            bool(value.requires_grad),
            type(value) is not torch.Tensor,
        )
        return (_rebuild.tensor, arguments)

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
