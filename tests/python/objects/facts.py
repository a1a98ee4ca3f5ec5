"""What a program sees of an object, as text that another process can compare."""

from __future__ import annotations

import collections
import enum
import types
from typing import Any

_ATOMS = (type(None), bool, int, float, complex, str, bytes, bytearray)


def _name(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"


def _attributes(value: Any, seen: dict[int, int]) -> list[Any]:
    found = dict(getattr(value, "__dict__", {}))
    for base in type(value).__mro__:
        slots = base.__dict__.get("__slots__", ())
        for slot in (slots,) if isinstance(slots, str) else slots:
            if slot not in ("__dict__", "__weakref__") and hasattr(value, slot):
                found[slot] = getattr(value, slot)
    return [[key, _describe(found[key], seen)] for key in sorted(found)]


def _content(value: Any, seen: dict[int, int]) -> Any:
    if isinstance(value, dict):
        return [[_describe(k, seen), _describe(v, seen)] for k, v in value.items()]
    if isinstance(value, (set, frozenset)):
        return sorted(str(_describe(item, seen)) for item in value)
    if isinstance(value, (list, tuple, collections.deque)):
        return [_describe(item, seen) for item in value]
    return None


def _describe(value: Any, seen: dict[int, int]) -> Any:
    if type(value) in _ATOMS:
        return f"{type(value).__name__} {value!r}"
    if id(value) in seen:
        return f"the {seen[id(value)]}th again"
    if isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType)):
        return f"{_name(value)} {value.__module__}.{value.__qualname__}"
    if isinstance(value, enum.Enum):
        return f"{_name(value)} {value.name} {value is type(value)(value.value)}"
    seen[id(value)] = len(seen)
    said = [_name(value)]
    if isinstance(value, (int, float, str, bytes)):
        said.append(repr(value))
    content = _content(value, seen)
    attributes = _attributes(value, seen)
    if content is None and not attributes:
        said.append(repr(value))
    return [*said, content, attributes]


def describe(value: Any) -> Any:
    """Types, contents, attributes and what in it is one object."""
    return _describe(value, {})


def of(*names: str) -> Any:
    """Facts that are attributes, or what a method without arguments returns."""

    def look(value: Any) -> Any:
        found = [_name(value)]
        for name in names:
            one = getattr(value, name)
            found.append(describe(one() if callable(one) else one))
        return found

    return look


def there(value: Any) -> Any:
    """Nothing but the type: for what is expected to be refused."""
    return _name(value)
