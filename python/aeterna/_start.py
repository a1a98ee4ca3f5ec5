"""What was there at the start of this version: the type of each name's object, its keys and their
types. By it the next version tells what is new from what has been taken away, and another program
from one that changes types as it runs.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from ._refill import attributes, plain_instance

_MOST = 1000  # keys of one object
_KEYS = (str, int, bytes)

# {"kind": ..., "parts": {key: kind}, "gone": [key]}
Start = dict[str, Any]

_known: dict[str, Start] = {}
_carried: dict[str, Start] = {}


def kind_of(value: Any) -> str:
    kind = type(value)
    if kind.__module__ == "builtins":
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def _parts(value: Any) -> dict[Any, Any]:
    if isinstance(value, dict):
        return value
    return attributes(value) if plain_instance(value) else {}


def remember(name: str, value: Any, gone: Any = ()) -> None:
    """Once, as early as may be. `gone`: what an earlier version has taken away."""
    start = _known.get(name)
    parts: dict[Any, str] = {} if start is None else start["parts"]
    for key in gone:
        parts.setdefault(key, "")
    if start is not None:
        return
    for key, part in list(islice(_parts(value).items(), _MOST)):
        if type(key) in _KEYS:
            parts[key] = kind_of(part)
    _known[name] = {"kind": kind_of(value), "parts": parts}


def knows(name: str) -> bool:
    return name in _known


def carry(starts: dict[str, Start]) -> None:
    """What an older version says of what nobody has asked for yet."""
    for name, start in starts.items():
        if name not in _known:
            _carried[name] = start


def forget() -> None:
    _known.clear()
    _carried.clear()


def about(name: str, value: Any) -> Start:
    """What travels: what was there, and which of it is there no more."""
    start = _known.get(name)
    if start is None:
        return _carried.get(name, {})
    has = _parts(value)
    gone = [key for key in start["parts"] if key not in has]
    return {**start, "gone": gone}
