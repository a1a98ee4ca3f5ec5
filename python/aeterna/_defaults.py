"""Default factories that cannot be pickled (lambdas) stay behind: the new version has its own.

For an object of the state itself, and for what its factory made: `defaultdict(lambda:
defaultdict(lambda: 0))` is whole again when the new version's outermost one is such a dictionary.
"""

from __future__ import annotations

import collections
import pickle
from typing import Any

from ._rebuild import Made


def _stays(value: Any) -> bool:
    if type(value) is not collections.defaultdict:
        return False
    try:
        pickle.dumps(value.default_factory)
    except Exception:
        return True
    return False


def travelling(value: Any) -> Any:
    """The object to pickle in place of `value`. What is one object in it stays one."""
    if not _stays(value):
        return value
    root: dict[Any, Any] = {}
    _empty(value, root, {id(value): root})
    return root


def _empty(value: Any, into: dict[Any, Any], known: dict[int, dict[Any, Any]]) -> None:
    for key, item in value.items():
        if _stays(item):
            if id(item) not in known:
                known[id(item)] = Made()
                _empty(item, known[id(item)], known)
            item = known[id(item)]
        into[key] = item


def restore(old: Any, new: Any) -> None:
    """Gives to what `new`, a loaded dictionary, holds the factories that `old` would give it."""
    if isinstance(new, dict):
        _fill(old, new, {})


def _fill(old: Any, new: dict[Any, Any], known: dict[int, tuple[Made, dict[Any, Any]]]) -> None:
    factory = old.default_factory if isinstance(old, collections.defaultdict) else None
    if Made not in set(map(type, new.values())):
        return
    for key, item in new.items():
        if type(item) is not Made:
            continue
        if id(item) not in known:
            made: Any = factory() if factory is not None else None
            found: dict[Any, Any] = {}
            if type(made) is collections.defaultdict:
                found = collections.defaultdict(made.default_factory)
            known[id(item)] = (item, found)
            _fill(made, item, known)
            found.update(item)
        new[key] = known[id(item)][1]
