"""Names that lead to what pickle sends by reference: nothing that it remembers would travel."""

from __future__ import annotations

import functools
import sys
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from ._names import LANGGRAPH
from ._presets import is_saver

_CONTAINERS = (dict, list, set, bytearray)


def _memory_of(kind: type) -> str | None:
    """A class's own container, the first that is not written as a constant."""
    for name, value in vars(kind).items():
        if isinstance(value, _CONTAINERS) and not name.startswith("__") and not name.isupper():
            return name
    return None


def _of_module(value: ModuleType) -> str | None:
    return next(
        (n for n, v in vars(value).items() if type(v) in (dict, list) and n[0] != "_"), None
    )


def why_not(name: str, value: Any) -> str | None:
    """One sentence where the object of a name holds nothing that could travel."""
    module = name.partition(":")[0]
    if is_saver(value):
        better = f'name "{LANGGRAPH}{name}"'
        return f"{name}: a saver holds functions as well, which do not travel: {better}"
    if isinstance(value, functools._lru_cache_wrapper):
        return (
            f"{name}: a cached function travels without its cache: name what it returns, a global"
        )
    if isinstance(value, (FunctionType, BuiltinFunctionType)) and value.__name__ != "<lambda>":
        return f"{name}: a function travels by its name alone: name the global that it writes to"
    if isinstance(value, MethodType):
        owner = "class" if isinstance(value.__self__, type) else "object"
        return f"{name}: a method travels by its name: name the {owner} whose method it is"
    if isinstance(value, type) and not hasattr(value, "__origin__"):  # list[int] before 3.11
        inner = _memory_of(value)
        better = f"name {module}:{value.__qualname__}.{inner}" if inner else "name an object of it"
        return f"{name}: a class travels by its name, without what it holds: {better}"
    if isinstance(value, ModuleType):
        inner = _of_module(value) or "NAME"
        return f"{name}: a module does not travel: name its globals, {value.__name__}:{inner}"
    logging = sys.modules.get("logging")
    if logging is not None and isinstance(value, logging.Logger):
        return f"{name}: a logger travels by its name, without its handlers: set it up at the start"
    return None
