"""What the pickles of this package call when they are loaded. Names here are part of the format.

Arrays and tensors are views of a Storage: one for all that look at the same memory, so that they
look at the same memory again.
"""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any

from . import _arena, _class_memory, _identity, _loops
from ._refusal import Refused
from ._untyped import untyped

# Sockets that came with the container that is being loaded; set and emptied by _pickle.
arrived: list[int] = []


# What was loaded and needs a look at its end: asyncio's objects, and those of which __getstate__
# left attributes out, with their names. Emptied by _counterpart.
primitives: list[Any] = []
partials: list[tuple[Any, list[str]]] = []


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


class Parts(dict[str, Any]):
    """Objects that one name stands for, by the last part of the name of each (_presets)."""


class Storage:
    """The bytes under arrays and tensors. `owner`: the array or tensor that has them."""

    __slots__ = ("memory", "owner", "_tensor")

    def __init__(self, memory: Any, owner: Any = None) -> None:
        self.memory = memory
        self.owner = owner
        self._tensor: Any = None

    def of_array(self) -> Any:
        """The memory, for numpy. Torch's own cannot be resized from then on."""
        if self.memory is None:
            self.memory = self._tensor.numpy()
        return self.memory

    def tensor_storage(self, torch: Any) -> Any:
        """The same torch storage for every tensor that looks at this memory."""
        if self._tensor is None:
            if len(self.memory) == 0:
                self._tensor = torch.empty(0, dtype=torch.uint8)
            else:
                self._tensor = torch.frombuffer(self.memory, dtype=torch.uint8)
        return untyped(self._tensor)


def storage(memory: Any) -> Storage:
    """An owner of its own for a part of the container: numpy would look through a memoryview, and
    take the whole container for what an array keeps alive.
    """
    if isinstance(memory, memoryview):
        memory = (ctypes.c_ubyte * len(memory)).from_buffer(memory)
    return Storage(memory)


def owned_storage(memory: Any, form: Any, shape: Any, order: Any) -> Storage:
    """Memory of its own, as it was: for an array of this form, or for torch."""
    if form == "torch":
        found = storage(memory)
        torch = _module("torch")
        if len(memory):
            found._tensor = torch.frombuffer(found.memory, dtype=torch.uint8).clone()
            found.memory = None
        return found
    numpy = _module("numpy")
    owner = numpy.empty(shape, form, order)
    flat = numpy.empty(0, "u1")
    if owner.nbytes:
        flat = owner.reshape(-1, order="A").view("u1")
        flat[:] = numpy.frombuffer(memory, "u1")
    return Storage(flat, owner)


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
    view = numpy.ndarray(shape, dtype, base.of_array(), offset, strides)
    if not writable:
        view.flags.writeable = False
    return view


def owner(base: Storage, dtype: Any, shape: Any, strides: Any, writable: bool) -> Any:
    """The array itself that has the memory; a view where that lies elsewhere by now."""
    if base.owner is None:
        return array(base, dtype, shape, strides, 0, writable)
    base.owner.flags.writeable = writable
    return base.owner


def fill_array(made: Any, held: dict[str, Any]) -> None:
    """Of a class of its own, with attributes."""
    made.__setstate__(held["array"])
    vars(made).update(held["own"])


def mapped(
    there: Any, dtype: Any, mode: str, offset: int, shape: Any, order: Any, content: Any
) -> Any:
    """The same part of a file; refused where another file has its name."""
    path, device, inode = there
    try:
        found = os.stat(path)
    except OSError as error:
        raise Refused("load_failed", f"the mapped file {path}: {error.strerror}") from None
    if (found.st_dev, found.st_ino) != (device, inode):
        raise Refused("load_failed", f"the mapped file {path} is another one by now: keep its data")
    numpy = _module("numpy")
    made = numpy.memmap(path, dtype, mode, offset, shape, order)
    if content is not None:
        made.reshape(-1, order="A").view("u1")[:] = numpy.frombuffer(content, "u1")
    return made


