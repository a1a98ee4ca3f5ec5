"""Pickles and loads the objects of one process together, so that what they share stays shared.

Bulk leaves the stream: arrays and tensors as buffers, sockets as descriptors. Large bytes stay in
it, and are not copied on their way: the pickler hands them over as they are.
"""

from __future__ import annotations

import collections
import gc
import io
import pickle
import sys
from collections.abc import Iterable
from typing import Any

from . import _about, _aliases, _names, _rebuild
from ._checksum import checksum, crc32c
from ._format import (
    BUFFER,
    CRC,
    OBJECT,
    PICKLE,
    SECTION,
    SOCKET,
    UNCHECKED,
    Row,
    is_stream_name,
)
from ._named_tuple import NamedTuple
from ._notes import section_name
from ._reader import Container
from ._refusal import Refused, one_line
from ._runtime import warn
from ._writer import Chunk, Section

MOST_BUFFERS = 2048
_KEPT = 1 << 16


class _Sink:
    """A file that keeps what is written to it: small chunks gathered, large ones as they are."""

    def __init__(self) -> None:
        self.chunks: list[Chunk] = []
        self._small = bytearray()

    def write(self, chunk: Chunk | pickle.PickleBuffer) -> int:
        if isinstance(chunk, pickle.PickleBuffer):
            chunk = chunk.raw()
        if len(chunk) < _KEPT:
            self._small += chunk
        else:
            self.flush()
            self.chunks.append(chunk)
        return len(chunk)

    def flush(self) -> None:
        if self._small:
            self.chunks.append(self._small)
            self._small = bytearray()


class _Buffers:
    """What leaves the stream. Apart from the pickler, which would refer to itself through it."""

    def __init__(self, most: int = MOST_BUFFERS) -> None:
        self.views: list[memoryview] = []
        self._most = most

    def __call__(self, buffer: pickle.PickleBuffer) -> bool:
        """True keeps the buffer in the stream."""
        if len(self.views) >= self._most:
            return True
        self.views.append(buffer.raw())
        return False


class _Pickler(pickle.Pickler):
    def __init__(self, sink: _Sink, buffers: _Buffers, roots: Iterable[Any] = ()) -> None:
        from ._reduce import Reducers

        super().__init__(sink, protocol=5, buffer_callback=buffers)
        self.reducers = Reducers(roots)

    def reducer_override(self, value: Any) -> Any:
        return self.reducers(value)


def dump(
    objects: dict[str, tuple[int, Any]], owner: int, name: str = SECTION, most: int = MOST_BUFFERS
) -> list[Section]:
    """Sections for objects that may share (name: schema, object); `owner` is 1 + the first one's
    row.

    All sockets have one row: a table of contents has few, and they may be thousands. So has what
    leaves the stream: `most` buffers, the rest stays in it.
    """
    sink = _Sink()
    buffers = _Buffers(most)
    pickler = _Pickler(sink, buffers, (value for _, value in objects.values()))
    try:
        pickler.dump(objects)
        reducers = pickler.reducers
        aliases = _aliases_in(objects, pickler, sink)
        about = _about.of(objects, reducers.kinds(), reducers.globals + aliases)
        about["beside"] = _that_travel(about["beside"], objects)
        pickler.dump(about)
    except MemoryError:
        raise Refused("no_memory", "no memory for the state") from None
    except Exception as error:
        raise Refused("dump_failed", _where(objects, error)) from error
    sink.flush()
    sections = [Section(Row(PICKLE, 0, 0, name), sink.chunks)]
    sections += [Section(Row(BUFFER, 0, 0, owner=owner), (view,)) for view in buffers.views]
    descriptors = pickler.reducers.descriptors
    if descriptors:
        row = Row(SOCKET, 0, len(descriptors) - 1, flags=UNCHECKED, owner=owner)
        sections.append(Section(row, descriptors=descriptors))
    return sections


def _is_reference(data: bytes) -> bool:
    """Whether a pickle says nothing but "the object that you know by this number"."""
    data = data[2:]  # the protocol
    if data[:1] == b"\x95":  # FRAME
        data = data[9:]
    return (data[:1], len(data)) in ((b"h", 3), (b"j", 6))  # BINGET, LONG_BINGET


