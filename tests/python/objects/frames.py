"""pandas."""

from __future__ import annotations

import pandas

from .table import EXACT, kind


@kind("pandas.DataFrame", EXACT, seen=lambda v: [v.to_csv(), [str(t) for t in v.dtypes], v.attrs])
def frame(served):
    made = pandas.DataFrame({"a": [1, 2], "b": ["x", None]} if served else {})
    made.attrs["about"] = "ann" if served else ""
    return made


@kind("pandas.Series", EXACT, seen=lambda v: [v.to_csv(), v.name])
def series(served):
    return pandas.Series([1.5, None] if served else [], name="s", dtype=float)


@kind("pandas.DatetimeIndex", EXACT, seen=repr)
def index(served):
    return pandas.date_range("2026-01-01", periods=3 if served else 1)


@kind("pandas.Categorical", EXACT, seen=repr)
def categorical(served):
    return pandas.Categorical(["a", "b"] if served else [])