def mapped_part(
    whole: Any, dtype: Any, shape: Any, strides: Any, offset: int, writable: bool
) -> Any:
    numpy = _module("numpy")
    part = numpy.ndarray.__new__(type(whole), shape, dtype, whole, offset, strides)
    for name in ("_mmap", "filename", "offset", "mode"):
        setattr(part, name, getattr(whole, name))
    if not writable:
        part.flags.writeable = False
    return part


def tensor(
    base: Storage,
    dtype: Any,
    offset: int,
    size: Any,
    stride: Any,
    grad: bool,
    parameter: bool,
    conjugated: bool = False,
    negated: bool = False,
) -> Any:
    torch = _module("torch")
    view = torch.empty(0, dtype=dtype).set_(base.tensor_storage(torch), offset, size, stride)
    if conjugated:
        view = torch.conj(view)
    if negated:
        view = torch._neg_view(view)
    if parameter:
        return torch.nn.Parameter(view, requires_grad=grad)
    return view.requires_grad_(grad) if grad else view


def fill_tensor(made: Any, held: dict[str, Any]) -> None:
    vars(made).update(held["own"])
    if held["grad"] is not None:
        made.grad = held["grad"]


def primitive(kind: Any, name: str, arguments: tuple[Any, ...]) -> Any:
    """One of asyncio's objects, as if nobody had ever waited for it."""
    made = _loops.make(kind, name, arguments)
    primitives.append(made)
    return made


def fill_primitive(made: Any, held: dict[str, Any]) -> None:
    _loops.fill(made, held)


def _set_state(made: Any, state: Any) -> None:
    """As pickle does it."""
    if hasattr(type(made), "__setstate__"):
        made.__setstate__(state)
    elif state:
        vars(made).update(state)


def reference(module: str, name: str) -> Any:
    """The object that a global of a module is: there is only one of it."""
    try:
        return _identity.look_up(module, name)
    except LookupError:
        raise Refused(
            "load_failed", f"{module}:{name} is part of the state, and this version has none"
        ) from None


def constant(module: str, name: str, made: tuple[Any, ...]) -> Any:
    """The global, where it has the same value still; otherwise an object of its own."""
    function, arguments, state = made
    found = function(*arguments)
    if state is not None:
        _set_state(found, state)
    try:
        mine = _identity.look_up(module, name)
    except LookupError:
        return found
    return mine if _identity.equal(mine, found) else found


def member(kind: Any, value: Any, names: dict[str, Any]) -> Any:
    """Of an enumeration. `names`: what it was called, and its value; of flags, each of them."""
    for name, number in names.items():
        mine = kind.__members__.get(name)
        if mine is not None and mine.value != number:
            raise Refused(
                "load_failed",
                f"{kind.__module__}:{kind.__qualname__}.{name} was {number!r}, it is "
                f"{mine.value!r} in this version: keep the number, or take a new name",
            )
    return kind(value)


def noted(notes: Any, function: Any, arguments: Any) -> Any:
    """An object whose class had memory of its own."""
    _class_memory.check(notes)
    return function(*arguments)


def fill_partial(made: Any, held: dict[str, Any]) -> None:
    _set_state(made, held["state"])
    partials.append((made, held["out"]))


def fill_exception(made: Any, held: dict[str, Any]) -> None:
    _set_state(made, held["state"])
    made.__cause__, made.__context__ = held["cause"], held["context"]
    made.__suppress_context__ = held["suppress"]


def open_socket(number: int, family: int, kind: int, proto: int, timeout: float | None) -> Any:
    """Takes a descriptor that came: whoever closes the socket closes it."""
    if not 0 <= number < len(arrived) or arrived[number] < 0:
        raise Refused("load_failed", f"descriptor {number} of a socket did not come")
    fd, arrived[number] = arrived[number], -1
    found = _module("socket").socket(family, kind, proto, fileno=fd)
    found.settimeout(timeout)
    return found
