"""The kinds: how each is made, what a program sees of it, and what is expected of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from . import facts

EXACT, MERGED, REFUSED = "exact", "merged", "refused"
# Where a value is: a global that handoff.state names; somewhere in a named dict; an attribute of a
# named object, where the new version has one of its own.
PLACES = ("name", "entry", "attribute")


class Kind(NamedTuple):
    """`make(True)` is what the old version has, `make(False)` what the new one has at its start."""

    name: str
    make: Callable[[bool], Any]
    expected: dict[str, str]
    facts: Callable[[Any], Any]
    becomes: Any  # the facts where it is merged
    exclude: str  # handoff.exclude
    state: str  # handoff.state, where it is not the global itself
    arrived: Callable[[Any], Any]  # the facts in the new version


KINDS: dict[str, Kind] = {}


def kind(
    name: str,
    expected: str,
    *,
    entry: str | None = None,
    attribute: str | None = None,
    seen: Callable[[Any], Any] = facts.describe,
    arrived: Callable[[Any], Any] | None = None,
    becomes: Any = None,
    exclude: str = "",
    state: str = "",
) -> Callable[[Callable[[bool], Any]], Callable[[bool], Any]]:
    """Decorates make(). In an entry and in an attribute the same is expected as of a name, unless
    it is said.
    """

    def decorate(make: Callable[[bool], Any]) -> Callable[[bool], Any]:
        assert name not in KINDS, name
        entries = entry or expected
        places = (expected, entries, attribute or entries)
        KINDS[name] = Kind(
            name,
            make,
            dict(zip(PLACES, places)),
            seen,
            becomes,
            exclude,
            state,
            arrived or seen,
        )
        return make

    return decorate


def both(name: str, expected: str, made: Callable[[], Any], **options: Any) -> None:
    """A kind of which the new version has the same at its start."""
    kind(name, expected, **options)(lambda served: made())


def values(name: str, expected: str, old: Any, new: Any = None, **options: Any) -> None:
    """A kind of values that need no making."""
    kind(name, expected, **options)(lambda served: old if served else new)


def load(names: list[str]) -> None:
    """The modules with the kinds; each one needs its packages."""
    for name in names:
        __import__(f"objects.{name}")
        assert f"objects.{name}" in sys.modules
