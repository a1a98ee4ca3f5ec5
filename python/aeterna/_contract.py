"""Which objects are values: two that are equal are as good as one, and nobody changes them.

A value is never refilled: a constant of the program may be the same object. The global that holds
it is bound to the new one instead.
"""

from __future__ import annotations

import enum
import types
import weakref
from typing import Any

# Equal values of these may be one object by chance: identity says nothing.
SHARED = (int, float, complex, str, bytes, tuple, frozenset, range, type(None))
HEAP_TYPE = 1 << 9
# Nothing of the state lies below one of these.
ATOMS = frozenset({int, float, complex, bool, str, bytes, range, type(None), type(...)})
_NAMED = (
    type,
    types.ModuleType,
    types.FunctionType,
    types.BuiltinFunctionType,
    enum.Enum,
)
_known: weakref.WeakKeyDictionary[type, bool] = weakref.WeakKeyDictionary()


def _copy(value: Any) -> Any:
    """Of the same attributes; nothing of it is the program's."""
    kind: Any = type(value)
    copy = kind.__new__(kind)
    getattr(copy, "__dict__", {}).update(getattr(value, "__dict__", {}))
    return copy


def _by_value(value: Any) -> bool:
    """Whether the class compares and hashes what is in an object, and has no way to change it."""
    kind: Any = type(value)
    if kind.__hash__ in (None, object.__hash__) or kind.__eq__ is object.__eq__:
        return False
    if hasattr(kind, "__setitem__"):
        return False
    if not kind.__flags__ & HEAP_TYPE or not hasattr(value, "__dict__"):
        return True
    try:
        return bool(_copy(value) == value)
    except Exception:
        return True


def _is_frozen(value: Any) -> bool:
    """Whether the class takes no assignment to an attribute. It is tried on a copy."""
    kind: Any = type(value)
    parameters = getattr(kind, "__dataclass_params__", None)
    if parameters is not None and parameters.frozen:
        return True
    if kind.__setattr__ is object.__setattr__:
        return False
    if hasattr(kind, "__pydantic_fields__"):
        return bool(dict(getattr(kind, "model_config", {})).get("frozen"))
    try:
        copy = _copy(value)
        name = next(iter(getattr(copy, "__dict__", {})), "_")
        copy.__setattr__(name, getattr(copy, name, None))
    except Exception:
        return True
    return False


def is_value(value: Any) -> bool:
    kind = type(value)
    found = _known.get(kind)
    if found is None:
        found = (
            kind is object
            or isinstance(value, (*SHARED, *_NAMED))
            or (bool(kind.__flags__ & HEAP_TYPE) and _is_frozen(value))
            or _by_value(value)
        )
        _known[kind] = found
    return found
