"""Prints the table of the kinds; its exit status is 1 where one is not as expected.

Each kind is dumped by a process of the old version and loaded by one of the new, which know nothing
of each other: as a named global, in a named dict and in a named object by shm, in the dict by pipe,
too.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from typing import Any

from aeterna._runtime import PIPE, SHM

from . import table

PLAIN = ["containers", "values", "functions", "classes", "system", "loops"]
# Modules with kinds, and the package that each one needs.
PACKAGES = {"numbers": "numpy", "tensors": "torch", "frames": "pandas", "packages": "pydantic"}
WAYS = (("name", SHM), ("entry", SHM), ("attribute", SHM), ("entry", PIPE))
# Of a kind with a name of its own in handoff.state: an entry of a dictionary has none.
NAMED_WAYS = (("name", SHM), ("attribute", SHM), ("attribute", SHM), ("attribute", PIPE))
COLUMNS = "%-38s %-9s %-9s %-9s %-9s %-9s %s"
# The path, what is there, and what to do about it.
_ADVISED = re.compile(r"^\w+: (subject|objects\.\w+):[^:]*: .+: .+")
DEADLINE_S = 30


class Side:
    """One version's process."""

    def __init__(self, side: str, modules: list[str], seed: str) -> None:
        self.link, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.link.settimeout(DEADLINE_S)
        command = [sys.executable, "-m", "objects.worker", str(theirs.fileno()), side, *modules]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], env=environment)
        theirs.close()

    def ask(self, asked: dict[str, Any], fds: list[int]) -> None:
        socket.send_fds(self.link, [json.dumps(asked).encode()], fds)

    def answer(self) -> tuple[dict[str, Any], list[int]]:
        text, fds, _flags, _who = socket.recv_fds(self.link, 200_000, 32)
        if not text:
            raise EOFError("a process of the objects has ended")
        return json.loads(text), list(fds)

    def end(self) -> None:
        self.link.close()
        try:
            self._process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Outcome:
    """What became of one kind in one place."""

    def __init__(self, verdict: str, said: str = "", answers: Any = None) -> None:
        self.verdict = verdict
        self.said = said
        self.answers = answers


def _seal(fd: int) -> None:
    seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, seals)


def _listen(stream: socket.socket, heard: bytearray) -> None:
    while chunk := stream.recv(1 << 20):
        heard += chunk


def _say(stream: socket.socket, content: bytes) -> None:
    with stream, contextlib.suppress(BrokenPipeError, ConnectionResetError):
        stream.sendall(content)


def _refused(said: str) -> Outcome:
    if not _ADVISED.match(said):
        return Outcome("REFUSED", f"without a path or advice: {said}")
    return Outcome(table.REFUSED, said)


def _judge(old: dict[str, Any], new: dict[str, Any]) -> Outcome:
    for answer in (old, new):
        if "failed" in answer:
            return Outcome("FAILED", answer["failed"])
    for answer in (old, new):
        if "refused" in answer:
            return _refused(answer["refused"])
    if new["becomes"] is not None and new["facts"] == new["becomes"]:
        return Outcome(table.MERGED)
    if new["facts"] == old["facts"]:
        return Outcome(table.EXACT)
    return Outcome("DIFFERENT", f"{old['facts']}\n    became {new['facts']}")


class Pair:
    """The two versions."""

    def __init__(self, modules: list[str]) -> None:
        self.old = Side("old", modules, "1")
        self.new = Side("new", modules, "2")

    def end(self) -> None:
        self.old.end()
        self.new.end()

    def _shm(self, asked: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        fd = os.memfd_create("objects", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        sent: list[int] = []
        try:
            self.old.ask(asked, [fd])
            old, sent = self.old.answer()
            if "refused" in old or "failed" in old:
                return old, {}
            _seal(fd)
            self.new.ask(asked, [fd, *sent])
            return old, self.new.answer()[0]
        finally:
            for each in (fd, *sent):
                os.close(each)

    def _pipe(self, asked: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """As the launcher does it: it has all of the stream before the new version gets any."""
        old_end, ours = socket.socketpair()
        heard = bytearray()
        listener = threading.Thread(target=_listen, args=(ours, heard))
        with ours:
            listener.start()
            with old_end:
                self.old.ask(asked, [old_end.fileno()])
            old, sent = self.old.answer()
            listener.join()
        if "refused" in old or "failed" in old:
            return old, {}
        new_end, ours = socket.socketpair()
        speaker = threading.Thread(target=_say, args=(ours, bytes(heard)))
        speaker.start()
        with new_end:
            self.new.ask(asked, [new_end.fileno(), *sent])
        new = self.new.answer()[0]
        speaker.join()
        for fd in sent:
            os.close(fd)
        return old, new

    def over(self, kind: table.Kind, place: str, mechanism: int) -> Outcome:
        plain = place == "name"
        asked = {"kind": kind.name, "place": place, "mechanism": mechanism, "plain": plain}
        carry = self._pipe if mechanism == PIPE else self._shm
        old, new = carry(asked)
        outcome = _judge(old, new)
        if plain:
            outcome.answers = self._pickle(asked, old)
        return outcome

    def _pickle(self, asked: dict[str, Any], old: dict[str, Any]) -> str:
        """What plain pickle makes of it."""
        if "pickled" not in old:
            return "refuses" if "refuses" in old else "-"
        self.new.ask({**asked, "pickled": old["pickled"]}, [])
        plain = self.new.answer()[0].get("plain")
        return "exact" if plain == old.get("facts") else "different"


def _row(pair: Pair, kind: table.Kind, verbose: bool) -> list[str]:
    """Prints it; the complaints."""
    ways = NAMED_WAYS if kind.state else WAYS
    outcomes = [pair.over(kind, *way) for way in ways]
    verdicts = [outcome.verdict for outcome in outcomes]
    said = next((o.said for o in outcomes if o.verdict == table.REFUSED), "")
    print(COLUMNS % (kind.name, *verdicts, outcomes[0].answers, said if verbose else said[:100]))
    bad = []
    for (place, mechanism), outcome in zip(ways, outcomes):
        expected = kind.expected[place]
        if outcome.verdict != expected:
            way = f"{kind.name}, {place}, {'pipe' if mechanism == PIPE else 'shm'}"
            bad.append(f"{way}: {outcome.verdict}, expected {expected}: {outcome.said}")
    return bad


def main() -> int:
    wanted = [word for word in sys.argv[1:] if not word.startswith("-")]
    modules = PLAIN + [name for name, package in PACKAGES.items() if _has(package)]
    table.load(modules)
    kinds = [k for k in table.KINDS.values() if not wanted or any(w in k.name for w in wanted)]
    start = time.monotonic()
    pair = Pair(modules)
    complaints: list[str] = []
    failed = 0
    print(COLUMNS % ("kind", "name", "entry", "attribute", "pipe", "pickle", "says"))
    try:
        for kind in kinds:
            bad = _row(pair, kind, "-v" in sys.argv)
            complaints += bad
            failed += bool(bad)
    finally:
        pair.end()
    for line in complaints:
        print(f"objects: {line}")
    print(f"objects: {len(kinds)} kinds in {time.monotonic() - start:.1f} s")
    print(f"[  PASSED  ] {len(kinds) - failed} tests.")
    if failed:
        print(f"[  FAILED  ] {failed} tests, listed above.")
    return 1 if failed else 0


def _has(package: str) -> bool:
    import importlib.util

    return importlib.util.find_spec(package) is not None


if __name__ == "__main__":
    sys.exit(main())
