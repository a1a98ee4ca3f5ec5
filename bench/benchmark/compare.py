"""python3 -m benchmark.compare [--quick] [--only NAMES] --out DIR: the comparison with what people
use instead, as Markdown tables; every figure in DIR/compare.json, every request below DIR/raw.

Run from the top of the tree after `make build programs load`, with PYTHONPATH=bench.
"""

from __future__ import annotations

import argparse
import contextlib
import resource
import subprocess
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

from measure import frame, machine

from .peers import METHODS, bound, row, trial
from .peers import plan as plans
from .peers.family import adopted
from .peers.method import Method, Unavailable
from .peers.plan import Plan, Scenario
from .peers.row import Row
from .peers.site import Site

LONGEST = 120  # text of an error in the table; all of it goes to standard error


class Incomplete(Exception):
    """One of the methods without which the comparison does not count is not installed."""


def versions(methods: Sequence[type[Method]]) -> tuple[dict[str, str], dict[str, str]]:
    """Of each method what is installed, and why the others are not available."""
    found = {}
    missing = {}
    for method in methods:
        try:
            found[method.name] = method.version()
        except Unavailable as why:
            missing[method.name] = str(why)
    needed = [method.name for method in methods if method.mandatory and method.name in missing]
    if needed:
        raise Incomplete("; ".join(f"{name}: {missing[name]}" for name in needed))
    return found, missing


@contextlib.contextmanager
def running(method: type[Method], scenario: Scenario) -> Iterator[Method]:
    """Its first version serves; nothing of it is left afterwards."""
    with Site(scenario.start_s, scenario.state_mb) as site, adopted():
        it = method(site)
        try:
            it.start()
            yield it
            it.stop()
        finally:
            it.close()


def _measure(method: type[Method], version: str, scenario: Scenario, plan: Plan, raw: Path) -> Row:
    found = row.empty(method, version, scenario)
    trials = []
    with running(method, scenario) as it:
        for number in range(1, plan.swaps + 1):
            file = raw / f"{method.name}-{scenario.slug}-{number}.csv"
            trials.append(trial.run(it, plan, number, file))
            machine.say(f"compare: {method.name}, {scenario.name}: {number} of {plan.swaps}")
    return row.fill(found, trials)


def measure(plan: Plan, out: Path, only: Sequence[str] = ()) -> list[Row]:
    """Raises Incomplete before anything is started. A method that fails under way has a row that
    says so; of a mandatory one 'error' is set.
    """
    chosen = [method for method in METHODS if not only or method.name in only]
    found, missing = versions(chosen)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # for the servers, too
    raw = out / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    rows = []
    for scenario in plan.scenarios:
        for method in chosen:
            version = found.get(method.name, "")
            if method.name in missing:
                why = f"not available: {missing[method.name]}"
            elif not method.application and not scenario.is_plain:
                why = "does not apply: it answers by itself, without a start or a state"
            elif method.always_holds and not scenario.state_mb:
                why = "does not apply: there is no state to hold"
            else:
                rows.append(_attempt(method, version, scenario, plan, raw))
                continue
            rows.append(row.empty(method, version, scenario, why))
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return rows


def _attempt(method: type[Method], version: str, scenario: Scenario, plan: Plan, raw: Path) -> Row:
    try:
        return _measure(method, version, scenario, plan, raw)
    except (RuntimeError, OSError, subprocess.SubprocessError) as why:
        traceback.print_exc()
        first = (str(why).splitlines() or [repr(why)])[0].replace("|", "/")
        failed = row.empty(method, version, scenario, f"failed: {first[:LONGEST]}")
        failed.error = method.mandatory
        return failed


def write(rows: Sequence[Row], plan: Plan, out: Path) -> None:
    record = {
        "machine": machine.description(),
        "crowd": vars(plan.crowd),
        "rows": [one.record() for one in rows],
        "bounds": [vars(verdict) for verdict in bound.verdicts(rows)],
    }
    frame.save(record, out / "compare.json")


def arguments() -> argparse.Namespace:
    names = [method.name for method in METHODS]
    what = "one swap each, to try it out"
    epilog = "methods: " + " ".join(names)
    parser = frame.parser("benchmark.compare", what, "build/compare", epilog)
    parser.add_argument("--only", default="", help="names, separated by commas")
    parser.add_argument(
        "--starts",
        type=frame.numbers,
        default=(),
        help="seconds, as 0,2: instead of the plan's scenarios",
    )
    parser.add_argument("--state", type=int, help="megabytes: instead of the plan's scenarios")
    parser.add_argument("--swaps", type=int, help="of each method in each scenario")
    options = parser.parse_args()
    options.only = [name for name in options.only.split(",") if name]
    if unknown := [name for name in options.only if name not in names]:
        parser.error(f"no such method: {', '.join(unknown)}; there are {', '.join(names)}")
    return options


def chosen_plan(options: argparse.Namespace) -> Plan:
    plan = plans.quick() if options.quick else Plan()
    if options.swaps:
        plan.swaps = options.swaps
    scenarios = [Scenario(start_s=start_s) for start_s in options.starts]
    if options.state:
        scenarios.append(Scenario(state_mb=options.state))
    if scenarios:
        plan.scenarios = tuple(scenarios)
    return plan


def main() -> int:
    options = arguments()
    plan = chosen_plan(options)
    try:
        rows = measure(plan, options.out, options.only)
    except Incomplete as why:
        machine.say(f"compare: {why}: make deps")
        return 1
    write(rows, plan, options.out)
    print(row.table(rows))
    print()
    for verdict in bound.verdicts(rows):
        print(f"- {verdict.line()}")
    return 1 if any(one.error for one in rows) else 0


if __name__ == "__main__":
    frame.command(main)
