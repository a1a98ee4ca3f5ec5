"""What became of each section that came: the launcher holds it against what was dumped."""

from __future__ import annotations

import os
import struct
from typing import IO

from . import _runtime
from ._checksum import crc32c
from ._format import NAME

TAKEN, PENDING, MISSING, DISCARDED = range(1, 5)

_NOTE = struct.Struct("<80s80sI4x")


def section_name(name: str) -> str:
    """The name in a table of contents: of one that is too long for it, the beginning and a sum."""
    raw = name.encode()
    if len(raw) < NAME:
        return name
    return f"{raw[: NAME - 12].decode(errors='ignore')}~{crc32c(raw):08x}"


class Notes:
    """By the names of sections."""

    def __init__(self) -> None:
        self.verdicts: dict[str, int] = {}
        self.nearest: dict[str, str] = {}

    def add(self, section: str, verdict: int, nearest: str = "") -> None:
        self.verdicts[section] = verdict
        if nearest:
            self.nearest[section] = nearest

    def missing(self) -> list[str]:
        return [name for name, verdict in self.verdicts.items() if verdict == MISSING]

    def send(self) -> None:
        packed = b"".join(
            _NOTE.pack(name.encode(), section_name(self.nearest.get(name, "")).encode(), verdict)
            for name, verdict in self.verdicts.items()
        )
        with _memory_file() as file:
            file.write(packed)
            file.flush()
            _runtime.sections(file.fileno(), len(self.verdicts))


def _memory_file() -> IO[bytes]:
    try:
        return open(os.memfd_create("aeterna-sections", os.MFD_CLOEXEC), "w+b")
    except OSError:  # a sandbox
        import tempfile

        return tempfile.TemporaryFile()
