"""python3 -m measure [FIGURE...] [--quick]: measures, and prints a Markdown table.

Run from the top of the tree after `make build programs load`; the make targets do both.
"""

from __future__ import annotations

import argparse

from . import first_answer, frame, latency, machine, move, pause, plan, steady
from .figure import Figure, table

PARTS = {
    "pause": pause.measure,
    "latency": latency.measure,
    "start": first_answer.measure,
    "move": move.measure,
    "steady": steady.measure,
}


def arguments() -> argparse.Namespace:
    parser = frame.parser("measure", "few repetitions, to try it out", "build/measure")
    parser.add_argument("figures", nargs="*", choices=[*PARTS, []], help="all of them by default")
    parser.add_argument("--starts", type=frame.numbers, help="pause: seconds of start, as 0,2,20")
    parser.add_argument("--swaps", type=int, help="pause: swaps of each start")
    parser.add_argument("--calm", type=float, default=0.0, help="wait for this load average first")
    return parser.parse_args()


def chosen_plan(options: argparse.Namespace) -> plan.Plan:
    chosen = plan.quick() if options.quick else plan.Plan()
    if options.starts:
        chosen.starts = options.starts
    if options.swaps:
        chosen.swaps = options.swaps
    return chosen


def run(name: str, chosen: plan.Plan, options: argparse.Namespace) -> list[Figure]:
    about = machine.description()
    figures, load = frame.part(name, lambda: PARTS[name](chosen), options.calm)
    for figure in figures:
        figure.load = load
    record = {"machine": about, "quick": options.quick, "figures": [f.record() for f in figures]}
    frame.save(record, options.out / f"{name}.json")
    return list(figures)


def main() -> int:
    options = arguments()
    chosen = chosen_plan(options)
    figures: list[Figure] = []
    for name in options.figures or PARTS:
        figures += run(name, chosen, options)
    print(table(figures))
    missed = [figure.name for figure in figures if figure.met is False]
    machine.say(f"missed: {', '.join(missed)}" if missed else "every bound is met")
    return 1 if missed else 0


if __name__ == "__main__":
    frame.command(main)
