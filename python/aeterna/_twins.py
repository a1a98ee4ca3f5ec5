"""A file that is the script and is imported, too: two modules, and every global of it twice.

The state is the one that the program uses: that which is no longer what the file says at its start.
A load makes one of the two.
"""

from __future__ import annotations

import builtins
import pickle
import sys
from types import ModuleType
from typing import Any

from ._names import Name, script
from ._refusal import Refused


def twins(name: Name) -> tuple[ModuleType, ModuleType] | None:
    """The imported module and the script, where both have it."""
    first, second = sys.modules.get(name.module), script(name.module)
    if first is None or second is None or first is second:
        return None
    if all(name.parts[0] in vars(module) for module in (first, second)):
        return first, second
    return None


def _printed(value: Any) -> bytes | None:
    try:
        return pickle.dumps(value, 5)
    except Exception:
        return None


def _at_start(module: ModuleType, name: str) -> Any:
    """What the file assigns to the global, without anything of the program's own."""
    import ast

    with open(str(module.__file__), encoding="utf-8") as file:
        tree = ast.parse(file.read())
    for statement in tree.body:
        targets = getattr(statement, "targets", [getattr(statement, "target", None)])
        value: Any = getattr(statement, "value", None)
        if any(isinstance(one, ast.Name) and one.id == name for one in targets) and value:
            names = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
            if names <= {"dict", "list", "set", "bytearray"}:
                code = compile(ast.Expression(value), "<start>", "eval")
                return eval(code, {"__builtins__": vars(builtins)})
    raise LookupError(name)


def _changed(found: list[Any], start: Any) -> list[Any]:
    return [value for value in found if type(value) is type(start) and value != start]


def in_use(name: Name, values: list[Any]) -> Any:
    """Of the two objects the one to hand over; Refused where nobody can tell."""
    first, second = values
    if first is second:
        return first
    printed = _printed(first)
    if printed is not None and printed == _printed(second):
        return first
    pair = twins(name)
    try:
        assert pair is not None and len(name.parts) == 1
        changed = _changed(values, _at_start(pair[0], name.parts[0]))
    except Exception:
        changed = [value for value in values if value]  # an empty one is at its start
    if len(changed) == 1:
        return changed[0]
    script_name = name.text.replace(name.module, "__main__", 1)
    raise Refused(
        "dump_failed",
        f"{name.text} and {script_name} are two: the file is the script and imported as well, and "
        "nobody can tell which one the program uses: put what starts it in a file of its own",
    )
