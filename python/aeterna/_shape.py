"""What a class gives each of its objects, and what a new version of it gives beyond that.

An object that pickle makes never ran the new version's __init__: an attribute that is new there is
set here, to the default that the class has for it.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

from . import _names
from ._contract import HEAP_TYPE
from ._holders import tracked
from ._refill import give
from ._refusal import Refused, one_line
from ._runtime import warn

_MOST = 1000  # classes
_MODEL = "pydantic model"

# {"is": "dataclass", "fields": ["a", "b"]}
Shape = dict[str, Any]
Shapes = dict[tuple[str, str], Shape]


def _fields(kind: Any) -> tuple[str, list[str]]:
    if hasattr(kind, "__pydantic_fields__"):
        return _MODEL, list(kind.__pydantic_fields__)
    if hasattr(kind, "__dataclass_fields__"):
        return "dataclass", list(kind.__dataclass_fields__)
    if hasattr(kind, "__attrs_attrs__"):
        return "class of attrs", [one.name for one in kind.__attrs_attrs__]
    return "class", []


def _assigned(kind: Any) -> Iterator[str]:
    """Attributes that __init__ sets, by its instructions."""
    import dis

    for base in kind.__mro__:
        function = vars(base).get("__init__")
        if isinstance(function, FunctionType):
            for one in dis.get_instructions(function):
                if one.opname == "STORE_ATTR":
                    yield str(one.argval)


def _shape(kind: Any) -> Shape:
    what, fields = _fields(kind)
    if what == "class":
        fields = list(dict.fromkeys(_assigned(kind)))
    return {"is": what, "fields": fields}


def _counts(kind: Any) -> bool:
    """Whether objects of the class are made without its __init__, and by nothing of its own."""
    return (
        bool(kind.__flags__ & HEAP_TYPE)
        and (kind.__reduce_ex__, kind.__reduce__) == (object.__reduce_ex__, object.__reduce__)
        and not issubclass(kind, (tuple, BaseException))
    )


def of(kinds: list[type]) -> Shapes:
    found: Shapes = {}
    for kind in [kind for kind in kinds if _counts(kind)][:_MOST]:
        try:
            found[kind.__module__, kind.__qualname__] = _shape(kind)
        except Exception:
            continue
    return found


def _class(module: str, name: str) -> Any:
    found: Any = _names.module(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found if isinstance(found, type) else None


def _of_fields(kind: Any, name: str) -> Callable[[], Any] | None:
    import dataclasses

    fields = getattr(kind, "__dataclass_fields__", {})
    if name in fields:
        field = fields[name]
        if field.default_factory is not dataclasses.MISSING:
            factory: Callable[[], Any] = field.default_factory
            return factory
        if field.default is not dataclasses.MISSING:
            return lambda: field.default
    field = getattr(kind, "__pydantic_fields__", {}).get(name)
    if field is not None and not field.is_required():
        return lambda: field.get_default(call_default_factory=True)
    for field in getattr(kind, "__attrs_attrs__", ()):
        default = field.default
        if field.name == name and type(default).__name__ == "Factory" and not default.takes_self:
            made: Callable[[], Any] = default.factory
            return made
        if field.name == name and default is not sys.modules["attr"].NOTHING:
            return lambda: default
    return None


def _given(statement: Any, first: str, name: str) -> Any:
    """What `self.name = ...` assigns; None for another statement."""
    import ast

    targets: list[Any] = []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    for target in targets:
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            if (target.value.id, target.attr) == (first, name):
                return getattr(statement, "value", None)
    return None


def _from_source(kind: Any, name: str) -> Callable[[], Any] | None:
    """What __init__ assigns in every case, where it needs no argument that has no default."""
    import ast
    import inspect
    import textwrap

    for base in kind.__mro__:
        function = vars(base).get("__init__")
        if not isinstance(function, FunctionType):
            continue
        tree: Any = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
        parameters = inspect.signature(function).parameters
        defaults = {n: p.default for n, p in parameters.items() if p.default is not p.empty}
        first = next(iter(parameters))
        for statement in tree.body:
            value = _given(statement, first, name)
            if value is None:
                continue
            names = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
            scope = function.__globals__
            if all(n in defaults or n in scope or hasattr(builtins, n) for n in names):
                code = compile(ast.Expression(value), "<default>", "eval")
                return lambda: eval(code, scope, dict(defaults))
    return None


def _default(kind: Any, name: str) -> Callable[[], Any] | None:
    found = _of_fields(kind, name)
    if found is not None:
        return found
    try:
        return _from_source(kind, name)
    except Exception:
        return None


def _lacks(value: Any, name: str) -> bool:
    try:
        object.__getattribute__(value, name)
    except AttributeError:
        return True
    return False


def _check_same(where: str, kind: Any, shape: Shape) -> None:
    what = _fields(kind)[0]
    if what != shape["is"] and "__setstate__" not in vars(kind):
        raise Refused(
            "load_failed",
            f"{where}: it was a {shape['is']}, this version has a {what}: "
            "give it another name, or a __setstate__ that takes both",
        )


def complete(shapes: Shapes) -> None:
    """Gives every object of the state what is new in its class."""
    for (module, qualname), shape in shapes.items():
        kind = _class(module, qualname)
        if kind is None or not _counts(kind):
            continue
        where = f"{module}:{qualname}"
        _check_same(where, kind, shape)
        if hasattr(kind, "__getattr__") and shape["is"] != _MODEL:
            continue  # it answers itself
        new = [name for name in _shape(kind)["fields"] if name not in shape["fields"]]
        if new:
            _complete(where, kind, new)


def _complete(where: str, kind: Any, new: list[str]) -> None:
    every = [one for one in tracked() if type(one) is kind]
    for name in new:
        lacking = [one for one in every if _lacks(one, name)]
        if not lacking:
            continue
        default = _default(kind, name)
        if default is None:
            raise Refused(
                "load_failed",
                f"{where}.{name} is new in this version, and {len(lacking)} objects of the state "
                "have none: give the class a default for it",
            )
        try:
            for one in lacking:
                give(one, name, default())
        except Exception as error:
            raise Refused(
                "load_failed", f"{where}.{name}: its default: {one_line(error)}"
            ) from error
        warn(f"{where}: new here: {name}, in {len(lacking)} objects")
