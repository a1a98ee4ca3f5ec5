"""numpy."""

from __future__ import annotations

import mmap
import os
import tempfile

import numpy

from .facts import there
from .table import EXACT, REFUSED, kind

PLACE = os.environ.get("OBJECTS_FILES", tempfile.gettempdir())


class Tagged(numpy.ndarray):
    """An array with attributes."""


def _array(value):
    flags = [value.flags.writeable, value.flags.c_contiguous]
    return [type(value).__name__, str(value.dtype), value.shape, value.tolist(), flags]


def _grows(value):
    try:
        value.resize(value.size + 5, refcheck=False)
        return [value.size, value[:-5].sum().item()]
    except ValueError as error:
        return str(error)


def _made(name, old, new, **options):
    kind(name, EXACT, seen=options.pop("seen", _array), **options)(
        lambda served: old() if served else new()
    )


def nothing():
    return None


def empty():
    return numpy.zeros(0)


_made("numpy.ndarray", lambda: numpy.arange(6.0).reshape(2, 3), empty)
_made("numpy.ndarray, 0-d", lambda: numpy.array(5.0), empty)
_made("numpy.ndarray of objects", lambda: numpy.array([{"a": 1}, None], object), empty)
_made("numpy.ndarray, structured", lambda: numpy.ones(2, [("a", "i4"), ("b", "f8")]), empty)
_made("numpy.ndarray, not contiguous", lambda: numpy.arange(12.0).reshape(3, 4)[:, ::2], empty)
_made("numpy.ndarray, resized", lambda: numpy.arange(6.0), empty, seen=_grows)
_made("numpy.ndarray, 512 KiB, resized", lambda: numpy.ones(1 << 16), empty, seen=_grows)
# A view of the container: it cannot be resized, and numpy says so.
_made("numpy.ndarray, 8 MiB", lambda: numpy.arange(1 << 20), empty, seen=lambda v: int(v.sum()))
_made("numpy.datetime64", lambda: numpy.datetime64("2026-01-01"), nothing, seen=repr)
_made("numpy.float32", lambda: numpy.float32(1.5), nothing, seen=repr)
_made("numpy.ma.MaskedArray", lambda: numpy.ma.masked_array([1, 2], [1, 0]), empty, seen=repr)
_made("numpy.recarray", lambda: numpy.rec.array([(1, 2.0)], [("a", int), ("b", float)]), empty)


@kind("numpy.ndarray, read-only", EXACT, seen=_array)
def read_only(served):
    made = numpy.arange(3)
    made.flags.writeable = False
    return made


def _view_pair(value):
    value[0][1] = 50
    return [value[1].tolist(), value[1].base is not None]


@kind("numpy.ndarray and its view", EXACT, seen=lambda v: [v[0].tolist(), v[1].tolist()])
def view(served):
    base = numpy.arange(5)
    return [base, base[1:]] if served else []


@kind(
    "numpy.ndarray, written through its view",
    EXACT,
    seen=_view_pair,
)
def written(served):
    base = numpy.arange(5)
    return [base, base[1:]] if served else []


@kind("numpy.ndarray with attributes", EXACT, seen=lambda v: [v.tolist(), v.about])
def tagged(served):
    made = numpy.arange(3 if served else 1).view(Tagged)
    made.about = "ann" if served else ""
    return made


def _draws(generator):
    return generator.bit_generator.state["state"]["state"]


@kind("numpy.random.Generator", EXACT, seen=lambda v: str(_draws(v)))
def dice(served):
    made = numpy.random.default_rng(1)
    made.random() if served else None
    return made


@kind("numpy.random.RandomState", EXACT, seen=lambda v: v.get_state()[1][:5].tolist())
def old_dice(served):
    made = numpy.random.RandomState(1)
    made.rand() if served else None
    return made


def _file(name, served):
    """The same for both versions; the old one makes it."""
    path = os.path.join(PLACE, name)
    if served:
        numpy.arange(100.0).tofile(path)
    return path


def _reaches(value):
    """What is written is in the file."""
    value[3] = 77
    where = value.offset // 8 + 3
    return [value.tolist(), str(value.mode), numpy.fromfile(value.filename)[where].item()]


def _mapped(name, expected, mode, part=slice(None), seen=_reaches):
    @kind(name, expected, seen=seen)
    def make(served):
        if not served:
            return None
        path = _file(name, served)
        return numpy.memmap(path, dtype=float, mode=mode, offset=16, shape=(50,))[part]

    return make


_mapped("numpy.memmap, r+", EXACT, "r+")
_mapped("numpy.memmap, w+", EXACT, "w+", seen=lambda v: [v.tolist(), type(v).__name__])
_mapped("numpy.memmap, r", EXACT, "r", seen=lambda v: [v.tolist(), v.flags.writeable])


def _private(value):
    there = numpy.fromfile(value.filename)[2].item()
    return [value.tolist(), there]


@kind("numpy.memmap, copy on write", EXACT, seen=_private)
def private(served):
    if not served:
        return None
    made = numpy.memmap(_file("memmap-c", True), dtype=float, mode="c", offset=16, shape=(50,))
    made[0] = -5
    return made


@kind("numpy.memmap, a part", EXACT, seen=lambda v: [_through(v), v.tolist()])
def part(served):
    if not served:
        return None
    made = numpy.memmap(_file("memmap-part", True), dtype=float, mode="r+", shape=(100,))
    return made[10:20:2]


def _through(value):
    value[1] = 55
    return numpy.fromfile(value.filename)[12].item()


@kind("numpy.memmap of a file that is gone", REFUSED, seen=there)
def gone(served):
    if not served:
        return None
    path = _file("memmap-gone", True)
    made = numpy.memmap(path, dtype=float, mode="r+")
    os.unlink(path)
    return made


@kind("numpy.ndarray over a mapped file", REFUSED, seen=there)
def over_mapping(served):
    if not served:
        return None
    with open(_file("mapped", True), "r+b") as file:
        return numpy.frombuffer(mmap.mmap(file.fileno(), 0))
