"""The bytes under a tensor; torch before 2.0 has another name for them."""

from __future__ import annotations

from typing import Any


def untyped(value: Any) -> Any:
    if hasattr(value, "untyped_storage"):
        return value.untyped_storage()
    return value._storage()
