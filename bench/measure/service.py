"""A test program under the launcher, in a directory of its own, and the swaps of it."""

from __future__ import annotations

import dataclasses
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .frame import Held
from .machine import free_port
from .samples import Window

LAUNCHER = str(Path("bin/aeterna-launch").resolve())
PATIENCE_S = 60.0
DRAIN = "2s"  # also what ready_after is: the least time from commit to retire

PROGRAMS: Mapping[str, Sequence[str]] = {
    "asyncio": [sys.executable, str(Path("tests/programs/asyncio_server.py").resolve())],
    "epoll": [str(Path("build/programs/epoll").resolve())],
}


@dataclasses.dataclass
class Swap:
    asked_ns: int
    answered_ns: int  # the launcher answers a settling time after the commit
    retired_ns: int  # the old generation's first process is gone
    launcher: dict[str, Any]  # its own account: boot_ms, pause_ms, total_ms

    @property
    def visible(self) -> Window:
        return self.asked_ns, self.answered_ns

    @property
    def whole(self) -> Window:
        return self.asked_ns, self.retired_ns


class Service(Held):
    """Use in a `with` block; launcher and program end with it."""

    def __init__(
        self, command: Sequence[str], connections: str = "migrate", **service: str
    ) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="aeterna-measure-")
        self.directory = Path(self._directory.name)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self._number = 0
        self._log = (self.directory / "log").open("wb")
        self._launcher: subprocess.Popen[bytes] | None = None
        self.next_version()
        lines = ["service:", f"  command: {json.dumps(list(command))}"]
        lines += [f"  {key}: {value}" for key, value in service.items()]
        lines += ["handoff:", f"  connections: {connections}", f"  drain_timeout: {DRAIN}", ""]
        (self.directory / "aeterna.yaml").write_text("\n".join(lines))

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PORT": str(self.port),
            "SECOND_PORT": str(free_port()),
            "VERSION_FILE": str(self.directory / "version"),
        }

    def next_version(self) -> str:
        """Written to the file that the next generation reads; returned as the client sees it."""
        self._number += 1
        (self.directory / "version").write_text(f"v{self._number}\n")
        return f"v{self._number}"

    def set_fault(self, mode: str) -> None:
        (self.directory / "mode").write_text(mode + "\n")

    def __enter__(self) -> Service:
        self._launcher = subprocess.Popen(
            [LAUNCHER, "-v", "-c", str(self.directory / "aeterna.yaml")],
            env=self.environment(),
            stdout=self._log,
            stderr=self._log,
        )
        end = time.monotonic() + PATIENCE_S
        while self.status().get("state") != "running":
            if time.monotonic() > end or self._launcher.poll() is not None:
                self.end()
                raise RuntimeError("the service does not come up:\n" + self.log())
            time.sleep(0.01)
        return self

    def close(self) -> None:
        self.end()
        self._log.close()
        self._directory.cleanup()

    def end(self) -> None:
        if self._launcher and self._launcher.poll() is None:
            self._launcher.send_signal(signal.SIGTERM)
            self._launcher.wait()

    def wait(self) -> None:
        """Until the launcher has ended by itself, with its program."""
        if self._launcher:
            self._launcher.wait(PATIENCE_S)

    def log(self) -> str:
        return (self.directory / "log").read_text(errors="replace")

    @property
    def launcher_pid(self) -> int:
        assert self._launcher
        return self._launcher.pid

    def _command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [LAUNCHER, *words, "-c", str(self.directory / "aeterna.yaml")],
            capture_output=True,
            text=True,
        )

    def status(self) -> dict[str, Any]:
        """Empty while no launcher answers."""
        done = self._command("status", "--json")
        status: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else {}
        return status

    def swap(self) -> Swap:
        """One swap, from the command to the end of the old generation; raises if it is undone."""
        old = os.pidfd_open(int(self.status()["pid"]))
        try:
            asked_ns = time.monotonic_ns()
            done = self._command("reload")
            answered_ns = time.monotonic_ns()
            if done.returncode:
                raise RuntimeError(f"swap: {done.stderr}\n{self.log()}")
            last = self.status()["last_swap"]
            select.select([old], [], [], PATIENCE_S)
            return Swap(asked_ns, answered_ns, time.monotonic_ns(), last)
        finally:
            os.close(old)
