"""Reads a container: every check of docs/state.md in its order, then the sections.

Nothing of a container is believed before all of it has been checked, and nothing is loaded here.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterable, Sequence

from ._checksum import checksum, crc32c
from ._format import (
    ALGORITHM,
    BESIDE,
    BYTE_ORDER,
    COMMIT_AT,
    COMMIT_CRC_AT,
    COMMITTED,
    FILE,
    HEADER,
    IN_CONTAINER,
    KINDS,
    MAGIC,
    MAJOR,
    MOST_ROWS,
    OBJECT,
    OWNED,
    PICKLE,
    PREFIX_CRC_AT,
    ROW,
    UNCHECKED,
    UNCHECKED_KINDS,
    Commit,
    Origin,
    Prefix,
    Row,
    stored,
)
from ._named_tuple import NamedTuple
from ._refusal import Refused


def corrupt(sentence: str) -> Refused:
    return Refused("state_corrupt", sentence)


class Expected(NamedTuple):
    """What the launcher says about the container, beside it."""

    run_id: bytes
    generation: int


class Container(NamedTuple):
    """A checked container. Its memory stays as long as a view of it does."""

    origin: Origin
    rows: Sequence[Row]
    memory: memoryview

    def body(self, row: Row) -> memoryview:
        return self.memory[row.off : row.off + row.length]

    def owned_by(self, row: Row) -> Iterable[Row]:
        owner = 1 + self.rows.index(row)
        return (other for other in self.rows if other.owner == owner)


def check_header(header: memoryview, expected: Expected) -> Prefix:
    """Checks 2 to 4, on the first 4096 bytes."""
    prefix = Prefix.unpack(header)
    if prefix.magic != MAGIC:
        raise corrupt("it does not begin as a container does")
    if prefix.byte_order != BYTE_ORDER:
        raise corrupt("it was written in another byte order")
    if prefix.major != MAJOR or prefix.header_len != HEADER:
        raise corrupt(f"its format is {prefix.major}, this version reads {MAJOR}")
    if prefix.incompatible:
        raise corrupt(f"it has unknown features {prefix.incompatible:#x}")
    if crc32c(header[:PREFIX_CRC_AT]) != stored(header, PREFIX_CRC_AT):
        raise corrupt("the checksum of its header is wrong")
    if crc32c(header[COMMIT_AT:COMMIT_CRC_AT]) != stored(header, COMMIT_CRC_AT):
        raise corrupt("the checksum of its commit record is wrong")
    commit = Commit.unpack(header)
    if commit.state != COMMITTED:
        raise corrupt("it was not written to its end")
    if (commit.generation, commit.total_len) != (prefix.origin.generation, prefix.total_len):
        raise corrupt("its commit record belongs to another header")
    if commit.algorithm != ALGORITHM:
        raise corrupt(f"its checksums are of the unknown kind {commit.algorithm}")
    if prefix.origin.run_id != expected.run_id:
        raise corrupt("another launcher's program wrote it")
    if prefix.origin.generation != expected.generation:
        raise corrupt(f"generation {prefix.origin.generation} wrote it, not {expected.generation}")
    return prefix


def _table(memory: memoryview, prefix: Prefix) -> list[Row]:
    """Check 6, as far as one row goes."""
    count, start = prefix.toc_count, prefix.toc_off
    if prefix.entry_size != ROW or count > MOST_ROWS:
        raise corrupt("its table of contents has a wrong size")
    end = start + count * ROW
    if start % 8 or start < HEADER or end > prefix.total_len:
        raise corrupt("its table of contents lies outside")
    commit = Commit.unpack(memory)
    if crc32c(memory[start:end]) != commit.toc_crc:
        raise corrupt("the checksum of its table of contents is wrong")
    rows = []
    for index in range(count):
        entry = memory[start + index * ROW : start + (index + 1) * ROW]
        if crc32c(entry[: ROW - 4]) != stored(entry, ROW - 4):
            raise corrupt(f"the checksum of row {index} is wrong")
        try:
            rows.append(Row.unpack(entry))
        except ValueError:
            raise corrupt(f"the name in row {index} is no name") from None
    return rows


def _check_row(row: Row, rows: Sequence[Row], descriptors: int) -> None:
    if row.kind not in KINDS:
        raise corrupt(f"{row} is of an unknown type")
    if row.flags & ~UNCHECKED or (row.flags and row.kind not in UNCHECKED_KINDS):
        raise corrupt(f"{row} has unknown flags {row.flags:#x}")
    last = row.places()[-1] if row.kind in BESIDE else -1
    if last >= descriptors:
        raise corrupt(f"{row} speaks of descriptor {last}, and {descriptors} came")
    if row.is_named() and not row.name:
        raise corrupt(f"{row} has no name")
    if row.is_own() and row.kind != OBJECT:
        return
    if row.kind not in OWNED:
        raise corrupt(f"{row} cannot belong to a section")
    if not 0 < row.owner <= len(rows) or rows[row.owner - 1].kind != PICKLE:
        raise corrupt(f"{row} belongs to no section")


def _check_places(rows: Sequence[Row], prefix: Prefix) -> None:
    """Check 6, between rows: names once, bytes once, all of them inside."""
    names = [row.name for row in rows if row.is_named()]
    if len(set(names)) != len(names):
        raise corrupt("two sections have the same name")
    places = [(prefix.toc_off, prefix.toc_count * ROW, "the table of contents")]
    for row in rows:
        if row.kind in IN_CONTAINER:
            if row.align_log2 > 12 or row.off & ((1 << row.align_log2) - 1):
                raise corrupt(f"{row} is not aligned")
            places.append((row.off, row.length, str(row)))
    end = HEADER
    for off, length, what in sorted(places):
        if off < end or off + length > prefix.total_len:
            raise corrupt(f"{what} lies outside or over another section")
        end = off + length


def _file_sum(row: Row, fd: int) -> int:
    """A FILE's own descriptor, all of it."""
    if os.fstat(fd).st_size != row.length:
        raise corrupt(f"{row} has another length than its file")
    if row.length == 0:
        return 0
    with mmap.mmap(fd, row.length, access=mmap.ACCESS_READ) as mapping:
        with memoryview(mapping) as view:
            return checksum(view)


def check(
    memory: memoryview, length: int, expected: Expected, fds: Sequence[int] = ()
) -> Container:
    """Checks 2 to 7. `length`: of the file, or what arrived."""
    if length < HEADER:
        raise corrupt(f"it has {length} bytes, less than a header")
    prefix = check_header(memory[:HEADER], expected)
    if prefix.total_len < HEADER or length < prefix.total_len:
        raise corrupt(f"it has {length} bytes of {prefix.total_len}")
    rows = _table(memory, prefix)
    for row in rows:
        _check_row(row, rows, len(fds))
    _check_places(rows, prefix)
    container = Container(prefix.origin, rows, memory)
    for row in rows:
        if row.kind in IN_CONTAINER:
            found = checksum(container.body(row))
        elif row.kind == FILE:
            found = _file_sum(row, fds[row.off])
        else:
            continue
        if found != row.checksum:
            part = f"part of {rows[row.owner - 1]}" if row.owner else str(row)
            raise corrupt(f"the checksum of {part} is wrong")
    return container
