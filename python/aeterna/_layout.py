"""What an object consists of beside its attributes: memory that only its class's own code knows."""

from __future__ import annotations

from typing import Any

_MANAGED_WEAK, _MANAGED_DICT = 1 << 3, 1 << 4  # 3.12, 3.11: not counted in the size
_POINTER = object.__basicsize__ // 2


def has_own_memory(kind: type, slots: int) -> bool:
    """Whether a class has more than attributes and `slots` of them: pickle asks the same before it
    takes the attributes for all there is. An extension's type may have a __dict__ as well.
    """
    flags = kind.__flags__
    size: int = object.__basicsize__ + slots * _POINTER
    if kind.__dictoffset__ and not flags & _MANAGED_DICT:
        size += _POINTER
    if kind.__weakrefoffset__ and not flags & _MANAGED_WEAK:
        size += _POINTER
    return kind.__basicsize__ > size


def is_extension_made(kind: type) -> bool:
    """Whether an extension makes it, or takes its state."""
    for base in kind.__mro__[:-1]:
        made: Any = base.__dict__.get("__new__") or base.__dict__.get("__setstate__")
        if made is not None and type(made).__name__ in (
            "builtin_function_or_method",
            "method_descriptor",
        ):
            return True
    return False
