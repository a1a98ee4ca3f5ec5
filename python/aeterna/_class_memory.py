"""Memory of a class, not of its objects: pickle sends a class by its name, and nothing of it.

With the first object of a class in a pickle go the entries of the class's own containers. If the
new version's class has them too, nothing is lost; if it lacks one, the load is refused. Constants
(written in capitals) and classes of the library are not looked at, nor is what has a name itself
or is listed under handoff.exclude.
"""

from __future__ import annotations

import collections
import os
import pickle
import sys
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from . import _exclude
from ._measure import measure
from ._names import current, name_of
from ._refusal import Refused

CONTAINERS = (dict, list, set, collections.deque, bytearray)
CODE = (type, FunctionType, BuiltinFunctionType, MethodType, staticmethod, classmethod)
_MOST = 1000  # entries of a container
# As sysconfig says of "stdlib" and "platstdlib", which takes 2 ms.
_VERSION = "python{}.{}".format(*sys.version_info)
_PREFIXES = (sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)
_LIBRARY = (
    os.path.dirname(os.__file__),
    *{os.path.join(prefix, sys.platlibdir, _VERSION) for prefix in _PREFIXES},
)

_MOST_BYTES = 1 << 20  # of one whose entries are compared; of a larger one they are counted

# A class, the name of its container, how many entries that has at least, and the entries, each one
# pickled.
Note = tuple[Any, str, int, "list[bytes]"]


def is_programs_own(kind: type) -> bool:
    path = getattr(sys.modules.get(kind.__module__), "__file__", None)
    if not isinstance(path, str):
        return kind.__module__ == "__main__"
    return not path.startswith(_LIBRARY) and "-packages" not in path


def _known() -> set[int]:
    """Containers that travel by a name of their own."""
    found = set()
    for name in current():
        try:
            found.add(id(name.get()))
        except Exception:
            continue
    return found


def _entry(*parts: Any) -> bytes | None:
    """None for code, which comes with the version."""
    if isinstance(parts[-1], CODE):
        return None
    try:
        return pickle.dumps(parts, 5)
    except Exception:
        return pickle.dumps((parts[0],), 5) if len(parts) > 1 else None


def _entries(container: Any) -> list[bytes]:
    if isinstance(container, dict):
        listed = [_entry(*item) for item in list(container.items())[:_MOST]]
    else:
        listed = [_entry(item) for item in list(container)[:_MOST]]
    return [entry for entry in listed if entry is not None]


def notes(kind: type) -> list[Note]:
    if not is_programs_own(kind):
        return []
    found: list[Note] = []
    known = _known()
    excluded = _exclude.owners()
    for base in kind.__mro__:
        if base is object or not is_programs_own(base):
            continue
        for name, value in list(vars(base).items()):
            if not isinstance(value, CONTAINERS) or name.startswith("_abc_"):
                continue
            if name.startswith("__") or name.isupper() or id(value) in known:
                continue
            if name in excluded.get(id(base), ()) or name in excluded.get(id(kind), ()):
                continue
            if measure(value).bytes > _MOST_BYTES:
                found.append((base, name, len(value), []))
                continue
            entries = _entries(value)
            if entries:
                found.append((base, name, 0, entries))
    return found


def _has(container: Any, entry: bytes) -> bool:
    parts = pickle.loads(entry)
    if not isinstance(container, dict):
        return parts[0] in list(container)
    if parts[0] not in container:
        return False
    mine = container[parts[0]]
    return len(parts) == 1 or bool(mine == parts[1]) or _entry(*parts) == _entry(parts[0], mine)


def check(noted: list[Note]) -> None:
    """Refused where this version's class lacks what the old one's had."""
    for kind, name, least, entries in noted:
        container = vars(kind).get(name)
        if not isinstance(container, CONTAINERS):
            continue
        if len(container) < least or not all(_has(container, entry) for entry in entries):
            raise Refused(
                "load_failed",
                f"{name_of(kind, name)}: the memory of a class, and not of its objects: "
                "name it in handoff.state, or in handoff.exclude",
            )
