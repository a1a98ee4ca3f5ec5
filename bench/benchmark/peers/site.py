"""Where one method runs: a directory, a port, the version file, a log, and the processes that were
started there. It asks the service who answers, over a connection of its own each time.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from measure.frame import Held
from measure.machine import free_port

from .family import children, is_gone

PROGRAMS = Path("bench/peer_programs").resolve()
PATIENCE_S = 60.0
PACKAGES = [path.resolve() for path in Path("build/venv/lib").glob("python3*/site-packages")]
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


class Site(Held):
    """Use in a `with` block: every process that was spawned here ends with it."""

    def __init__(self, start_s: float = 0, state_mb: int = 0) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="aeterna-peers-")
        self.directory = Path(self._directory.name)
        self.start_s = start_s
        self.state_mb = state_mb
        self.port = free_port()
        self.visits = 0  # answers to ask(): the program has counted them, the load client has not
        self._number = 0
        self._log = (self.directory / "log").open("ab")
        self._spawned: list[subprocess.Popen[bytes]] = []
        self.next_version()

    def __enter__(self) -> Site:
        return self

    def close(self) -> None:
        for process in self._spawned:
            if process.poll() is None:
                process.kill()
                process.wait()
        self._log.close()
        self._directory.cleanup()

    @property
    def version(self) -> str:
        return f"v{self._number}"

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def next_version(self) -> str:
        """Written to the file that the next generation reads; returned as it will answer."""
        self._number += 1
        (self.directory / "version").write_text(self.version + "\n")
        return self.version

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PORT": str(self.port),
            "VERSION_FILE": str(self.directory / "version"),
            "START_S": f"{self.start_s:g}",
            "STATE_MB": str(self.state_mb),
            "PYTHONPATH": os.pathsep.join(
                map(str, [PROGRAMS, *(PACKAGES if self.state_mb else [])])
            ),
        }

    def spawn(
        self, command: Sequence[str], pass_fds: Sequence[int] = ()
    ) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            command,
            cwd=self.directory,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            pass_fds=pass_fds,
        )
        self._spawned.append(process)
        return process

    def run(self, command: Sequence[str]) -> str:
        """A command of the method that comes to an end by itself; raises when it fails."""
        done = subprocess.run(
            command,
            cwd=self.directory,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE_S,
        )
        if done.returncode:
            name = Path(command[0]).name  # what it is in the table: no path of this machine
            said = done.stdout.strip().splitlines()[:1]
            raise RuntimeError(f"{name}: {' '.join(said)}\n{done.stdout}{self.log()}")
        return done.stdout

    def whole_log(self) -> str:
        return (self.directory / "log").read_text(errors="replace")

    def log(self) -> str:
        """Its end, for an error's text."""
        return self.whole_log()[-4000:]

    def ask(self) -> list[str]:
        """The words of one answer; none when there was no good one."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.settimeout(10)
                connection.sendall(REQUEST)
                answer = b""
                while part := connection.recv(4096):
                    answer += part
        except OSError:
            return []
        head, _, body = answer.partition(b"\r\n\r\n")
        if b" 200 " not in head.partition(b"\r\n")[0]:
            return []
        self.visits += 1
        return body.decode().split()

    def wait_until(
        self, condition: Callable[[], bool], what: str, interval_s: float = 0.02
    ) -> None:
        end = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > end:
                raise RuntimeError(f"{what}: not within {PATIENCE_S:g} s\n{self.log()}")
            time.sleep(interval_s)

    def wait_for_version(self, interval_s: float = 0.02) -> None:
        """As a script with a health check would: until an answer is the newest version's."""
        self.wait_until(
            lambda: self.ask()[:1] == [self.version], f"an answer of {self.version}", interval_s
        )

    def end(self, process: subprocess.Popen[bytes], number: int = signal.SIGTERM) -> None:
        """Asks it to end, and waits for that."""
        if process.poll() is None:
            process.send_signal(number)
            process.wait(PATIENCE_S)

    def replace_master(self, old: int, end: signal.Signals) -> None:
        """As nginx and gunicorn want it: USR2 starts another master, WINCH ends the old workers."""
        workers = children(old)
        os.kill(old, signal.SIGUSR2)
        self.wait_for_version()
        os.kill(old, signal.SIGWINCH)
        self.wait_until(lambda: not workers & children(old), "the old workers' end")
        os.kill(old, end)
        self.wait_until(lambda: is_gone(old), "the old master's end")
