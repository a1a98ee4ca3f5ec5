"""asyncio's own objects: contents travel; who waits, and who holds, stays with the loop it is of.

A Queue, a Lock and the like arrive as if nobody had ever waited for them. Where the new version has
one of its own at the same place, that one stays, and takes the contents: its own tasks may be
waiting for it already.
"""

from __future__ import annotations

import sys
from typing import Any

# Attributes that the classes set themselves; others are a subclass's, and travel.
_INTERNAL = frozenset(
    {
        "_loop",
        "_maxsize",
        "_queue",
        "_getters",
        "_putters",
        "_unfinished_tasks",
        "_finished",
        "_is_shutdown",
        "_locked",
        "_waiters",
        "_value",
        "_bound_value",
        "_wakeup_scheduled",
        "_lock",
        "locked",
        "acquire",
        "release",
        "_parties",
        "_cond",
        "_state",
        "_count",
    }
)
_NAMES = ("Queue", "Lock", "Event", "Condition", "BoundedSemaphore", "Semaphore", "Barrier")


def base_of(kind: type) -> str | None:
    """Which of asyncio's classes it is, or derives from."""
    asyncio = sys.modules.get("asyncio")
    for name in _NAMES if asyncio is not None else ():
        found = getattr(asyncio, name, None)
        if isinstance(found, type) and issubclass(kind, found):
            return name
    return None


def contents(name: str, value: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments to make it, and what it holds."""
    own = {key: part for key, part in vars(value).items() if key not in _INTERNAL}
    if name == "Queue":
        held = {"items": list(value._queue), "ended": getattr(value, "_is_shutdown", False)}
        return (value._maxsize,), {**held, "own": own}
    if name == "BoundedSemaphore":
        return (value._bound_value,), {"own": own}
    if name == "Semaphore":
        return (value._value,), {"own": own}
    if name == "Barrier":
        return (value._parties,), {"own": own}
    if name == "Condition":
        return (), {"lock": value._lock, "own": own}
    return (), {"set": value.is_set() if name == "Event" else False, "own": own}


def make(kind: Any, name: str, arguments: tuple[Any, ...]) -> Any:
    asyncio: Any = sys.modules.get("asyncio") or __import__("asyncio")
    made = kind.__new__(kind)
    getattr(asyncio, name).__init__(made, *arguments)
    return made


def fill(made: Any, held: dict[str, Any]) -> None:
    vars(made).update(held["own"])
    if "items" in held:
        _put(made, held["items"], held["ended"])
    elif "lock" in held:
        lock = made._lock = held["lock"]
        made.locked, made.acquire, made.release = lock.locked, lock.acquire, lock.release
    elif held.get("set"):
        made.set()


def _put(queue: Any, items: list[Any], ended: bool) -> None:
    """Nobody works on one of them any more: all of them are unfinished."""
    queue._queue.clear()
    queue._queue.extend(items)
    queue._unfinished_tasks = len(items)
    if items:
        queue._finished.clear()
    if ended:
        queue._is_shutdown = True


def _wake(waiters: Any) -> None:
    """The loops that wait in a system call while the state is loaded."""
    for loop in {waiter.get_loop() for waiter in waiters or ()}:
        loop.call_soon_threadsafe(lambda: None)


def pour(own: Any, loaded: Any) -> None:
    """The new version's own object takes what a loaded one holds. Limits are the new version's."""
    name = base_of(type(own))
    vars(own).update({k: v for k, v in vars(loaded).items() if k not in _INTERNAL})
    if name == "Queue":
        waiters = list(own._getters)
        _put(own, list(loaded._queue), getattr(loaded, "_is_shutdown", False))
        for _ in range(min(len(waiters), len(own._queue))):
            own._wakeup_next(own._getters)
        _wake(waiters)
    elif name == "Event":
        waiters = list(own._waiters)
        (own.set if loaded.is_set() else own.clear)()
        _wake(waiters)
    elif name == "Semaphore":
        own._value = max(own._value, loaded._value)
