"""State that outlives a version of the program: under the Aeterna launcher it is handed over.

Outside the launcher nothing here does anything: keep() returns its default.
"""

from __future__ import annotations

import gc as _gc
import sys as _sys

if __name__ == "aeterna" and "_aeterna_state" in _sys.modules:
    # The launcher's own copy serves this process already: both names mean that one.
    _sys.modules["aeterna"] = _sys.modules["_aeterna_state"]
else:
    # What is imported stays: to look for garbage meanwhile is a tenth of the time.
    _collects = _gc.isenabled()
    _gc.disable()
    try:
        from ._api import (
            arena,
            busy,
            detached,
            dump,
            keep,
            load,
            merge,
            migrate,
            on_serving,
            set_aside,
        )
        from ._rebuild import MISSING
        from ._runtime import active, generation, serving
    finally:
        if _collects:
            _gc.enable()

__all__ = [
    "MISSING",
    "active",
    "arena",
    "busy",
    "detached",
    "dump",
    "generation",
    "keep",
    "load",
    "merge",
    "migrate",
    "on_serving",
    "serving",
    "set_aside",
]
