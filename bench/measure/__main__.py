"""python3 -m measure [FIGURE...] [--quick]: measures, and prints a Markdown table.

Run from the top of the tree after `make build programs load`; the make targets do both.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path

from . import first_answer, latency, machine, move, pause, plan, steady
from .figure import Figure, table

PARTS = {
    "pause": pause.measure,
    "latency": latency.measure,
    "start": first_answer.measure,
    "move": move.measure,
    "steady": steady.measure,
}
PATIENCE_S = 900.0


def numbers(text: str) -> tuple[float, ...]:
    return tuple(float(word) for word in text.split(","))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="measure")
    parser.add_argument("figures", nargs="*", choices=[*PARTS, []], help="all of them by default")
    parser.add_argument("--quick", action="store_true", help="few repetitions, to try it out")
    parser.add_argument("--starts", type=numbers, help="pause: seconds of start, as 0,2,20")
    parser.add_argument("--swaps", type=int, help="pause: swaps of each start")
    parser.add_argument("--calm", type=float, default=0.0, help="wait for this load average first")
    parser.add_argument("--out", type=Path, default=Path("build/measure"), help="of the JSON files")
    return parser.parse_args()


def chosen_plan(options: argparse.Namespace) -> plan.Plan:
    chosen = plan.quick() if options.quick else plan.Plan()
    if options.starts:
        chosen.starts = options.starts
    if options.swaps:
        chosen.swaps = options.swaps
    return chosen


def run(name: str, chosen: plan.Plan, options: argparse.Namespace) -> list[Figure]:
    load = machine.wait_for_calm(options.calm, PATIENCE_S)
    machine.say(f"{name}, load {load:.2f}")
    about = machine.description()
    figures = PARTS[name](chosen)
    for figure in figures:
        figure.load = (load, machine.load())
    record = {"machine": about, "quick": options.quick, "figures": [f.record() for f in figures]}
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n")
    return figures


def stop(number: int, _: object) -> None:
    sys.exit(128 + number)  # by way of the `with` blocks: nothing that was started stays


def main() -> int:
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
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
    sys.exit(main())
