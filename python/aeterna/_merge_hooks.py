"""Who decides about an entry that both generations have changed: @aeterna.merge, or the rule that
what only goes on where the other ends is the newer version of it.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from ._rebuild import MISSING
from ._refusal import Refused, one_line
from ._same import same

Function = Callable[..., Any]

# The list of what was set aside is state itself; it is never merged.
SET_ASIDE = "aeterna:set_aside"

# What may go on where another ends.
SEQUENCES = (list, str, bytes, bytearray, tuple, collections.deque)
_COPIED = (list, dict, set, bytearray, collections.deque)

_LOCK_S = 0.05  # clients of the main thread wait meanwhile; the launcher asks again

_functions: dict[str, Function] = {}
_locks: dict[str, Any] = {}


class Undecided(Exception):
    """Nothing decides; says why."""


def add(name: str, function: Function, lock: Any = None) -> None:
    _functions[name] = function
    if lock is not None:
        _locks[name] = lock


def _is_own(lock: Any) -> bool:
    """Whether this very thread waits somewhere inside: an RLock would let it in once more."""
    owned = getattr(lock, "_is_owned", None)
    return owned is not None and bool(owned())


@contextmanager
def locked(names: Iterable[str]) -> Iterator[None]:
    """Under the locks of these names; Refused, busy, where one is not free."""
    with ExitStack() as stack:
        for name in sorted(name for name in names if name in _locks):
            lock = _locks[name]
            if _is_own(lock) or not lock.acquire(timeout=_LOCK_S):
                raise Refused("busy", f"{name}: its lock is not free")
            stack.callback(lock.release)
        yield


def decides(name: str) -> bool:
    return name in _functions


def _wants_key(function: Function) -> bool:
    import inspect  # a module that costs 2 ms, and few programs have such a function

    try:
        return "key" in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


def _call(name: str, key: Any, base: Any, theirs: Any, ours: Any) -> Any:
    """`ours` is a copy where it is a container: the answer may be made of it."""
    function = _functions[name]
    if type(ours) in _COPIED:
        ours = ours.copy()
    options = {"key": key} if _wants_key(function) else {}
    try:
        return function(base, theirs, ours, **options)
    except Exception as error:
        raise Undecided(f"its merge function: {one_line(error)}") from error


def begins_with(longer: Any, shorter: Any) -> bool:
    """Whether the one goes on where the other ends."""
    if type(longer) is not type(shorter) or not isinstance(longer, SEQUENCES):
        return False
    if len(longer) < len(shorter):
        return False
    if isinstance(longer, collections.deque):
        longer, shorter = list(longer), list(shorter)
    return same(longer[: len(shorter)], shorter)


def decide(name: str, key: Any, base: Any, theirs: Any, ours: Any) -> Any:
    """The value of an entry that both have changed; Undecided where nobody knows it."""
    if name in _functions:
        return _call(name, key, base, theirs, ours)
    if begins_with(theirs, ours):
        return theirs
    if begins_with(ours, theirs):
        return ours
    if theirs is MISSING or ours is MISSING:
        who = "old" if theirs is MISSING else "new"
        raise Undecided(f"the {who} generation has deleted it, the other has changed it")
    raise Undecided("neither is the other's continuation")
