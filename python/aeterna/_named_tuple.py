"""typing.NamedTuple without its look at each type, which takes most of its time."""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:

    class _Maker(type):
        def __new__(cls, name: str, bases: tuple[type, ...], space: dict[str, Any]) -> type:
            fields = list(space.pop("__annotations__"))
            defaults = [space.pop(field) for field in fields if field in space]
            made = namedtuple(name, fields, defaults=defaults, module=space["__module__"])
            return type(name, (made,), {"__slots__": (), **space})

    NamedTuple = type.__new__(_Maker, "NamedTuple", (), {})
