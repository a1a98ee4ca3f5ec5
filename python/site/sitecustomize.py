"""Gives a program that knows nothing of it the state hooks: handoff.state in the configuration.

The launcher puts this directory first on PYTHONPATH. It takes itself out of the program's way at
once, and runs the sitecustomize that the program would have had.
"""

from __future__ import annotations

import gc
import importlib.machinery
import importlib.util
import os
import sys

# Not "aeterna": a program may have a module of that name.
_PRIVATE = "_aeterna_state"


def _load(name: str, path: str, package: bool = False) -> object:
    places = [os.path.dirname(path)] if package else None
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=places)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def _attach(here: str) -> None:
    if not os.environ.get("AETERNA_STATE"):
        return
    collects = gc.isenabled()
    gc.disable()
    try:
        place = os.path.join(os.path.dirname(here), "aeterna", "__init__.py")
        _load(_PRIVATE, place, package=True)
        importlib.import_module(_PRIVATE + "._hooks").attach_names()
        # None of this is ever garbage, and the program's own imports look for some all the time.
        gc.freeze()
    finally:
        if collects:
            gc.enable()


def _chain(here: str) -> None:
    """The next one on the path, as if this one were not there."""
    sys.path[:] = [p for p in sys.path if os.path.realpath(p or os.curdir) != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", sys.path)
    if spec is None or spec.origin is None or os.path.realpath(spec.origin) == _FILE:
        return
    _load("sitecustomize", spec.origin)


_FILE = os.path.realpath(__file__)
_HERE = os.path.dirname(_FILE)
try:
    _attach(_HERE)
except Exception as _error:
    os.write(2, f"aeterna: the state hooks are not there: {_error!r}\n".encode())
_chain(_HERE)
