"""A container has come: which of its sections this version takes, and which have to wait."""

from __future__ import annotations

from collections.abc import Iterable

from . import _lookup
from ._format import BY_NAME, Row
from ._notes import DISCARDED, MISSING, PENDING, TAKEN, Notes
from ._refusal import Refused
from ._slots import Named, Slot
from ._wanted import Wanted


def section_verdict(name: str, by_name: bool, slot: Slot | None, wanted: Wanted) -> int:
    """`by_name`: handoff.state named it in the version that wrote it."""
    if wanted.discards(name):
        return DISCARDED
    if slot is None:
        return MISSING if by_name else PENDING
    if slot.takes():
        return TAKEN
    if isinstance(slot, Named) and not _lookup.trouble(slot.path):
        return PENDING
    return MISSING


def refuse_missing(notes: Notes) -> None:
    """By itself the launcher finds the same: this is the word of a version without its help."""
    missing = notes.missing()
    if not missing:
        return
    name = missing[0]
    near = notes.nearest.get(name)
    raise Refused(
        "state_missing",
        f"{name}: this version does not take it{f', it has {near}' if near else ''}: "
        f"name it in handoff.state, or reload --discard-state={name}",
    )


def refuse_astray(slots: Iterable[Slot]) -> None:
    """Names of handoff.state that lead nowhere: nothing came for them, or it would be missing."""
    known = list(slots)
    for slot in known:
        if not isinstance(slot, Named):
            continue
        trouble = _lookup.trouble(slot.path)
        if trouble:
            near = _lookup.nearest(slot.name, (other.name for other in known))
            raise Refused(
                "state_missing",
                f"{slot.name} in handoff.state leads nowhere: {trouble}"
                f"{f'; the nearest name is {near}' if near else ''}",
            )


def judge(rows: Iterable[Row], by_section: dict[str, Slot], wanted: Wanted, notes: Notes) -> None:
    """Of the objects of one pickle."""
    for row in rows:
        by_name = bool(row.off & BY_NAME)
        slot = by_section.get(row.name)
        verdict = section_verdict(row.name, by_name, slot, wanted)
        near = ""
        if verdict == MISSING:
            near = _lookup.nearest(row.name, (other.name for other in by_section.values()))
        notes.add(row.name, verdict, near)
