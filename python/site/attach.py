"""Gives the state hooks to an interpreter that runs already, at one of its blocking system calls.

The library runs it with `fd`, a descriptor of this file, which says where the module lies: the
program's path may not have it, or a sitecustomize of its own may have hidden ours. An interpreter
that is too old for the module understands this file, and leaves it at that.
"""

import importlib
import importlib.util
import os
import sys
from types import ModuleType

_PRIVATE = "_aeterna_state"


def _load(place: str) -> ModuleType:
    path = os.path.join(place, "__init__.py")
    spec = importlib.util.spec_from_file_location(
        _PRIVATE, path, submodule_search_locations=[place]
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[_PRIVATE] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(_PRIVATE, None)
        raise
    return module


def _package(fd: int) -> ModuleType:
    """As the program has loaded it, under either of its names; else as it lies beside this file."""
    for name in (_PRIVATE, "aeterna"):
        found = sys.modules.get(name)
        if found is not None and hasattr(found, "keep") and hasattr(found, "arena"):
            return found
    here = os.path.dirname(os.readlink(f"/proc/self/fd/{fd}"))
    return _load(os.path.join(os.path.dirname(here), "aeterna"))


def _attach(fd: int) -> None:
    try:
        if sys.version_info >= (3, 9):  # noqa: UP036
            importlib.import_module(_package(fd).__name__ + "._hooks").attach_late()
    except BaseException as error:
        os.write(2, f"aeterna: the state hooks cannot be loaded: {error!r}\n".encode())
    finally:
        os.close(fd)


_attach(globals()["fd"])
