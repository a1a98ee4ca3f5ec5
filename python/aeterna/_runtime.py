"""The library's side of the interpreter: the calls of include/aeterna/module.h, or their absence.

A process that does not run under the launcher has none of them; everything is a no-op then.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from operator import methodcaller
from typing import Any

from ._named_tuple import NamedTuple
from ._refusal import Refused, refused

STEP_DUMP, STEP_LOAD = 1, 2
STEP_NAMES, STEP_DESCRIBE = 4, 5
COMPARE, MERGED, CHANGES = 1, 8, 16  # of a dump's flags
KEEP = 4  # of a load's: what finds no place is held
MERGE = 32  # of a load's
SHM, PIPE = 1, 2
_FIRST = 28  # descriptors in the request itself


class _Request(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_uint32),
        ("step", ctypes.c_uint32),
        ("mechanism", ctypes.c_uint32),
        ("fd", ctypes.c_int32),
        ("capacity", ctypes.c_uint64),
        ("generation", ctypes.c_uint64),
        ("run_id", ctypes.c_uint8 * 16),
        ("fd_count", ctypes.c_uint32),
        ("fds", ctypes.c_int32 * _FIRST),
        ("flags", ctypes.c_uint32),
    ]


class Request(NamedTuple):
    """struct aeterna_request, in Python's own values."""

    step: int
    mechanism: int
    fd: int
    capacity: int
    generation: int
    run_id: bytes
    fds: tuple[int, ...] = ()
    flags: int = 0


Hook = Callable[[Request], int]

Size = Callable[[], int]
Describe = Callable[[int, int], int]
Start = Callable[[], None]

_SIZE = ctypes.CFUNCTYPE(ctypes.c_uint64)
_DESCRIBE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_uint32, ctypes.c_int)
_START = ctypes.CFUNCTYPE(None)
_HOOK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Request))
_program = ctypes.CDLL(None)
_holding = ctypes.PyDLL(None)  # keeps the interpreter's lock during a call


def _function(name: str, result: Any, *arguments: Any, program: Any = _program) -> Any:
    function = getattr(program, name, None)
    if function is not None:
        function.restype = result
        function.argtypes = list(arguments)
    return function


_attach = _function("aeterna_attach", ctypes.c_int, _HOOK, _HOOK)
_attach_size = _function("aeterna_attach_size", ctypes.c_int, _SIZE)
_attach_describe = _function("aeterna_attach_describe", ctypes.c_int, _DESCRIBE)
_attach_start = _function("aeterna_attach_start", ctypes.c_int, _START)
_described = _function("aeterna_described", ctypes.c_int, ctypes.c_int)
_busy = _function("aeterna_busy", None, ctypes.c_int)
_detached = _function("aeterna_detached", None, ctypes.c_int)
_report = _function(
    "aeterna_report",
    ctypes.c_int,
    ctypes.c_int,
    ctypes.c_char_p,
    ctypes.c_char_p,
    ctypes.POINTER(ctypes.c_int),
    ctypes.c_uint32,
)
_take_fds = _function(
    "aeterna_take_fds",
    ctypes.c_int,
    ctypes.c_uint32,
    ctypes.POINTER(ctypes.c_int32),
    ctypes.c_uint32,
)
_report_merge = _function(
    "aeterna_report_merge",
    ctypes.c_int,
    ctypes.c_uint32,
    ctypes.c_uint32,
    ctypes.c_uint32,
    ctypes.c_char_p,
)
_mergeable = _function("aeterna_mergeable", None, ctypes.c_int)
_stand_still = _function("aeterna_stand_still", ctypes.c_int, ctypes.c_int, program=_holding)
_report_standing = _function(
    "aeterna_report_standing",
    ctypes.c_int,
    ctypes.POINTER(ctypes.c_int),
    ctypes.c_uint32,
    program=_holding,
)
# Short questions to the launcher: other threads would not give the lock back at once.
_names = _function("aeterna_names", ctypes.c_int, program=_holding)
_sections = _function(
    "aeterna_sections", ctypes.c_int, ctypes.c_int, ctypes.c_uint32, program=_holding
)
_await_decision = _function("aeterna_await_decision", None)
_serving = _function("aeterna_serving", ctypes.c_int)
_guard = _function("aeterna_guard", ctypes.c_int, ctypes.c_void_p, ctypes.c_uint64)
_await_serving = _function("aeterna_await_serving", ctypes.c_int)


def _generation() -> int:
    if _attach is None:
        return 0
    try:
        return int(os.environ.get("AETERNA_GENERATION", "0"))
    except ValueError:
        return 0


generation: int = _generation()
active: bool = _attach is not None and generation > 0

# Taken before anybody patches it: the child ends without ever returning to the program.
fork = os.fork

# Kept for ever: the library calls them.
_hooks: list[Any] = []


def _arrived(count: int, fds: list[int]) -> list[int]:
    """The descriptors that came with a container, all of them."""
    rest = count - len(fds)
    if rest <= 0:
        return fds
    more = (ctypes.c_int32 * rest)()
    error = _take_fds(len(fds), more, rest) if _take_fds is not None else -errno.ENOSYS
    if error == 0:
        return fds + list(more)
    for fd in fds:
        os.close(fd)
    if error == -errno.EMFILE:
        raise Refused(
            "load_failed",
            f"{count} descriptors came, more than this process may have: "
            "raise its RLIMIT_NOFILE (ulimit -n)",
        )
    raise Refused("load_failed", f"{count} descriptors did not come: {os.strerror(-error)}")


