"""A test binary, run until each of its tests has had its turn: where one of them hangs or kills the
process, the next run has those that are left.
"""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Sequence

from . import limits
from .attempt import Attempt

Count = tuple[int, int]  # passed, failed
COUNTED = re.compile(r"^\[ +(PASSED|FAILED|SKIPPED) +\] (\d+) test")  # a script's last words


def _names(binary: str) -> list[str]:
    """Those that GTEST_FILTER chooses, in their order; googletest's --gtest_list_tests."""
    done = subprocess.run(
        [binary, "--gtest_list_tests"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        timeout=limits.LIST_S,
        check=True,
    )
    names = []
    suite = ""
    for line in done.stdout.splitlines():
        word = line.partition("#")[0].strip()
        if not line.startswith("  "):
            suite = word
        else:  # a disabled one is never run, and so fails
            names.append(suite + word)
    return names


def _failed(name: str, why: str) -> None:
    print(f"[  FAILED  ] {name}: {why}", flush=True)


def _why(attempt: Attempt) -> str:
    return attempt.over or f"the binary ended with status {attempt.status}"


def _googletest(binary: str) -> Count:
    end = time.monotonic() + limits.total_s(binary)
    left = _names(binary)
    if not left:
        _failed(binary, "it has no tests")
        return 0, 1
    results: dict[str, str] = {}
    failures = 0  # of the binary, not of a test
    while left:
        attempt = Attempt(binary, frozenset(left))
        # The first run has GTEST_FILTER, which has chosen these names.
        rest = ["--gtest_filter=" + ":".join(left)] if results else []
        attempt.run(["--gtest_color=no", *rest], end)
        results.update(attempt.results)
        if attempt.current:
            results[attempt.current] = "FAILED"
            _failed(attempt.current, _why(attempt))
        elif attempt.over or (attempt.status and "FAILED" not in attempt.results.values()):
            failures += 1
            _failed(binary, _why(attempt))
        before = len(left)
        left = [name for name in left if name not in results]
        if len(left) == before or time.monotonic() > end:
            break
    for name in left:
        _failed(name, "it was not run")
    passed = sum(result == "OK" for result in results.values())
    return passed, len(results) - passed + len(left) + failures


def _script(path: str) -> Count:
    attempt = Attempt(path, ())
    attempt.run((), time.monotonic() + limits.total_s(path))
    counts = {"PASSED": 0, "FAILED": 0, "SKIPPED": 0}
    for line in attempt.lines:
        if found := COUNTED.match(line):
            counts[found[1]] = int(found[2])
    failed = counts["FAILED"] + counts["SKIPPED"]
    if attempt.over or (attempt.status and not failed) or not counts["PASSED"] + failed:
        _failed(path, _why(attempt))
        failed += 1
    return counts["PASSED"], failed


def run(path: str) -> Count:
    try:
        return _script(path) if path.endswith((".sh", ".py")) else _googletest(path)
    except (OSError, subprocess.SubprocessError) as why:
        _failed(path, str(why))
        return 0, 1


def run_all(paths: Sequence[str]) -> Count:
    passed = failed = 0
    for path in paths:
        print(f"== {path}", flush=True)
        more = run(path)
        passed += more[0]
        failed += more[1]
    return passed, failed
