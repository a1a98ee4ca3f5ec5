"""The container of docs/state.md, byte by byte: header, commit record, rows. Knows no sections."""

from __future__ import annotations

import struct

from ._checksum import crc32c
from ._named_tuple import NamedTuple

MAGIC = b"AETERNA\0"
MAJOR, MINOR = 1, 0
HEADER = 4096
PAGE = 4096
ROW = 128
MOST_ROWS = 16384
MOST_DESCRIPTORS = 65536
NAME = 80
BYTE_ORDER = 0x01020304
ALGORITHM = 1

JSON, PICKLE, BUFFER, FILE, SOCKET, ARENA, HANDLE, OBJECT = range(1, 9)
KINDS = {
    JSON: "JSON",
    PICKLE: "PICKLE",
    BUFFER: "BUFFER",
    FILE: "FILE",
    SOCKET: "SOCKET",
    ARENA: "ARENA",
    HANDLE: "HANDLE",
    OBJECT: "OBJECT",
}
IN_CONTAINER = frozenset({JSON, PICKLE, BUFFER})
NAMED = frozenset({JSON, PICKLE, FILE, ARENA})
BESIDE = frozenset({FILE, SOCKET, ARENA, HANDLE})
OWNED = frozenset({BUFFER, SOCKET, OBJECT})
UNCHECKED_KINDS = frozenset({ARENA, SOCKET, HANDLE})
UNCHECKED = 1

# `off` of an OBJECT: handoff.state names it, not the program; nobody had asked for it yet.
BY_NAME = 1
STILL_PENDING = 2

EMPTY, WRITING, COMMITTED = range(3)

PREFIX_AT, PREFIX_CRC_AT = 0, 0xFC
COMMIT_AT, COMMIT_CRC_AT = 0xFC0, 0xFFC
PREFIX = struct.Struct("<8sHHIQQII16sQIIQQQII56s64s28x")
COMMIT = struct.Struct("<QQQII28x")
ENTRY = struct.Struct("<IIQQIIII80sI")
CRC = struct.Struct("<I")
assert PREFIX.size == PREFIX_CRC_AT and COMMIT.size == COMMIT_CRC_AT - COMMIT_AT
assert ENTRY.size == ROW - CRC.size


class Origin(NamedTuple):
    """Who wrote a container, and when."""

    run_id: bytes
    generation: int
    pid: int
    uid: int
    created_ns: int
    runtime: str


class Prefix(NamedTuple):
    """The frozen prefix."""

    origin: Origin
    total_len: int
    toc_off: int
    toc_count: int
    magic: bytes = MAGIC
    major: int = MAJOR
    byte_order: int = BYTE_ORDER
    header_len: int = HEADER
    entry_size: int = ROW
    incompatible: int = 0

    def pack(self) -> bytes:
        o = self.origin
        body = PREFIX.pack(
            self.magic,
            self.major,
            MINOR,
            self.header_len,
            self.incompatible,
            0,
            self.byte_order,
            PAGE,
            o.run_id,
            o.generation,
            o.pid,
            o.uid,
            o.created_ns,
            self.total_len,
            self.toc_off,
            self.toc_count,
            self.entry_size,
            bytes(56),
            o.runtime.encode()[:63],
        )
        return body + CRC.pack(crc32c(body))

    @classmethod
    def unpack(cls, header: memoryview) -> Prefix:
        """Takes what is there: whether it may be believed is the reader's question."""
        f = PREFIX.unpack_from(header)
        runtime = f[18].split(b"\0")[0].decode("utf-8", "replace")
        origin = Origin(f[8], f[9], f[10], f[11], f[12], runtime)
        return cls(origin, f[13], f[14], f[15], f[0], f[1], f[6], f[3], f[16], f[4])


class Commit(NamedTuple):
    """The commit record: what makes a container one."""

    state: int
    generation: int
    total_len: int
    toc_crc: int
    algorithm: int = ALGORITHM

    def pack(self) -> bytes:
        body = COMMIT.pack(
            self.state, self.generation, self.total_len, self.toc_crc, self.algorithm
        )
        return body + CRC.pack(crc32c(body))

    @classmethod
    def unpack(cls, header: memoryview) -> Commit:
        return cls(*COMMIT.unpack_from(header, COMMIT_AT))


class Row(NamedTuple):
    """One row of the table of contents."""

    kind: int
    off: int
    length: int
    name: str = ""
    flags: int = 0
    align_log2: int = 3
    checksum: int = 0
    schema: int = 0
    owner: int = 0

    def pack(self) -> bytes:
        body = ENTRY.pack(
            self.kind,
            self.flags,
            self.off,
            self.length,
            self.align_log2,
            self.checksum,
            self.schema,
            self.owner,
            self.name.encode(),
            0,
        )
        return body + CRC.pack(crc32c(body))

    @classmethod
    def unpack(cls, entry: memoryview) -> Row:
        """ValueError for a name that is not text with a NUL at its end."""
        kind, flags, off, length, align, checksum, schema, owner, raw, _ = ENTRY.unpack_from(entry)
        name, end, _rest = raw.partition(b"\0")
        if not end:
            raise ValueError("a name without an end")
        return cls(kind, off, length, name.decode(), flags, align, checksum, schema, owner)

    def is_own(self) -> bool:
        """Not a part of another section, as most buffers and sockets are."""
        return not self.owner

    def is_named(self) -> bool:
        return self.kind in NAMED or (self.kind == BUFFER and self.is_own())

    def places(self) -> range:
        """Numbers of the descriptors that the row speaks of."""
        return range(self.off, self.off + 1 + (self.length if self.kind == SOCKET else 0))

    def __str__(self) -> str:
        return f"{KINDS.get(self.kind, self.kind)} {self.name!r}"


def stored(data: memoryview, at: int) -> int:
    """A checksum as it lies in the container."""
    return int(CRC.unpack_from(data, at)[0])


def fits(name: str) -> bool:
    """Whether a section can have this name."""
    return bool(name) and "\0" not in name and len(name.encode()) < NAME


# Of the first pickle in a container; it holds the state's names.
SECTION = "python"


def stream_name(number: int) -> str:
    """Of the section of the n-th pickle in a container, from 0 on."""
    return SECTION if number == 0 else f"{SECTION}.{number}"


def is_stream_name(name: str) -> bool:
    return name == SECTION or name.startswith(SECTION + ".")