def _aliases_in(
    objects: dict[str, tuple[int, Any]], pickler: _Pickler, sink: _Sink
) -> list[_aliases.Alias]:
    """What had to be asked for and was not in there stays in the stream: something behind it may
    refer to that.
    """
    known = [id(value) for _, value in objects.values()]
    known += [id(value) for _, _, value in pickler.reducers.globals]
    found = _aliases.unexplained(_aliases.candidates(objects, known))
    return _aliases.written(found, lambda value: _knows(pickler, sink, value), pickler.memo)


def _knows(pickler: _Pickler, sink: _Sink, value: Any) -> bool:
    try:
        dump_one(value)
    except Exception:
        return False  # it would not have been written
    sink.flush()
    before = len(sink.chunks)
    pickler.dump(value)
    sink.flush()
    if not _is_reference(b"".join(sink.chunks[before:])):
        return False
    del sink.chunks[before:]
    return True


def _that_travel(beside: list[Any], objects: dict[str, tuple[int, Any]]) -> list[Any]:
    """What a class came by as the program ran may be a lock or a pool, which a new version makes
    for itself.
    """
    roots = {id(value) for _, value in objects.values()}
    found = []
    for one in beside:
        try:
            if id(one[2]) not in roots:
                dump_one(one[2])
            found.append(one)
        except Exception as error:
            warn(f"{one[0]}: stays behind: {one_line(error)}")
    return found


class NotPlain(Exception):
    """An object that pickle does not write by itself."""


