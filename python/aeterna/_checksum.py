"""CRC-32C of 1 MiB leaves: by the library's routine, which copies as it goes, or by tables.

Sections over 8 MiB go in two threads: ctypes gives the interpreter's lock away for the call.
"""

from __future__ import annotations

import array
import ctypes
import os
import threading
from collections.abc import Callable
from functools import cache
from typing import Any, Optional

from ._memory import address

LEAF = 1 << 20
_PARALLEL = 8 << 20
_POLYNOMIAL = 0x82F63B78
_FEW = 4096

Routine = Callable[[Optional[int], int, int, Any], None]


def _find() -> Routine | None:
    function = getattr(ctypes.CDLL(None), "aeterna_copy_checked", None)
    if function is None:
        return None
    function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_void_p]
    function.restype = None
    found: Routine = function
    return found


routine: Routine | None = _find()


@cache
def byte_tables() -> list[list[int]]:
    """Made where there is no routine, and not before: it would be a part of every start."""
    first = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (_POLYNOMIAL if crc & 1 else 0)
        first.append(crc)
    tables = [first]
    for _ in range(3):
        tables.append([(crc >> 8) ^ first[crc & 0xFF] for crc in tables[-1]])
    return tables


@cache
def _wide_tables() -> tuple[list[int], list[int]]:
    """Four bytes in two look-ups; half a megabyte, made when the first large section comes."""
    zero, one, two, three = byte_tables()
    low = [three[i & 0xFF] ^ two[i >> 8] for i in range(65536)]
    high = [one[i & 0xFF] ^ zero[i >> 8] for i in range(65536)]
    return low, high


def _slow(data: memoryview) -> int:
    crc = 0xFFFFFFFF
    whole = len(data) & ~3 if len(data) > _FEW else 0
    if whole:
        low, high = _wide_tables()
        words = array.array("I")
        words.frombytes(data[:whole])
        for word in words:
            crc ^= word
            crc = low[crc & 0xFFFF] ^ high[crc >> 16]
    table = byte_tables()[0]
    for byte in data[whole:]:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def _span(call: Routine, to: int | None, start: int, length: int, leaves: int) -> None:
    """Both halves at once, cut between two leaves."""
    half = (length // 2 + LEAF - 1) // LEAF * LEAF
    second = (
        None if to is None else to + half,
        start + half,
        length - half,
        leaves + half // LEAF * 4,
    )
    helper = threading.Thread(target=call, args=second, name="aeterna-checksum")
    try:
        helper.start()
    except RuntimeError:
        call(to, start, length, leaves)
        return
    call(to, start, half, leaves)
    helper.join()


def _run(to: memoryview | None, data: memoryview) -> bytes:
    length = len(data)
    leaves = array.array("I", bytes((length + LEAF - 1) // LEAF * 4))
    if routine is None:
        if to is not None:
            to[:] = data
        for index in range(len(leaves)):
            leaves[index] = _slow(data[index * LEAF : (index + 1) * LEAF])
    elif length:
        place = None if to is None else address(to)
        where = leaves.buffer_info()[0]
        if length > _PARALLEL and len(os.sched_getaffinity(0)) > 1:
            _span(routine, place, address(data), length, where)
        else:
            routine(place, address(data), length, where)
    return leaves.tobytes()


def crc32c(data: bytes | memoryview) -> int:
    """Of at most one leaf: headers, rows, lists of leaves."""
    view = memoryview(data)
    if len(view) == 0:
        return 0
    if routine is None or len(view) > LEAF:
        return _slow(view)
    return int.from_bytes(_run(None, view), "little")


def checksum(data: memoryview) -> int:
    """A section's: the CRC-32C of its leaves' CRC-32Cs."""
    return crc32c(_run(None, data))


def copy(to: memoryview, data: memoryview) -> int:
    """Copies a section and returns its checksum."""
    return crc32c(_run(to, data))
