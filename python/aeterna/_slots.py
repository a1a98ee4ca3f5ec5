"""One piece of state: where its object is now, and how a loaded one takes its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import FrameType, ModuleType
from typing import Any

from ._contract import SHARED
from ._defaults import travelling
from ._names import Name
from ._presets import part_name, parts_of
from ._rebuild import Parts
from ._refusal import Refused, one_line
from ._roots import why_not
from ._schema import newest
from ._twins import in_use, twins

MOST_SCHEMA = 0xFFFFFFFF


class Slot:
    """What every kind of state has. `schema` None takes every version."""

    def __init__(self, name: str, codec: str = "pickle", schema: int | None = 1) -> None:
        self.name = name
        self.codec = codec
        self.schema = schema

    def has_value(self) -> bool:
        return True

    def takes(self) -> bool:
        """Whether a loaded object finds its place now."""
        return True

    def value(self) -> Any:
        """The object to dump; Refused where it is not there."""
        raise NotImplementedError

    def known(self) -> tuple[bool, Any]:
        """(True, the object) where it is found without any of the program's code."""
        return False, None


class Held(Slot):
    """An object that the program holds itself, found by get() and replaced by set()."""

    def get(self) -> Any:
        raise NotImplementedError

    def set(self, new: Any) -> bool:
        """False where there is no global to set: whoever holds the object has to be found."""
        raise NotImplementedError

    def in_use(self) -> Any:
        """What get() finds, where there is one of it."""
        return self.get()

    def value(self) -> Any:
        try:
            found = self.in_use()
        except LookupError as error:
            raise Refused("dump_failed", str(error.args[0])) from None
        sentence = why_not(self.name, found)
        if sentence is not None:
            raise Refused("dump_failed", sentence)
        if type(found) is Parts:
            return Parts({part: travelling(value) for part, value in found.items()})
        return travelling(found)

    def old(self) -> Any:
        """What the new version has made at its start."""
        try:
            return self.get()
        except LookupError as error:
            raise Refused("load_failed", str(error.args[0])) from None


class Named(Held):
    """An entry of handoff.state."""

    def __init__(self, name: Name) -> None:
        super().__init__(name.text)
        self.path = name

    @property
    def schema(self) -> int | None:
        """The file has no room for it: migrations say it. Without them it is what was found."""
        return newest(self.name, self._found)

    @schema.setter
    def schema(self, found: int | None) -> None:
        self._found = found or 1

    def has_value(self) -> bool:
        """Its module may not be there yet, or the name is new in the file."""
        return self.path.resolves()

    def takes(self) -> bool:
        return self.path.resolves()

    def get(self) -> Any:
        return parts_of(self.path.text, self.path.get())

    def in_use(self) -> Any:
        pair = twins(self.path)
        if pair is None:
            return self.get()
        found = in_use(self.path, [self.path.get(module) for module in pair])
        return parts_of(self.path.text, found)

    def twin(self) -> Twin | None:
        pair = twins(self.path)
        return None if pair is None else Twin(self.path, pair[1])

    def known(self) -> tuple[bool, Any]:
        if twins(self.path) is not None:
            return False, None
        return self.path.known()

    def set(self, new: Any) -> bool:
        try:
            self.path.set(new)
        except Exception as error:
            raise Refused("load_failed", f"{self.name}: {one_line(error)}") from error
        return True


class Twin(Held):
    """The same name in the script, where the module has been imported as well."""

    def __init__(self, name: Name, script: ModuleType) -> None:
        super().__init__(name.text)
        self._path = name
        self._script = script

    def get(self) -> Any:
        return self._path.get(self._script)

    def set(self, new: Any) -> bool:
        self._path.set(new, self._script)
        return True


class Part(Named):
    """One of the objects that a name stands for. The new version may not have it yet."""

    def old(self) -> Any:
        try:
            return self.get()
        except LookupError:
            return None


def spread(table: dict[str, tuple[int, Any]], slots: Mapping[str, Slot]) -> dict[str, Slot]:
    """Puts its parts in the place of what is several; all slots, with theirs."""
    every = dict(slots)
    for name in [name for name, (_, value) in table.items() if type(value) is Parts]:
        schema, parts = table.pop(name)
        for part in list(parts):
            whole = part_name(name, part)
            if whole not in table:
                table[whole] = (schema, parts.pop(part))
                every[whole] = Part(Name(whole))
    return every


class Place:
    """The global of a module that a statement assigns to."""

    def __init__(self, names: dict[str, Any], name: str) -> None:
        self.names = names
        self.name = name


def assigned(frame: FrameType) -> Place | None:
    """For `NAME = keep(...)`: the global NAME, read from the instruction after the call."""
    import dis

    following = (i for i in dis.get_instructions(frame.f_code) if i.offset > frame.f_lasti)
    for instruction in following:
        operation = instruction.opname
        if operation in ("DUP_TOP", "COPY", "CACHE", "NOP"):
            continue
        in_module = operation == "STORE_NAME" and frame.f_locals is frame.f_globals
        if operation == "STORE_GLOBAL" or in_module:
            return Place(frame.f_globals, str(instruction.argval))
        return None
    return None


class Kept(Held):
    """What keep() returned: the object itself, and the global it was assigned to."""

    def __init__(self, name: str, codec: str, schema: int, value: Any, place: Place | None) -> None:
        super().__init__(name, codec, schema)
        self._value = value
        self._place = place

    def get(self) -> Any:
        if self._place is not None:
            return self._place.names.get(self._place.name, self._value)
        if isinstance(self._value, SHARED):
            raise LookupError(
                f"{self.name}: a {type(self._value).__name__} cannot be followed: "
                "assign what keep() returns to a global of its module, or keep a container"
            )
        return self._value

    def known(self) -> tuple[bool, Any]:
        if self._place is not None:
            return True, self.get()
        return not isinstance(self._value, SHARED), self._value

    def set(self, new: Any) -> bool:
        self._value = new
        if self._place is None:
            return False
        self._place.names[self._place.name] = new
        return True


class Pair(Slot):
    """A function that makes the state and one that takes it; either may be missing."""

    def __init__(self, name: str) -> None:
        super().__init__(name, schema=None)
        self.dumper: Callable[[], Any] | None = None
        self.loader: Callable[[Any], Any] | None = None

    def has_value(self) -> bool:
        return self.dumper is not None

    def takes(self) -> bool:
        return self.loader is not None

    def value(self) -> Any:
        assert self.dumper is not None
        try:
            return self.dumper()
        except Exception as error:
            raise Refused("dump_failed", f"{self.name}: {one_line(error)}") from error

    def put(self, new: Any) -> None:
        if self.loader is None:
            return
        try:
            self.loader(new)
        except Exception as error:
            raise Refused("load_failed", f"{self.name}: {one_line(error)}") from error
