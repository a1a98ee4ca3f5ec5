"""What to do about an object that does not travel: the end of a refusal's sentence, a few words."""

from __future__ import annotations

from typing import Any

LEAVE = "leave it out: handoff.exclude, or __getstate__ with __setstate__"
_TOP = "define it at the top of a module"
_FUTURE = "keep what is to be done, and start it again"
_FILE = "keep its path and position, and open it again"
_SOURCE = "keep what it is made from, and how far it came"
_VIEW = "keep a copy of what it looks at"

# By the class's module and name, or by its module; the first of its bases that is here.
_BY_KIND = {
    "builtins.function": _TOP,
    "builtins.type": _TOP,
    "builtins.module": "import it where it is used",
    "builtins.generator": _SOURCE,
    "builtins.async_generator": _SOURCE,
    "builtins.coroutine": _FUTURE,
    "builtins.memoryview": _VIEW,
    "builtins.dict_keys": _VIEW,
    "builtins.dict_values": _VIEW,
    "builtins.dict_items": _VIEW,
    "builtins.mappingproxy": _VIEW,
    "mmap.mmap": "keep bytes, or a numpy.memmap",
    "weakref.ReferenceType": "keep the object itself",
    "weakref.WeakSet": "keep a set of names",
    "weakref.WeakValueDictionary": "keep a dict of names",
    "_io": _FILE,
    "_asyncio": _FUTURE,
    "asyncio.transports": "keep its socket: get_extra_info('socket')",
    "queue": "keep its items in a list",
    "_queue": "keep its items in a list",
    "sqlite3": "keep its path, and connect again",
    "hashlib": "keep what was hashed",
    "_hashlib": "keep what was hashed",
    "_contextvars": "keep the value",
    "torch": "keep it on the processor: cpu()",
}


def advice(value: Any) -> str:
    for base in type(value).__mro__:
        for name in (f"{base.__module__}.{base.__qualname__}", base.__module__):
            if name in _BY_KIND and base is not object:
                return _BY_KIND[name]
    return LEAVE
