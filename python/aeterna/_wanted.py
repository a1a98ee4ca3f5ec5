"""What the configuration asks for now: it may have changed since this process started."""

from __future__ import annotations

from . import _runtime
from ._named_tuple import NamedTuple
from ._names import Name, asked, from_environment
from ._refusal import Refused


class Wanted(NamedTuple):
    names: tuple[Name, ...] = ()
    discarded: frozenset[str] = frozenset()
    discards_all: bool = False
    excluded: tuple[Name, ...] = ()

    def discards(self, name: str) -> bool:
        return self.discards_all or name in self.discarded


NOTHING_ELSE = Wanted()


def parse(text: str) -> Wanted:
    names: list[Name] = []
    excluded: list[Name] = []
    discarded: set[str] = set()
    everything = False
    for line in text.splitlines():
        word, _, name = line.partition(" ")
        if word == "state" and name:
            names.append(Name(name))
        elif word == "exclude" and name:
            excluded.append(Name(name))
        elif word == "discard" and name:
            discarded.add(name)
        elif word == "discard":
            everything = True
    return Wanted(tuple(names), frozenset(discarded), everything, tuple(excluded))


def ask() -> Wanted:
    """As the launcher says; an older one, or none: as the environment did at the start."""
    text = _runtime.names()
    if text is None:
        return Wanted(tuple(from_environment()))
    try:
        wanted = parse(text)
    except Refused as refusal:
        raise Refused("dump_failed", refusal.sentence) from None
    asked.names, asked.excluded = wanted.names, wanted.excluded
    return wanted
