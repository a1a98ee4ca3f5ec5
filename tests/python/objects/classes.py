"""Instances of classes written in Python."""

from __future__ import annotations

import abc
import contextlib
import copyreg
import dataclasses
import io
import sys
import threading
import typing

from .facts import describe, there
from .table import EXACT, MERGED, REFUSED, kind


class Plain:
    pass


class Slotted:
    __slots__ = ("x", "__private", "unset")

    def __init__(self, x):
        self.x = x
        self.__private = x


class Both(Slotted):
    """Slots and a __dict__."""


@dataclasses.dataclass
class Session:
    name: str
    turns: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True)
class Key:
    name: str
    number: int = 0


if sys.version_info >= (3, 10):

    @dataclasses.dataclass(slots=True)
    class Compact:
        name: str

    @kind("dataclass with slots", EXACT)
    def compact(served):
        return Compact("ann" if served else "")


class Store:
    """Leaves its lock out, and makes it again."""

    def __init__(self):
        self.items = {}
        self.lock = threading.Lock()

    def __getstate__(self):
        return {"items": self.items}

    def __setstate__(self, state):
        self.__dict__.update(state)
        self.lock = threading.Lock()


class Forgetful:
    """Leaves its lock out, and relies on nobody pickling it."""

    def __init__(self):
        self.items = {}
        self.lock = threading.Lock()

    def __getstate__(self):
        return {"items": self.items}


class Defaulted(Forgetful):
    """... and has another of its own where there is none."""

    lock = None


class Rebuilt:
    def __init__(self, a):
        self.a = a

    def __reduce__(self):
        return (Rebuilt, (self.a,))


class Registered:
    def __init__(self, a):
        self.a = a


copyreg.pickle(Registered, lambda value: (Registered, (value.a,)))


class Named:
    """Made with an argument."""

    def __new__(cls, name):
        made = super().__new__(cls)
        made.name = name
        return made

    def __getnewargs__(self):
        return (self.name,)


class Counted(type):
    def __call__(cls, *arguments):
        made = super().__call__(*arguments)
        made.number = 1
        return made


class Metaclassed(metaclass=Counted):
    pass


class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self): ...


class Square(Shape):
    def __init__(self, side):
        self.side = side

    def area(self):
        return self.side**2


Item = typing.TypeVar("Item")


class Stack(typing.Generic[Item]):
    def __init__(self):
        self.items = []


class Guarded:
    """Sets through a property."""

    def __init__(self, value):
        self.value = value

    @property
    def value(self):
        return self._value

    @value.setter
    def value(self, new):
        self._value = new


class Locked:
    def __init__(self, served):
        self.items = ["a"] if served else []
        self.lock = threading.Lock()


class Shared:
    """Its memory is the class's."""

    sessions: typing.ClassVar[dict] = {}
    handlers: typing.ClassVar[dict] = {"describe": describe}

    def __init__(self, served):
        if served:
            self.sessions["ann"] = 1


class Tabled:
    """A constant of the class is not memory."""

    KINDS: typing.ClassVar[dict] = {"a": 1}
    defaults: typing.ClassVar[dict] = {"model": "m", "handler": describe}
    seen: typing.ClassVar[list] = []

    def __init__(self, served):
        self.items = ["a"] if served else []


def _items(value):
    return [describe(value.items), hasattr(value, "lock")]


def _plain(served):
    made = Plain()
    made.items = ["a"] if served else []
    return made


kind("instance", EXACT)(_plain)
kind("instance with slots", EXACT)(lambda served: Slotted([1] if served else []))
kind("dataclass", EXACT)(lambda served: Session("ann", ["hi"]) if served else Session(""))
kind("dataclass, frozen", EXACT)(lambda served: Key("ann" if served else ""))
kind("instance with __reduce__", EXACT)(lambda served: Rebuilt([1] if served else []))
kind("instance with copyreg", EXACT)(lambda served: Registered([1] if served else []))
kind("instance with __getnewargs__", EXACT)(lambda served: Named("ann" if served else ""))
kind("instance of an ABC", EXACT)(lambda served: Square(2 if served else 0))
kind("instance with a property", EXACT)(lambda served: Guarded([1] if served else []))


@kind("instance with slots and __dict__", EXACT)
def both(served):
    made = Both(1 if served else 0)
    made.more = [2] if served else []
    return made


@kind("instance of a metaclass", EXACT)
def metaclassed(served):
    made = Metaclassed()
    made.items = ["a"] if served else []
    return made


@kind("instance of typing.Generic", EXACT)
def generic(served):
    made = Stack[int]()
    made.items += ["a"] if served else []
    return made


@kind("__getstate__ and __setstate__", EXACT, seen=_items)
def store(served):
    made = Store()
    made.items["a"] = 1 if served else 0
    return made


# By name the new version's own lock stays; in an entry there is none to stay.
@kind("__getstate__ alone", EXACT, entry=REFUSED, attribute=EXACT, seen=_items)
def forgetful(served):
    made = Forgetful()
    made.items["a"] = 1 if served else 0
    return made


@kind("__getstate__ alone, a default", EXACT, seen=_items)
def defaulted(served):
    made = Defaulted()
    made.items["a"] = 1 if served else 0
    return made


@kind("instance of a local class", REFUSED, seen=there)
def local(served):
    class Local:
        pass

    return Local()


class Closed:
    """Closes what it has at its end."""

    def __init__(self):
        self.buffer = io.BytesIO()

    def __del__(self):
        self.buffer.close()


@kind("instance with __del__", EXACT, seen=lambda v: v.buffer.getvalue())
def closed(served):
    made = Closed()
    made.buffer.write(b"a" if served else b"")
    return made


@kind("instance with a lock", REFUSED, seen=there)
def locked(served):
    return Locked(served)


@kind(
    "instance with a lock, excluded",
    MERGED,
    entry=REFUSED,
    attribute=MERGED,
    exclude="subject:VALUE.lock, subject:AGENT.part.lock",
    seen=lambda v: [v.items, v.lock.locked()],
    becomes=[["a"], False],
)
def excluded(served):
    made = Locked(served)
    if served:
        made.lock.acquire()
    return made


@kind("memory in class attributes", REFUSED, entry=REFUSED, seen=lambda v: v.sessions)
def shared(served):
    return Shared(served)


@kind("a constant in class attributes", EXACT)
def tabled(served):
    return Tabled(served)


@kind("contextlib.ExitStack, empty", EXACT, seen=there)
def exit_stack(served):
    return contextlib.ExitStack()
