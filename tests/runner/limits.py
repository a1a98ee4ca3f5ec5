"""How long a test may take before it counts as hanging.

Generous: on two processors with a load of 6 the longest unit test takes 27 s, most of those with
programs less than 15 s. The environment overrides: AET_TEST_DEADLINE_S for each test,
AET_TEST_TOTAL_S for a binary with all its tests, or a script. Make targets with long tests do so
(mk/test.mk).
"""

from __future__ import annotations

import os

UNIT_S = 120.0
INTEGRATION_S = 180.0  # real programs, started and swapped many times
TOTAL_S = 1800.0  # a script has only this one; tests/python/deadline.py is for each of its tests
GRACE_S = 15.0  # what a binary leaves running when it has ended may take so long to end, too
LIST_S = 60.0  # a binary that says which tests it has


def _from_environment(name: str) -> float | None:
    text = os.environ.get(name)
    return float(text) if text else None


def deadline_s(binary: str) -> float:
    chosen = _from_environment("AET_TEST_DEADLINE_S")
    if chosen is not None:
        return chosen
    # Those with programs are NAME_test; the others are unit, unit_preload and http_fuzz.
    return INTEGRATION_S if binary.endswith("_test") else UNIT_S


def total_s(binary: str) -> float:
    chosen = _from_environment("AET_TEST_TOTAL_S")
    return chosen if chosen is not None else max(TOTAL_S, 2 * deadline_s(binary))
