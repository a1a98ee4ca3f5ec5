"""Arenas: numpy arrays born in shared memory, whose ownership moves at a swap.

The memory is a memfd: a header with the names, then arrays one after the other; nothing is freed
before the arena is. Nothing of the bulk is read or copied on its way, so it is not checked either;
the header is.

The next generation maps an arena when its state is loaded, and may write once it serves. Until
then the memory is the old generation's, which goes on with it if the swap is undone. If it goes on
after the commit, because the new one died, the arrays are as the new one left them.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import math
import mmap
import os
import struct
import threading
import weakref
from collections.abc import Iterator, Sequence
from typing import Any, Union

from . import _runtime
from ._checksum import crc32c
from ._memory import address, at, map_over
from ._reader import corrupt
from ._refill import rebind
from ._refusal import Refused

HEADER = 1 << 20
_MAGIC = b"AETARENA"
_VERSION = 1
_HEAD = struct.Struct("<8sIIQII")
_HEAD_CRC = struct.Struct("<I")
_TABLE_AT = 64

Shape = Union[int, "tuple[int, ...]"]
# offset, dtype, shape
Entry = tuple[int, Any, "tuple[int, ...]"]

arenas: dict[str, Arena] = {}


def _numpy() -> Any:
    """Who asks for an array has it."""
    return importlib.import_module("numpy")


def _bytes(kind: Any, shape: Sequence[int]) -> int:
    return int(kind.itemsize) * math.prod(shape)


class _Span:
    """Reserved addresses with a file mapped over them; goes with the last array in it."""

    def __init__(self, fd: int, length: int) -> None:
        self.mapping = mmap.mmap(-1, length, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self.where = address(self.mapping)
        self.length = length
        self.map(fd)

    def map(self, fd: int) -> None:
        map_over(self.where, self.length, mmap.MAP_SHARED, fd)

    def part(self, offset: int, length: int) -> Any:
        """What an array has as its base: its own bytes, no others."""
        return (ctypes.c_ubyte * length).from_buffer(self.mapping, offset)


def _pack(used: int, entries: dict[str, Entry]) -> bytes:
    rows = {
        name: [off, dtype.descr if dtype.names else dtype.str, shape]
        for name, (off, dtype, shape) in entries.items()
    }
    table = json.dumps(rows).encode()
    if _TABLE_AT + len(table) > HEADER:
        raise MemoryError("an arena holds no more names than this")
    head = _HEAD.pack(_MAGIC, _VERSION, HEADER, used, len(table), crc32c(table))
    return (head + _HEAD_CRC.pack(crc32c(head))).ljust(_TABLE_AT, b"\0") + table


def _unpack(name: str, header: memoryview, length: int) -> tuple[int, dict[str, Any]]:
    """Refused (state_corrupt) where the header is not one, or speaks of what is outside."""
    magic, version, size, used, table_len, table_crc = _HEAD.unpack_from(header)
    (head_crc,) = _HEAD_CRC.unpack_from(header, _HEAD.size)
    if magic != _MAGIC or head_crc != crc32c(header[: _HEAD.size]):
        raise corrupt(f"arena {name}: the checksum of its header is wrong")
    if version != _VERSION or size != HEADER:
        raise corrupt(f"arena {name}: its format is {version}, this version reads {_VERSION}")
    if _TABLE_AT + table_len > HEADER or not HEADER <= used <= length:
        raise corrupt(f"arena {name}: its header speaks of what is outside")
    table = bytes(header[_TABLE_AT : _TABLE_AT + table_len])
    if crc32c(table) != table_crc:
        raise corrupt(f"arena {name}: the checksum of its names is wrong")
    rows: dict[str, Any] = json.loads(table)
    return used, rows


class Arena:
    """Arrays in memory that the next version takes over."""

    def __init__(self, name: str, max_bytes: int) -> None:
        self.name = name
        self._lock = threading.Lock()
        self._is_guarded = False
        self._used = HEADER
        self._entries: dict[str, Entry] = {}
        self._given: list[tuple[str | None, weakref.ref[Any]]] = []
        length = HEADER + (max_bytes + mmap.PAGESIZE - 1) // mmap.PAGESIZE * mmap.PAGESIZE
        self.fd = os.memfd_create(f"aeterna-{name}", os.MFD_CLOEXEC)
        os.ftruncate(self.fd, length)
        self._span = _Span(self.fd, length)
        self._store()

    def __del__(self) -> None:
        try:
            os.close(self.fd)
        except (AttributeError, OSError):
            pass

    def _store(self) -> None:
        packed = _pack(self._used, self._entries)
        at(self._span.where, len(packed))[:] = packed

    @property
    def length(self) -> int:
        return self._span.length

    def holds(self, where: int) -> bool:
        return self._span.where <= where < self._span.where + self._span.length

    def offset(self, where: int) -> int:
        return where - self._span.where

    def part(self, offset: int, length: int) -> Any:
        """For an array that travels as a reference; Refused where it points outside."""
        if not HEADER <= offset <= offset + length <= self._used:
            raise Refused("load_failed", f"arena {self.name}: an array lies outside")
        return self._span.part(offset, length)

    def empty(self, shape: Shape, dtype: Any = float, name: str | None = None) -> Any:
        """A new array; zeros where nothing was. With the name of one that is there: that one."""
        kind = _numpy().dtype(dtype)
        sizes = (int(shape),) if not isinstance(shape, (tuple, list)) else tuple(map(int, shape))
        if kind.hasobject:
            raise TypeError("an arena holds numbers, not objects")
        with self._lock:
            if name is not None and name in self._entries:
                return self._again(name, kind, sizes)
            if self._is_guarded and not _runtime.serving():
                raise RuntimeError(f"arena {self.name}: nothing new before this version serves")
            self._is_guarded = False
            length = _bytes(kind, sizes)
            unit = mmap.PAGESIZE if length >= 1 << 20 else 64
            start = (self._used + unit - 1) // unit * unit
            if start + length > self._span.length:
                free = self._span.length - start
                raise MemoryError(f"arena {self.name}: {length} bytes asked for, {free} are left")
            before = self._used
            self._used = start + length
            if name is not None:
                self._entries[name] = (start, kind, sizes)
            try:
                self._store()
            except MemoryError:
                self._used = before
                self._entries.pop(name or "", None)
                raise
            return self._give(name, start, kind, sizes)

    def _again(self, name: str, kind: Any, sizes: tuple[int, ...]) -> Any:
        start, known, shape = self._entries[name]
        if (known, shape) != (kind, sizes):
            raise ValueError(f"arena {self.name}: {name!r} is {known} {shape}, not {kind} {sizes}")
        return self._give(name, start, kind, sizes)

    def _give(self, name: str | None, start: int, kind: Any, sizes: tuple[int, ...]) -> Any:
        part = self._span.part(start, _bytes(kind, sizes))
        array = _numpy().ndarray(sizes, kind, part)
        self._given = [given for given in self._given if given[1]() is not None]
        self._given.append((name, weakref.ref(array)))
        return array

    def __getitem__(self, name: str) -> Any:
        with self._lock:
            return self._give(name, *self._entries[name])

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._entries))

    def guard(self) -> None:
        """It is the old generation's until this one serves."""
        _runtime.guard(self._span.where, self._span.length)
        self._is_guarded = True

    def adopt(self, fd: int) -> None:
        """Takes what was handed over; `fd` is this arena's from now on."""
        length = os.fstat(fd).st_size
        if length < HEADER:
            raise corrupt(f"arena {self.name}: it has {length} bytes, less than a header")
        with mmap.mmap(fd, HEADER, mmap.MAP_SHARED, mmap.PROT_READ) as mapping:
            with memoryview(mapping) as header:
                used, rows = _unpack(self.name, header, length)
        entries = _entries(self.name, rows, used)
        if length > self._span.length and used > self._span.length:
            raise Refused(
                "load_failed",
                f"arena {self.name}: {used - HEADER} bytes are handed over, "
                f"max_bytes of this version is {self._span.length - HEADER}",
            )
        if length < self._span.length:
            os.ftruncate(fd, self._span.length)
        given = [(name, found) for name, ref in self._given if (found := ref()) is not None]
        same = all(
            name is not None and entries.get(name) == self._entries[name] for name, _ in given
        )
        os.close(self.fd)
        self.fd, self._used, self._entries = fd, used, entries
        if same:
            self._span.map(fd)
            return
        self._span = _Span(fd, self._span.length)
        for name, array in given:
            if name in entries and not rebind(array, self[name or ""]):
                raise Refused(
                    "load_failed",
                    f"arena {self.name}: the array {name!r} has another shape or place now, "
                    "and no global of a module holds it",
                )


def _entries(name: str, rows: dict[str, Any], used: int) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    for key, (start, described, shape) in rows.items():
        fields = described
        if isinstance(described, list):
            fields = [tuple(field) for field in described]
        kind = _numpy().dtype(fields)
        size = _bytes(kind, shape)
        if start < HEADER or size < 0 or start + size > used:
            raise corrupt(f"arena {name}: the array {key!r} lies outside")
        entries[key] = (start, kind, tuple(shape))
    return entries


def receive(name: str, fd: int) -> bool:
    """False where the program has not asked for this arena yet; it will find it when it does."""
    known = arenas.get(name)
    found = known or Arena(name, max(os.fstat(fd).st_size - HEADER, 0))
    found.adopt(fd)
    found.guard()
    arenas[name] = found
    return known is not None


def holding(where: int) -> Arena | None:
    """The arena in which an address lies."""
    return next((arena for arena in arenas.values() if arena.holds(where)), None)
