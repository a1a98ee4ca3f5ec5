"""Memory by address: where a buffer lies, and mappings of a container.

A mapping that is to be read leaves no descriptor behind in the program: the memory is taken
anonymously first, and the file is mapped over it.
"""

from __future__ import annotations

import ctypes
import mmap
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_SIMPLE = 0
_MAP_FIXED = 0x10
_HUGE = 2 << 20
_FAILED = ctypes.c_void_p(-1).value


class _Buffer(ctypes.Structure):
    """Py_buffer of CPython's stable interface."""

    _fields_ = [
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.c_void_p),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p),
        ("shape", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("suboffsets", ctypes.c_void_p),
        ("internal", ctypes.c_void_p),
    ]


_get_buffer = ctypes.pythonapi.PyObject_GetBuffer
_get_buffer.argtypes = [ctypes.py_object, ctypes.POINTER(_Buffer), ctypes.c_int]
_get_buffer.restype = ctypes.c_int
_release_buffer = ctypes.pythonapi.PyBuffer_Release
_release_buffer.argtypes = [ctypes.POINTER(_Buffer)]
_release_buffer.restype = None


def address(buffer: Any) -> int:
    """Where a contiguous buffer begins; true for as long as the caller keeps the buffer alive."""
    described = _Buffer()
    _get_buffer(buffer, ctypes.byref(described), _SIMPLE)
    try:
        return int(described.buf or 0)
    finally:
        _release_buffer(ctypes.byref(described))


def mapped_file(where: int) -> str | None:
    """The file with which an address is shared; None: memory, or a file without a name."""
    with open("/proc/self/maps") as maps:
        for line in maps:
            span, rights, _, _, _, *path = line.split(None, 5)
            first, _, end = span.partition("-")
            if int(first, 16) <= where < int(end, 16):
                name = path[0].strip() if path else ""
                shared = rights[3] == "s" and name.startswith("/")
                return name if shared and not name.endswith(" (deleted)") else None
    return None


def at(where: int, length: int) -> memoryview:
    """The bytes at an address, writable; the caller keeps their owner alive."""
    return pickle.PickleBuffer((ctypes.c_ubyte * length).from_address(where)).raw()


def _libc_mmap() -> Any:
    function = ctypes.CDLL(None, use_errno=True).mmap
    function.argtypes = [
        ctypes.c_void_p,
        ctypes.c_size_t,
        ctypes.c_int,
        ctypes.c_int,
        ctypes.c_int,
        ctypes.c_long,
    ]
    function.restype = ctypes.c_void_p
    return function


def map_over(where: int, length: int, flags: int, fd: int) -> None:
    """Puts a file in the place of what is mapped at an address (page-aligned)."""
    protection = mmap.PROT_READ | mmap.PROT_WRITE
    result = _libc_mmap()(where, length, protection, flags | _MAP_FIXED, fd, 0)
    if result == _FAILED:
        number = ctypes.get_errno()
        raise OSError(number, "the state cannot be mapped")


def _map(fd: int, length: int, flags: int) -> tuple[mmap.mmap, int]:
    """The mapping and where in it the file begins: where a huge page may begin, so that huge pages
    are mapped whole.
    """
    spare = _HUGE if length >= _HUGE else 0
    mapping = mmap.mmap(-1, length + spare, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    shift = -address(mapping) % _HUGE if spare else 0
    map_over(address(mapping) + shift, length, flags, fd)
    return mapping, shift


def map_private(fd: int, length: int) -> memoryview:
    """A container, copy-on-write: what the program writes into it stays in this process. The view
    keeps the mapping.
    """
    mapping, shift = _map(fd, length, mmap.MAP_PRIVATE)
    return memoryview(mapping)[shift : shift + length]


@contextmanager
def map_shared(fd: int, length: int) -> Iterator[memoryview]:
    """A container that is to be written, unmapped at the end. Pages are mapped as they are touched:
    two threads do that faster than the kernel does it at once, and a huge page takes one touch.
    """
    mapping, shift = _map(fd, length, mmap.MAP_SHARED)
    with mapping:
        with memoryview(mapping) as whole, whole[shift : shift + length] as view:
            yield view
