"""python3 -m benchmark [PART...] [--quick]: measures, prints the tables, writes bench/results/.

Run by `make test-benchmark`, from the top of the tree. Exit code: 0 every bound is met, 1 not.
"""

from __future__ import annotations

import argparse
import importlib
import time
from types import ModuleType

from measure import frame, machine

from . import plan as plans
from . import report
from .plan import Plan
from .report import Part

# Modules of this package, in the order in which they run; __init__.py says what each has.
PARTS = ("state", "growth", "others", "steady")


def arguments() -> argparse.Namespace:
    parser = frame.parser("benchmark", "under two minutes", "bench/results")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all of them by default")
    parser.add_argument("--readme", action="store_true", help="put the table into README.md")
    return parser.parse_args()


def run(name: str, module: ModuleType, plan: Plan) -> Part:
    begin = time.monotonic()
    rows, load = frame.part(name, lambda: module.measure(plan))
    part = Part(name, rows, module.section(rows), module.verdicts(rows), load)
    if hasattr(module, "summary"):
        part.summary = module.summary(rows)
    module.draw(rows, plan)
    machine.say(f"{name}: done after {time.monotonic() - begin:.0f} s")
    return part


def main() -> int:
    options = arguments()
    plan = plans.quick() if options.quick else Plan()
    plan.out = options.out
    plan.out.mkdir(parents=True, exist_ok=True)
    names = options.parts or PARTS
    # All of them before the first is run: an hour would be lost on a part that is not there.
    modules = {name: importlib.import_module(f"{__package__}.{name}") for name in names}
    about = {**report.machine(), "commit": report.commit()}
    parts = []
    for name, module in modules.items():
        parts.append(run(name, module, plan))
        text = report.write(parts, about, plan)  # after each: a later one may fail
    print(text)
    if options.readme:
        report.update_readme(plan)
    return 1 if report.missed(parts) else 0


if __name__ == "__main__":
    frame.command(main)
