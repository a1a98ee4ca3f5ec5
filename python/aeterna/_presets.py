"""Names that stand for several objects: each of them is carried, and refilled, by itself.

`langgraph: module:SAVER` is all dictionaries of a saver; `module:NAME.*` is all attributes of an
object, for which a Starlette application's `app.state` stands by itself.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from ._exclude import owners
from ._names import ALL, LANGGRAPH, Name, base_name
from ._rebuild import Parts
from ._refusal import Refused

# By the modules of their classes, and the parts that one class of them has at least.
_SAVERS = "langgraph.checkpoint."
_PARTS = ("storage", "writes", "blobs")


def is_saver(value: Any) -> bool:
    module = type(value).__module__
    return module.startswith(_SAVERS) and all(hasattr(value, part) for part in _PARTS)


def _attributes(value: Any) -> dict[str, Any]:
    starlette = sys.modules.get("starlette.datastructures")
    if starlette is not None and isinstance(value, starlette.State):
        return dict(value._state)
    return dict(vars(value))


def _is_state(value: Any) -> bool:
    starlette = sys.modules.get("starlette.datastructures")
    return starlette is not None and type(value) is getattr(starlette, "State", None)


def parts_of(text: str, found: Any) -> Any:
    """The object of a name, or its parts; LookupError with a sentence."""
    if text.startswith(LANGGRAPH):
        if not is_saver(found):
            kind = f"{type(found).__module__}.{type(found).__qualname__}"
            raise LookupError(f"{text}: this is no saver that keeps its memory itself: {kind}")
        return Parts({k: part for k, part in vars(found).items() if isinstance(part, dict)})
    if not text.endswith(ALL) and not _is_state(found):
        return found
    try:
        listed = _attributes(found)
    except TypeError:
        raise LookupError(f"{text}: it has no attributes") from None
    excluded = owners().get(id(found), frozenset())
    return Parts({name: part for name, part in listed.items() if name not in excluded})


def part_name(text: str, part: str) -> str:
    return f"{base_name(text)}.{part}"


def check_whole(names: Iterable[Name]) -> None:
    """Refused where a part of a saver has a name, and another has none."""
    listed = list(names)
    texts = {name.text for name in listed}
    for name in listed:
        if name.parts[-1] not in _PARTS or len(name.parts) < 2:
            continue
        try:
            owner = name.owner()
        except LookupError:
            continue
        base = name.text.rpartition(".")[0]
        if is_saver(owner) and not all(f"{base}.{part}" in texts for part in _PARTS):
            raise Refused(
                "dump_failed",
                f"{name.text}: this is a part of a saver, and it needs all of them: "
                f'name "{LANGGRAPH}{base}"',
            )
