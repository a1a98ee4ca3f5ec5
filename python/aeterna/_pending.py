"""What was handed over and nobody has asked for yet. It is handed on untouched: as the bytes that
came, or, if somebody asked for a part of it, as the objects that it is made of.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Union

from ._format import BUFFER, BY_NAME, PICKLE, SOCKET, STILL_PENDING, UNCHECKED, Row
from ._notes import section_name

if TYPE_CHECKING:
    from ._pickle import Stream
    from ._reader import Container
    from ._writer import Section

_MOST_COPIED = 64 << 20  # bytes; more stays where it came, and the rest of that container with it


class Raw:
    """A pickle with all that belongs to it, not read. It owns its descriptors."""

    def __init__(self, container: Container, stream: Stream, fds: list[int]) -> None:
        size = stream.row.length + sum(len(view) for view in stream.buffers)
        held = size > _MOST_COPIED and 2 * size > len(container.memory)
        self.size = size
        self.objects = stream.objects
        # Arrays may write to buffers, as they may to the container's own.
        self.stream, *self.buffers = (
            view if held else memoryview(bytearray(view))
            for view in (container.body(stream.row), *stream.buffers)
        )
        self.fds = [fds[place] for place in stream.places]
        for place in stream.places:
            fds[place] = -1

    def sections(self, name: str, owner: int) -> list[Section]:
        """The same again; `owner`: 1 + the row of the pickle."""
        from ._writer import Section

        found = [Section(Row(PICKLE, 0, 0, name), (self.stream,))]
        found += [Section(Row(BUFFER, 0, 0, owner=owner), (view,)) for view in self.buffers]
        if self.fds:
            row = Row(SOCKET, 0, len(self.fds) - 1, flags=UNCHECKED, owner=owner)
            found.append(Section(row, descriptors=self.fds))
        for row in self.objects:
            found.append(Section(row._replace(owner=owner, off=row.off | STILL_PENDING)))
        return found

    def load(self) -> dict[str, tuple[int, Any]]:
        from . import _pickle

        return _pickle.unpickle(self.stream, self.buffers, self.fds)


class Live:
    """An object that came together with others that somebody asked for."""

    def __init__(self, name: str, schema: int, value: Any, codec: str, by_name: bool) -> None:
        self.name = name
        self.schema = schema
        self.value = value
        self.codec = codec
        self.by_name = by_name


Entry = Union[Raw, Live]

entries: dict[str, Entry] = {}  # by the name of the section
lock = threading.RLock()  # requests ask at the same time
_loading: list[Raw] = []  # to load one may import the module that another one waits for


def hold(raw: Raw) -> None:
    for row in raw.objects:
        entries[row.name] = raw


def hold_live(name: str, schema: int, value: Any, codec: str, by_name: bool) -> None:
    entries[section_name(name)] = Live(name, schema, value, codec, by_name)


def raws() -> Sequence[Raw]:
    return list({id(e): e for e in entries.values() if isinstance(e, Raw)}.values())


def lives() -> Sequence[Live]:
    return [entry for entry in entries.values() if isinstance(entry, Live)]


def look_at(name: str) -> Live | None:
    """The object under this name, which stays pending; None also while it is being loaded. Refused
    if it cannot be.
    """
    entry = entries.get(section_name(name))
    if isinstance(entry, Raw) and entry not in _loading:
        by_name = {row.name: bool(row.off & BY_NAME) for row in entry.objects}
        _loading.append(entry)
        try:
            found = entry.load()
        finally:
            _loading.remove(entry)
        for full, (schema, value) in found.items():
            hold_live(full, schema, value, "pickle", by_name.get(section_name(full), False))
        entry = entries.get(section_name(name))
    return entry if isinstance(entry, Live) else None


def is_loading() -> bool:
    return bool(_loading)


def forget(name: str) -> None:
    entries.pop(section_name(name), None)


def size() -> int:
    return sum(raw.size for raw in raws())
