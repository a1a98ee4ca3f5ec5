"""What the pickles of this package call when they are loaded. Names here are part of the format.

Arrays and tensors are views of a Storage: one for all that look at the same memory, so that they
look at the same memory again.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

from . import _arena
from ._refusal import Refused

# Sockets that came with the container that is being loaded; set and emptied by _pickle.
arrived: list[int] = []


class Missing:
    """There is no such entry; false in a condition."""

    _only: Missing | None = None

    def __new__(cls) -> Missing:
        if cls._only is None:
            cls._only = super().__new__(cls)
        return cls._only

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "MISSING"


MISSING = Missing()


class Made(dict[Any, Any]):
    """What a default factory made, a defaultdict whose own factory stayed behind."""


class Storage:
    """The bytes under arrays and tensors."""

    __slots__ = ("memory", "_tensor")

    def __init__(self, memory: Any) -> None:
        self.memory = memory
        self._tensor: Any = None

    def tensor_storage(self, torch: Any) -> Any:
        """The same torch storage for every tensor that looks at this memory."""
        if self._tensor is None:
            if len(self.memory) == 0:
                self._tensor = torch.empty(0, dtype=torch.uint8)
            else:
                self._tensor = torch.frombuffer(self.memory, dtype=torch.uint8)
        return self._tensor.untyped_storage()


def storage(memory: Any) -> Storage:
    """An owner of its own for a part of the container: numpy would look through a memoryview, and
    take the whole container for what an array keeps alive.
    """
    if isinstance(memory, memoryview):
        memory = (ctypes.c_ubyte * len(memory)).from_buffer(memory)
    return Storage(memory)


def arena_storage(name: str, offset: int, length: int) -> Storage:
    """Memory that did not travel with the pickle: it changed hands with its arena."""
    found = _arena.arenas.get(name)
    if found is None:
        raise Refused("load_failed", f"the arena {name} did not come")
    return Storage(found.part(offset, length))


def _module(name: str) -> Any:
    """The program has loaded it, or its own pickles would not speak of it."""
    __import__(name)
    return sys.modules[name]


def array(base: Storage, dtype: Any, shape: Any, strides: Any, offset: int, writable: bool) -> Any:
    numpy = _module("numpy")
    view = numpy.ndarray(shape, dtype, base.memory, offset, strides)
    if not writable:
        view.flags.writeable = False
    return view


def tensor(
    base: Storage, dtype: Any, offset: int, size: Any, stride: Any, grad: bool, parameter: bool
) -> Any:
    torch = _module("torch")
    view = torch.empty(0, dtype=dtype).set_(base.tensor_storage(torch), offset, size, stride)
    if parameter:
        return torch.nn.Parameter(view, requires_grad=grad)
    return view.requires_grad_(grad) if grad else view


def open_socket(number: int, family: int, kind: int, proto: int, timeout: float | None) -> Any:
    """Takes a descriptor that came: whoever closes the socket closes it."""
    if not 0 <= number < len(arrived) or arrived[number] < 0:
        raise Refused("load_failed", f"descriptor {number} of a socket did not come")
    fd, arrived[number] = arrived[number], -1
    found = _module("socket").socket(family, kind, proto, fileno=fd)
    found.settimeout(timeout)
    return found
