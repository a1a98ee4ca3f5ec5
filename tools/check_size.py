#!/usr/bin/env python3
"""Checks that source files stay short: one noun a file.

Over WARN lines is said, over FAIL lines fails.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

WARN = 350
FAIL = 420
DIRECTORIES = ("include", "common", "preload", "launcher", "python")
SUFFIXES = frozenset({".c", ".h", ".def", ".py"})


def main() -> int:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "--", *DIRECTORIES],
        check=True,
        capture_output=True,
        text=True,
    )
    failed = 0
    for name in sorted(listed.stdout.splitlines()):
        path = Path(name)
        if path.suffix not in SUFFIXES or not path.is_file():
            continue
        lines = len(path.read_bytes().splitlines())
        if lines > FAIL:
            failed += 1
            print(f"{name}: {lines} lines, more than {FAIL}: split it")
        elif lines > WARN:
            print(f"{name}: warning: {lines} lines, more than {WARN}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
