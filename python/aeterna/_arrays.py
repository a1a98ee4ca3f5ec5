"""numpy's arrays: views of one memory are views of one memory again; a mapped file is mapped again.

numpy is among the modules of the program, or there is no array.
"""

from __future__ import annotations

import mmap
import os
import pickle
import sys
from typing import Any

from . import _rebuild, _tensors
from ._memory import address, mapped_file
from ._storage import BulkStorage, Reduced, Storages, Unpicklable


def is_array(kind: type, numpy: Any) -> bool:
    """Arrays, mapped files, and classes of their own that pickle as arrays do."""
    array = getattr(numpy, "ndarray", None)
    if array is None or not issubclass(kind, array):
        return False
    own = (kind.__reduce_ex__, kind.__reduce__) == (array.__reduce_ex__, array.__reduce__)
    return kind in (array, numpy.memmap) or own


def _under(value: Any, numpy: Any) -> Any:
    """What has the memory of an array: the array itself, or what is no array."""
    base = value
    while isinstance(base, numpy.ndarray) and base.base is not None:
        base = base.base
    return base


def _base(value: Any, numpy: Any, storages: Storages) -> BulkStorage | None:
    """The memory that an array looks at, all of it; None where nobody can say."""
    base = _under(value, numpy)
    if isinstance(base, numpy.ndarray):
        if not base.flags.forc:
            return None
        where = base.__array_interface__["data"][0]
        form = None
        if type(base) is numpy.ndarray and base.flags.owndata and not base.dtype.hasobject:
            form = (base.dtype, base.shape, "C" if base.flags.c_contiguous else "F")
        return storages.at(where, base.nbytes, base, form)
    under = base.obj if isinstance(base, memoryview) else base
    if isinstance(under, mmap.mmap):
        return None
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(base, torch.Tensor):
        return _tensors.storage_of(base, storages)
    try:
        length = memoryview(base).nbytes
        where = address(base)
    except (TypeError, BufferError, ValueError):
        return None
    return storages.at(where, length, base)


def _is_within(value: Any, offset: int, length: int) -> bool:
    reach = [(n - 1) * s for n, s in zip(value.shape, value.strides)] if value.size else []
    first = offset + sum(step for step in reach if step < 0)
    last = offset + sum(step for step in reach if step > 0) + value.itemsize
    return bool(value.size == 0 or (first >= 0 and last <= length))


def _plain(value: Any, numpy: Any, storages: Storages) -> Reduced:
    if value.dtype.hasobject:
        return NotImplemented
    base = _base(value, numpy, storages)
    if base is None:
        return _of_mapping(value, numpy)
    offset = value.__array_interface__["data"][0] - base.where
    if not _is_within(value, offset, base.length):
        return NotImplemented
    if value.size == 0:
        offset = 0
    writable = bool(value.flags.writeable)
    if base.owner is value and base.form is not None:
        return (_rebuild.owner, (base, value.dtype, value.shape, value.strides, writable))
    arguments = (base, value.dtype, value.shape, value.strides, offset, writable)
    return (_rebuild.array, arguments)


def _of_mapping(value: Any, numpy: Any) -> Reduced:
    """A copy, unless others see what is written: a file that has a name."""
    under = _under(value, numpy)
    under = under.obj if isinstance(under, memoryview) else under
    if isinstance(under, mmap.mmap) and value.size and value.flags.writeable:
        path = mapped_file(value.__array_interface__["data"][0])
        if path is not None:
            raise Unpicklable("cannot pickle an array over a mapped file: use numpy.memmap")
    return NotImplemented


def reduce_array(value: Any, storages: Storages) -> Reduced:
    numpy: Any = sys.modules["numpy"]
    kind = type(value)
    if kind is numpy.ndarray:
        return _plain(value, numpy, storages)
    if isinstance(value, numpy.memmap):
        under = _under(value, numpy)
        if isinstance(under, mmap.mmap):
            return _mapped(value, numpy)
        if kind is numpy.memmap:  # what numpy makes of one by arithmetic
            return NotImplemented
    if not getattr(value, "__dict__", None):
        return NotImplemented
    function, arguments, state = value.__reduce__()
    return (
        function,
        arguments,
        {"array": state, "own": dict(vars(value))},
        None,
        None,
        _rebuild.fill_array,
    )


def _mapped(value: Any, numpy: Any) -> Reduced:
    """The same part of the same file: its name, and what shows that it still is that file."""
    first = value
    while isinstance(first.base, numpy.memmap):
        first = first.base
    path = first.filename
    if path is None:
        raise Unpicklable("cannot pickle a memmap without a file's name: open it by its path")
    try:
        found = os.stat(path)
    except OSError:
        raise Unpicklable(f"cannot pickle a memmap whose file is gone: {os.fspath(path)}") from None
    there = (os.fspath(path), found.st_dev, found.st_ino)
    mode = "r+" if first.mode == "w+" else first.mode
    order = "C" if first.flags.c_contiguous else "F"
    content = None
    if mode == "c":
        content = pickle.PickleBuffer(numpy.ascontiguousarray(first.view(numpy.ndarray)).data)
    whole = (_rebuild.mapped, (there, first.dtype, mode, first.offset, first.shape, order, content))
    if value is first:
        return whole
    offset = value.__array_interface__["data"][0] - first.__array_interface__["data"][0]
    part = (value.dtype, value.shape, value.strides, offset, bool(value.flags.writeable))
    return (_rebuild.mapped_part, (first, *part))
