#!/usr/bin/env python3
"""Lists the make targets that exist, each with its line. Arguments: the makefiles read."""

from __future__ import annotations

import re
import sys
from pathlib import Path

# In the order in which people come to need them.
TARGETS = (
    ("deps", "install what the tree needs from Debian and PyPI, by name (sudo when not root)"),
    ("build", "bin/aeterna-launch, bin/aeterna and lib/libaeterna_preload.so (the default)"),
    ("demo", "swap an unmodified server under load and show the result"),
    ("test", "all tests; the last line says N passed, N failed"),
    ("test-benchmark", "the benchmark table, measured on this machine"),
    ("install", "install below PREFIX (/usr/local), DESTDIR in front of it"),
    ("uninstall", "remove exactly what install installs"),
    ("clean", "remove what was built"),
    ("lint", "formats, static analysis, layers, sizes; changes nothing"),
    ("format", "rewrite C, C++ and Python in the project's format"),
    ("check-asan", "tests with the address and undefined behaviour sanitizers"),
    ("check-tsan", "tests of the library's modules with the thread sanitizer"),
    ("check-long", "the tests that take too long for make test"),
    ("fuzz", "fuzz the parsers"),
    ("load", "build/aeterna-load, the load client"),
    ("programs", "the server programs of the tests"),
    ("help", "this list"),
)
RULE = re.compile(r"^([A-Za-z][\w -]*):(?!=)", re.MULTILINE)


def main(makefiles: list[str]) -> int:
    defined: set[str] = set()
    for name in makefiles:
        if Path(name).is_file():
            for match in RULE.finditer(Path(name).read_text(encoding="utf-8")):
                defined.update(match.group(1).split())
    for target, line in TARGETS:
        if target in defined:
            print(f"  {target:<16}{line}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
