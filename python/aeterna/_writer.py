"""Writes a container: a layout first, then every byte once, the commit record last.

The target is memory: a mapped memfd, or a byte array that goes over a stream afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Union

from ._checksum import checksum, copy, crc32c
from ._format import (
    BUFFER,
    COMMIT_AT,
    COMMITTED,
    HEADER,
    IN_CONTAINER,
    MOST_ROWS,
    ROW,
    WRITING,
    Commit,
    Origin,
    Prefix,
    Row,
)
from ._named_tuple import NamedTuple
from ._refusal import Refused

Chunk = Union[bytes, bytearray, memoryview]
_BULK = 1 << 20


class Section(NamedTuple):
    """What becomes a row: bytes in the container, or descriptors that travel beside it."""

    row: Row
    chunks: Sequence[Chunk] = ()
    descriptors: Sequence[int] = ()


class Layout(NamedTuple):
    """Where everything lies, known before the first byte is written."""

    sections: tuple[Section, ...]
    toc_off: int
    total_len: int


def _align(kind: int, length: int) -> int:
    if kind != BUFFER:
        return 3
    return 12 if length >= _BULK else 6


def _up(offset: int, log2: int) -> int:
    return (offset + (1 << log2) - 1) >> log2 << log2


def plan(sections: Sequence[Section]) -> Layout:
    if len(sections) > MOST_ROWS:
        raise Refused("dump_failed", f"{len(sections)} sections, more than {MOST_ROWS}")
    offset = HEADER
    placed = []
    for section in sections:
        if section.row.kind in IN_CONTAINER:
            length = sum(len(chunk) for chunk in section.chunks)
            log2 = _align(section.row.kind, length)
            offset = _up(offset, log2)
            row = section.row._replace(off=offset, length=length, align_log2=log2)
            placed.append(Section(row, section.chunks))
            offset += length
        else:
            placed.append(section)
    offset = _up(offset, 3)
    return Layout(tuple(placed), offset, offset + len(placed) * ROW)


def _fill(target: memoryview, chunks: Sequence[Chunk]) -> int:
    """One chunk is copied and checked at once; several are copied, then checked together."""
    if len(chunks) == 1:
        return copy(target, memoryview(chunks[0]))
    offset = 0
    for chunk in chunks:
        target[offset : offset + len(chunk)] = chunk
        offset += len(chunk)
    return checksum(target)


def write(target: memoryview, layout: Layout, origin: Origin) -> None:
    """`target` is zero where nothing has been written, and at least total_len long."""
    writing = Commit(WRITING, origin.generation, layout.total_len, 0)
    target[COMMIT_AT:HEADER] = writing.pack()
    rows: list[bytes] = []
    for section in layout.sections:
        row = section.row
        if row.kind in IN_CONTAINER:
            body = target[row.off : row.off + row.length]
            row = row._replace(checksum=_fill(body, section.chunks))
            body.release()
        rows.append(row.pack())
    table = b"".join(rows)
    target[layout.toc_off : layout.total_len] = table
    prefix = Prefix(origin, layout.total_len, layout.toc_off, len(rows))
    packed = prefix.pack()
    target[: len(packed)] = packed
    done = Commit(COMMITTED, origin.generation, layout.total_len, crc32c(table))
    target[COMMIT_AT:HEADER] = done.pack()
