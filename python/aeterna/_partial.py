"""Objects of which pickle would leave something behind without a word."""

from __future__ import annotations

import copyreg
from typing import Any

from . import _rebuild


def _has_own_reduce(kind: Any) -> bool:
    return (kind.__reduce_ex__, kind.__reduce__) != (object.__reduce_ex__, object.__reduce__)


def leaves_out(kind: Any) -> bool:
    """Whether __getstate__ may leave attributes out, and no function of the class is asked to make
    them again.
    """
    own = getattr(kind, "__getstate__", None)
    if own is None or own is getattr(object, "__getstate__", None):
        return False
    if hasattr(kind, "__setstate__") or hasattr(kind, "__getattr__"):
        return False
    return not _has_own_reduce(kind) and kind not in copyreg.dispatch_table


def reduce_partial(value: Any) -> Any:
    """With the names of what is left out: the new version's own object has them, or nobody."""
    reduced = value.__reduce_ex__(5)
    state = reduced[2] if len(reduced) > 2 else None
    kind = type(value)
    if not isinstance(state, dict) or not hasattr(value, "__dict__"):
        return reduced
    out = [name for name in vars(value) if name not in state and not hasattr(kind, name)]
    if not out:
        return reduced
    held = {"state": state, "out": out}
    items = (*reduced[3:5], None, None)[:2]
    return (*reduced[:2], held, *items, _rebuild.fill_partial)


def reduce_exception(value: Any) -> Any:
    """With its cause: pickle forgets it. The traceback stays: frames do not travel."""
    if value.__cause__ is None and value.__context__ is None:
        return NotImplemented
    reduced = value.__reduce_ex__(5)
    if not isinstance(reduced, tuple):
        return reduced
    held = {
        "state": reduced[2] if len(reduced) > 2 else None,
        "cause": value.__cause__,
        "context": value.__context__,
        "suppress": value.__suppress_context__,
    }
    return (*reduced[:2], held, None, None, _rebuild.fill_exception)
