"""Aeterna around the same programs, unmodified, one process each; everything is at its default.

With a state to carry its name is in the configuration: the program has never heard of it.
"""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

from . import gunicorn, nginx
from .method import Method, python_program, version_of
from .restart import Restart
from .site import Site

LAUNCHER = Path("bin/aeterna-launch").resolve()
LOOK_S = 0.0005
TIMEOUT = "30s"  # a gigabyte takes longer than the 5 s of the default on a busy machine


class Aeterna(Method):
    package = "this tree"
    manual = "aeterna-launch reload"
    peer = False
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def version(cls) -> str:
        return version_of([str(LAUNCHER), "--version"])

    def command(self, site: Site) -> list[str]:
        raise NotImplementedError

    def _file(self) -> str:
        return str(self.site.directory / "aeterna.yaml")

    def _configure(self) -> None:
        lines = ["service:", f"  command: {json.dumps(self.command(self.site))}"]
        if self.application:
            lines += ["handoff:", '  state: ["peer_program:STATE"]']
            lines += [f"  timeout: {TIMEOUT}"] if self.site.state_mb else []
        Path(self._file()).write_text("\n".join(lines) + "\n")

    def start(self) -> None:
        self._configure()
        self.process = self.site.spawn([str(LAUNCHER), "-c", self._file()])
        self.site.wait_for_version()
        self.site.wait_until(lambda: self._status().get("state") == "running", "running")

    def _status(self) -> dict[str, Any]:
        status = self.site.run([str(LAUNCHER), "status", "--json", "-c", self._file()])
        found: dict[str, Any] = json.loads(status)
        return found

    def swap(self) -> None:
        self.site.run([str(LAUNCHER), "reload", "-c", self._file()])
        self.site.wait_until(
            lambda: not self._status()["draining"], "the old generation's end", interval_s=0.25
        )

    def start_alone_ms(self) -> float:
        with Site(self.site.start_s, self.site.state_mb) as other:
            command = self.command(other)
            spawned_ns = time.monotonic_ns()
            process = other.spawn(command)
            other.wait_for_version(LOOK_S)
            answered_ns = time.monotonic_ns()
            other.end(process)
        return (answered_ns - spawned_ns) / 1e6

    def account(self) -> dict[str, Any]:
        last: dict[str, Any] = self._status()["last_swap"]
        return last

    def stop(self) -> None:
        if self.process:
            self.site.end(self.process)


class AeternaAsyncio(Aeterna):
    name = "aeterna-asyncio"
    title = "Aeterna"
    program = Restart.program

    def command(self, site: Site) -> list[str]:
        return python_program()


class AeternaArena(AeternaAsyncio):
    """The one that is not unmodified: its array is made in an arena, by a line of its own."""

    name = "aeterna-arena"
    title = "Aeterna, state in an arena"
    always_holds = True

    def command(self, site: Site) -> list[str]:
        return python_program("peer_arena.py")


class AeternaGunicorn(Aeterna):
    name = "aeterna-gunicorn"
    title = "Aeterna"
    program = gunicorn.PROGRAM

    def command(self, site: Site) -> list[str]:
        return gunicorn.command(site, site.address)


class AeternaNginx(Aeterna):
    name = "aeterna-nginx"
    title = "Aeterna"
    program = nginx.PROGRAM
    application = False

    def command(self, site: Site) -> list[str]:
        nginx.configure(site, "off")
        return nginx.command(site)

    def swap(self) -> None:
        nginx.configure(self.site, "off")
        super().swap()