def _callback(hook: Hook) -> Any:
    def call(pointer: Any) -> int:
        raw = pointer.contents
        try:
            fds = _arrived(raw.fd_count, list(raw.fds[: min(raw.fd_count, _FIRST)]))
        except Refused as refusal:
            report_failed(refusal)
            return -refusal.number
        return hook(
            Request(
                raw.step,
                raw.mechanism,
                raw.fd,
                raw.capacity,
                raw.generation,
                bytes(raw.run_id),
                tuple(fds),
                raw.flags if raw.size >= ctypes.sizeof(_Request) else 0,
            )
        )

    return _HOOK(call)


def attach(dump: Hook, load: Hook, size: Size, describe: Describe, start: Start) -> None:
    """This process has state. Once is enough; the hooks return and never raise."""
    if not active or _hooks:
        return
    _hooks.extend(
        (_callback(dump), _callback(load), _SIZE(size), _DESCRIBE(describe), _START(start))
    )
    if _attach_size is not None:
        _attach_size(_hooks[2])
    if _attach_describe is not None:
        _attach_describe(_hooks[3])
    if _attach_start is not None:
        _attach_start(_hooks[4])
    error = _attach(*_hooks[:2])
    if error < 0:
        warn(f"the state of this process does not travel: {os.strerror(-error)}")


def busy(by: int) -> None:
    if _busy is not None:
        _busy(by)


def detached(by: int) -> None:
    if _detached is not None:
        _detached(by)


def serving() -> bool:
    """Whether this generation is the service: until then sockets that came are not its own."""
    return _serving is None or bool(_serving())


def guard(where: int, length: int) -> None:
    """Whole pages, read-only until this generation serves."""
    error = _guard(where, length) if _guard is not None else 0
    if error < 0:
        raise Refused("load_failed", f"memory cannot be protected: {os.strerror(-error)}")


def await_serving() -> bool:
    """Sleeps until this generation is the service; False: it never will be."""
    return _await_serving is None or bool(_await_serving())


def described(fd: int) -> None:
    """The launcher reads what this copy of a process has written."""
    if _described is not None:
        _described(fd)


def await_decision() -> None:
    if _await_decision is not None:
        _await_decision()


_call = methodcaller("__call__")


def quietly(function: Callable[..., int], *arguments: Any) -> int:
    """Python warns of a fork beside other threads: the child does nothing that needs them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*arguments)


def fork_and_stand() -> int:
    """Forks; in the parent it returns when the swap is decided. From the fork on no other thread
    may run Python code: so this thread runs none either, which would give the interpreter's lock
    away. One function in C calls the other.
    """
    if _stand_still is None:
        return fork()
    return int(next(map(_stand_still, map(_call, (fork,)))))


def report_standing(fds: Sequence[int]) -> None:
    """The container is complete, and nobody writes from now until the swap is decided: returns
    then.
    """
    if _report_standing is None:
        report_done(fds)
    else:
        _raise(_report_standing((ctypes.c_int * len(fds))(*fds), len(fds)))


def _raise(error: int) -> None:
    if error < 0:
        raise OSError(-error, os.strerror(-error))


def names() -> str | None:
    """What the configuration asks for now, a line each; None: the launcher does not say."""
    fd = _names() if _names is not None else -errno.ENOSYS
    if fd < 0:
        return None
    with open(fd, "rb") as file:
        file.seek(0)
        return file.read().decode("utf-8", "surrogateescape")


def sections(fd: int, count: int) -> None:
    """The launcher learns what became of each section, in a file of notes."""
    if _sections is not None:
        error = _sections(fd, count)
        if error < 0 and error != -errno.EOPNOTSUPP:  # an older launcher asks for none
            raise OSError(-error, os.strerror(-error))


def report_done(fds: Sequence[int]) -> None:
    """The container is complete, and these descriptors go with it."""
    if _report is not None:
        _raise(_report(0, None, None, (ctypes.c_int * len(fds))(*fds), len(fds)))


def _text(sentence: str) -> bytes:
    return sentence.encode("utf-8", "replace").replace(b"\0", b"?")


def report_merge(taken: int, decided: int, set_aside: int, sentence: str) -> None:
    if _report_merge is not None:
        _report_merge(taken, decided, set_aside, _text(sentence))


def mergeable(can_merge: bool) -> None:
    """Tells it with the size."""
    if _mergeable is not None:
        _mergeable(can_merge)


def report_failed(refusal: Refused) -> None:
    if _report is not None:
        _report(refusal.number, refusal.word.encode(), _text(refusal.sentence), None, 0)


def failed(error: BaseException, word: str) -> int:
    """Reports it; what a hook returns then."""
    refusal = refused(error, word)
    report_failed(refusal)
    return -refusal.number


def warn(sentence: str) -> None:
    """One line on standard error, past the program's own objects and locks."""
    try:
        os.write(2, f"aeterna: {sentence}\n".encode("utf-8", "replace"))
    except OSError:
        pass


def runtime_name() -> str:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return f"{sys.implementation.name}-{version}"
