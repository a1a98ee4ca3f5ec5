"""One run of a test binary: its output is followed, and it is killed where a deadline says so.

The output goes to a file and not through a pipe, so a process that keeps it open holds nobody up.
GoogleTest says there when a test begins and ends, and flushes after each of these lines.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Collection, Sequence

from . import limits, processes, stacks

EVENT = re.compile(r"\[ +(RUN|OK|FAILED|SKIPPED) +\] ([^\s,]+)")
QUIET = re.compile(r"^\[( RUN     |----------|==========)|^Note: Google Test filter|^$")
MOST_BYTES = 16 << 20  # of output: a test that fails in an endless loop would fill the disk
KILLED = -9


class Attempt:
    """`results` says of each test that has begun: 'OK', 'FAILED' or 'SKIPPED'."""

    def __init__(self, binary: str, tests: Collection[str]) -> None:
        self.binary = binary
        self.results: dict[str, str] = {}
        self.lines: list[str] = []  # of the output
        self.status = KILLED
        self.current = ""  # the test that has begun and not ended
        self.over = ""  # why it was killed, or what it left
        self._tests = tests  # other names are the output of another program
        self._since = 0.0  # when that test began, or the time between two
        self._read_to = 0
        self._rest = b""

    def run(self, arguments: Sequence[str], end: float) -> None:
        """Until it ends or is killed, at `end` at the latest; then no process of it is left."""
        with tempfile.TemporaryFile() as log:
            self._since = time.monotonic()
            process = subprocess.Popen(
                [self.binary, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=processes.become_test,
            )
            try:
                self._watch(process.pid, log.fileno(), end)
            finally:
                stubborn = processes.kill_all()
                process.returncode = self.status  # reaped by processes, not by subprocess
                self._read(log.fileno())
        if self._rest and not self.over:
            self._take(self._rest.decode(errors="replace"))
        for pid in stubborn:
            self.over = f"process {pid} does not die: {processes.command(pid)}"

    def _watch(self, pid: int, log: int, end: float) -> None:
        while True:
            ended = processes.reap()  # before the output is read, which then is all of it
            self._read(log)
            if pid in ended:
                self.status = ended[pid]
                self._wait_for_the_others()
                return
            self.over = self._limit(end)
            if self.over:
                everything = [pid, *processes.descendants(pid)]
                if self._read_to > MOST_BYTES:  # or it would fill the disk meanwhile
                    processes.signal_all(everything, signal.SIGSTOP)
                print(f"{self.current or 'no test runs'}: {self.over}; all threads:")
                print(stacks.of(everything), flush=True)
                return
            time.sleep(processes.LOOK_S)

    def _limit(self, end: float) -> str:
        now = time.monotonic()
        most = limits.deadline_s(self.binary)
        if now > end:
            return f"{self.binary} has used up its {limits.total_s(self.binary):g} s"
        if self._read_to > MOST_BYTES:
            return "prints without end"
        if now - self._since > most and self._tests:
            return f"hangs, not ended after {most:g} s" + ("" if self.current else " in no test")
        return ""

    def _wait_for_the_others(self) -> None:
        """What it started may take a moment to end; what stays then was left behind."""
        end = time.monotonic() + limits.GRACE_S
        while left := processes.alive():
            if time.monotonic() > end:
                names = "; ".join(f"{pid} {processes.command(pid)}" for pid in left)
                self.over = f"left processes behind: {names}"
                return
            time.sleep(processes.LOOK_S)
            processes.reap()

    def _read(self, log: int) -> None:
        # Not to the end: that may move away faster than we read.
        size = min(os.fstat(log).st_size, MOST_BYTES + 1)
        while self._read_to < size:
            part = os.pread(log, min(size - self._read_to, 1 << 20), self._read_to)
            self._read_to += len(part)
            *lines, self._rest = (self._rest + part).split(b"\n")
            for line in lines:
                self._take(line.decode(errors="replace"))

    def _take(self, line: str) -> None:
        self.lines.append(line)
        if not QUIET.search(line):
            print(line, flush=True)
        event = EVENT.search(line)
        if not event or event[2] not in self._tests:
            return
        if event[1] == "RUN":
            self.current = event[2]
        elif event[2] == self.current:
            self.results[self.current] = event[1]
            self.current = ""
        else:
            return  # the list of failures at the end
        self._since = time.monotonic()
