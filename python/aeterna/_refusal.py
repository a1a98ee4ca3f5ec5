"""Why state does not travel: one word for programs, one sentence for people, an errno for C."""

from __future__ import annotations

import errno

_NUMBERS = {
    "busy": errno.EBUSY,
    "state_corrupt": errno.EBADMSG,
    "state_missing": errno.ENOENT,
    "state_too_large": errno.EFBIG,
    "wrong_schema": errno.EPROTO,
    "dump_failed": errno.EINVAL,
    "load_failed": errno.EINVAL,
    "no_memory": errno.ENOMEM,
}


# What the carriers meet: limits of the process, of a file's length (RLIMIT_FSIZE), of /dev/shm.
_NO_ROOM = frozenset({errno.ENOMEM, errno.EFBIG, errno.ENOSPC})


class Refused(Exception):
    """Undoes the swap. `word` is one of the reasons that `status --json` knows."""

    def __init__(self, word: str, sentence: str) -> None:
        super().__init__(f"{word}: {sentence}")
        self.word = word
        self.sentence = sentence

    @property
    def number(self) -> int:
        return _NUMBERS.get(self.word, errno.EINVAL)


def one_line(error: BaseException) -> str:
    """What an exception says, in one line that names its kind."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def refused(error: BaseException, word: str) -> Refused:
    """The refusal that any exception is."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, MemoryError):
        return Refused("no_memory", "no memory for the state")
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return Refused("no_memory", f"no memory for the state: {error.strerror}")
    return Refused(word, one_line(error))
