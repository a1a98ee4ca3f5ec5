"""What of a run is kept in the tree: medians, quartiles and ranges, no series. The whole of it is
below build/.

A few numbers are kept as they are; of more there are five: least, quartile, median, quartile, most.
What is empty is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from measure.spread import median, quartiles

FEW = 3
DIGITS = 5
SERIES = {"timeline", "latencies_ms", "quiet_latencies_ms"}  # the raw files have them
OMITTED = {
    *SERIES,
    *("values", "noise_values", "load"),  # of a figure; it has their median, and the part its load
    *("title", "package", "manual", "workers", "mandatory", "peer"),  # of a method: docs/peers.md
}


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _round(value: float) -> float:
    return value if isinstance(value, int) else float(f"{value:.{DIGITS}g}")


def _numbers(values: Sequence[float]) -> list[float]:
    if len(values) > FEW:
        low, high = quartiles(values)
        values = [min(values), low, median(values), high, max(values)]
    return [_round(value) for value in values]


def _times(rows: Sequence[Mapping[str, Any]], are_times: bool) -> dict[str, Any]:
    """Of rows, such as the swaps of a method, the times by name."""
    found: dict[str, Any] = {}
    for name in dict.fromkeys(key for row in rows for key in row):
        values = [row[name] for row in rows if row.get(name) is not None]
        if values and all(isinstance(value, Mapping) for value in values):
            found[name] = _times(values, are_times)
        elif values and all(_is_number(value) for value in values):
            if are_times or name.endswith("_ms"):
                found[name] = _numbers(values)
    return {name: value for name, value in found.items() if value}


def _members(name: str, value: Any) -> Any:  # noqa: ANN401
    """What a row has under this name."""
    if isinstance(value, (list, tuple)):
        if all(_is_number(one) for one in value):
            return _numbers(value)
        if all(isinstance(one, Mapping) for one in value):
            return _times(value, name.endswith("_ms"))
        return [_members(name, one) for one in value]
    if isinstance(value, Mapping):
        return digest(value)
    return _round(value) if _is_number(value) else value


def digest(row: Mapping[str, Any]) -> dict[str, Any]:
    """Of a row as `whole` has it."""
    kept = {name: _members(name, value) for name, value in row.items() if name not in OMITTED}
    if row.get("missing"):  # and so nothing was counted
        kept = {name: value for name, value in kept.items() if not _is_number(value) or value}
    return {name: value for name, value in kept.items() if not _is_empty(value)}


def _is_empty(value: object) -> bool:
    return value is None or value is False or value == "" or value == {} or value == []


def whole(value: Any) -> Any:  # noqa: ANN401
    """As JSON has it, all but the longest series."""
    if isinstance(value, Mapping):
        return {key: whole(one) for key, one in value.items() if key not in SERIES}
    if isinstance(value, (list, tuple)):
        return [whole(one) for one in value]
    return str(value) if isinstance(value, Path) else value


def lines(value: Any, depth: int) -> str:  # noqa: ANN401
    """JSON, the outer `depth` levels with a line for each member."""
    if depth and value and isinstance(value, Mapping):
        members = [f"{json.dumps(key)}: {lines(one, depth - 1)}" for key, one in value.items()]
        return "{\n" + ",\n".join(members) + "\n}"
    if depth and value and isinstance(value, list):
        return "[\n" + ",\n".join(lines(one, depth - 1) for one in value) + "\n]"
    return json.dumps(value, separators=(",", ":"))