class _PlainPickler(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        raise NotPlain(type(value).__name__)


def dump_plain(groups: list[dict[str, tuple[int, Any]]]) -> list[bytes]:
    """The same for objects that have nothing but their pickle; NotPlain otherwise. All groups are
    written at one instant: no line of Python runs, and so no other thread, in between.
    """
    files = [io.BytesIO() for _ in groups]
    picklers = [_PlainPickler(file, protocol=5) for file in files]
    # What is said of the objects is no part of them, and may be as old as this line.
    said = [_about.of(group, [], _plain_aliases(group)) for group in groups]
    collections.deque(map(pickle.Pickler.dump, picklers * 2, groups + said), maxlen=0)
    return [file.getvalue() for file in files]


def _plain_aliases(objects: dict[str, tuple[int, Any]]) -> list[_aliases.Alias]:
    roots = [value for _, value in objects.values()]
    return _aliases.below(_aliases.candidates(objects, map(id, roots)), roots)


def dump_one(value: Any) -> tuple[bytes, list[memoryview]]:
    """The pickle of one object, and what leaves the stream."""
    sink = _Sink()
    buffers = _Buffers()
    _Pickler(sink, buffers).dump(value)
    sink.flush()
    return b"".join(sink.chunks), buffers.views


def load_one(stream: io.BytesIO, buffers: list[Any]) -> Any:
    return _Unpickler(stream, buffers=buffers).load()


def row_of(name: str, schema: int, owner: int, kind: int, length: int = 0) -> Row:
    """One of the names in a pickle; without a comparison nothing but its length is told, if it is
    alone in there.
    """
    return Row(OBJECT, kind, length, section_name(name), schema=schema, owner=owner)


def described(name: str, schema: int, value: Any, owner: int, kind: int) -> Row:
    """One row for an object, as if it were pickled alone: how large it is, and a checksum that is
    the same where the pickles are. Equal objects may have other pickles: what the strings in them
    share, and the order of a set, are a process's own.
    """
    sink = _Sink()
    buffers = _Buffers()
    _Pickler(sink, buffers).dump(value)
    sink.flush()
    chunks = [memoryview(chunk) for chunk in (*sink.chunks, *buffers.views)]
    sums = b"".join(CRC.pack(checksum(chunk)) for chunk in chunks)
    length = sum(len(chunk) for chunk in chunks)
    return row_of(name, schema, owner, kind, length)._replace(checksum=crc32c(sums))


def _where(objects: dict[str, tuple[int, Any]], error: Exception) -> str:
    from ._path import culprit
    from ._reduce import Reducers

    roots = {name: value for name, (_schema, value) in objects.items()}
    found = culprit(roots, Reducers())
    if found is not None:
        return found
    names = ", ".join(objects)
    if isinstance(error, RecursionError):
        return f"{names}: nested too deeply for pickle"
    return f"{names}: {one_line(error)}"


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """This package under either of its names, and the script under either of its own."""
        package, _, part = module.partition(".")
        if package in _names.PACKAGES and part == "_rebuild":
            return getattr(_rebuild, name)
        if module not in sys.modules:
            script = _names.script(module)
            if script is not None:
                module = script.__name__
        try:
            return super().find_class(module, name)
        except AttributeError:
            for found in _names.modules() if module == "__main__" else ():
                if hasattr(found, name):
                    return getattr(found, name)
            raise


class _Source:
    """Reads the stream where it lies."""

    def __init__(self, memory: memoryview) -> None:
        self._memory = memory
        self._at = 0

    def is_left(self) -> bool:
        return self._at < len(self._memory)

    def readinto(self, target: Any) -> int:
        count = min(len(target), len(self._memory) - self._at)
        target[:count] = self._memory[self._at : self._at + count]
        self._at += count
        return count

    def read(self, size: int = -1) -> bytes:
        end = len(self._memory) if size < 0 else min(self._at + size, len(self._memory))
        start, self._at = self._at, end
        return bytes(self._memory[start:end])

    def readline(self, size: int | None = -1) -> bytes:
        line = bytearray()
        while not line.endswith(b"\n"):
            byte = self.read(1)
            if not byte:
                break
            line += byte
        return bytes(line)


def unpickle(
    stream: memoryview, buffers: list[memoryview], fds: list[int]
) -> dict[str, tuple[int, Any]]:
    """What dump() was given. Descriptors that a socket took are -1 afterwards."""
    _rebuild.arrived[:] = fds
    try:
        source = _Source(stream)
        unpickler = _Unpickler(source, buffers=buffers)
        found = unpickler.load()
        about = None
        while source.is_left():
            about = unpickler.load()
        _about.receive(about)
    except MemoryError:
        raise Refused("no_memory", "no memory for the state") from None
    except Refused:
        raise
    except Exception as error:
        raise Refused("load_failed", one_line(error)) from error
    finally:
        fds[:] = _rebuild.arrived
        _rebuild.arrived.clear()
    if not isinstance(found, dict):
        raise Refused("load_failed", f"the section {SECTION} holds no names")
    return found


class Stream(NamedTuple):
    """A pickle in a container, and what belongs to it."""

    row: Row
    objects: list[Row]
    buffers: list[memoryview]
    places: list[int]  # of its descriptors among those that came

    def load(self, container: Container, fds: list[int]) -> dict[str, tuple[int, Any]]:
        own = [fds[place] for place in self.places]
        try:
            return unpickle(container.body(self.row), self.buffers, own)
        finally:
            for place, fd in zip(self.places, own):
                fds[place] = fd


def streams(container: Container) -> list[Stream]:
    found: dict[int, Stream] = {}
    for number, row in enumerate(container.rows, 1):
        if row.kind == PICKLE and is_stream_name(row.name):
            found[number] = Stream(row, [], [], [])
    for row in container.rows:
        stream = found.get(row.owner)
        if stream is None:
            continue
        if row.kind == BUFFER:
            stream.buffers.append(container.body(row))
        elif row.kind == SOCKET:
            stream.places.extend(row.places())
        elif row.kind == OBJECT:
            stream.objects.append(row)
    return list(found.values())


def load(container: Container, fds: list[int]) -> dict[str, tuple[int, Any]]:
    """All that is pickled in it."""
    found: dict[str, tuple[int, Any]] = {}
    for stream in streams(container):
        found.update(stream.load(container, fds))
    return found


class collector_off:
    """While a million objects are made nothing of them is garbage. At the end all objects are old
    ones, without a look at them; what the program itself has frozen is among them, since it may
    refer to what the state replaces.
    """

    def __enter__(self) -> None:
        self._was = gc.isenabled()
        gc.disable()
        gc.unfreeze()

    def __exit__(self, *error: object) -> None:
        gc.freeze()
        gc.unfreeze()
        if self._was:
            gc.enable()
