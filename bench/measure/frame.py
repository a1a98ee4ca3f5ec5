"""What the commands here and in bench/benchmark/ have in common: how they are ended, their
arguments, one part of a run, and measuring several things in turn.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from . import machine

PATIENCE_S = 900.0  # to be quiet enough
T = TypeVar("T")


class Held:
    """For a `with` block: __enter__ begins what close() ends."""

    def close(self) -> None:
        raise NotImplementedError

    def __exit__(self, *_: object) -> None:
        self.close()


def _stop(number: int, _: object) -> None:
    sys.exit(128 + number)  # by way of the `with` blocks: nothing that was started stays


def command(main: Callable[[], int]) -> None:
    """Runs it as this process, which TERM and INT end in good order."""
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    sys.exit(main())


def parser(prog: str, quick: str, out: str, epilog: str | None = None) -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog=prog, epilog=epilog)
    found.add_argument("--quick", action="store_true", help=quick)
    found.add_argument("--out", type=Path, default=Path(out), help="a directory")
    return found


def numbers(text: str) -> tuple[float, ...]:
    return tuple(float(word) for word in text.split(","))


def part(
    name: str, measure: Callable[[], Sequence[T]], calm: float = 0
) -> tuple[Sequence[T], tuple[float, float]]:
    """What it measures, and the machine's load before and after; waits for that load first."""
    before = machine.wait_for_calm(calm, PATIENCE_S)
    machine.say(f"{name}, load {before:.2f}")
    found = measure()
    return found, (before, machine.load())


def in_turn(
    rounds: int, measures: Sequence[Callable[[], T]], told: Callable[[int], None]
) -> list[list[T]]:
    """What each has measured in each round. Everyone is the first, the middle and the last in turn,
    so that a drift of the machine meets all of them alike; one that is there twice is the control
    (A/A): what differs between the two is noise.
    """
    found: list[list[T]] = [[] for _ in measures]
    for number in range(rounds):
        for i in range(len(measures)):
            which = (number + i) % len(measures)
            found[which].append(measures[which]())
        told(number + 1)
    return found


def save(record: Mapping[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=1) + "\n")
