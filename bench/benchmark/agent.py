"""An agent with state under the launcher: what it is started from, its swaps, and the same program
alone on a port of its own, from spawn to first answer.
"""

from __future__ import annotations

import dataclasses
import json
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from measure.machine import free_port
from measure.service import PATIENCE_S, Service, Swap

PYTHON = str(Path("build/venv/bin/python").absolute())  # has numpy; a link that is not followed
EXAMPLES = Path("examples").resolve()
MODULE = Path("python").resolve()
LOOK_S = 0.0005
REQUEST_S = 300.0  # reading and comparing gigabytes takes its time
GONE_S = 2.0
# The vector agent with every row written, for sizes whose data is on no disk: memory that nobody
# wrote is one page of zeros, and a copy of that would be a copy within the cache.
FILLED = "import asyncio, vector_agent as a; a.CACHE['vectors'].fill(0); asyncio.run(a.main())"


@dataclasses.dataclass
class Program:
    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    handoff: Mapping[str, str]
    first: Sequence[str] | None = None  # what the first generation is started from, if not command


def chat() -> Program:
    return Program(
        "chat_agent.py",
        [PYTHON, str(EXAMPLES / "chat_agent.py")],
        {},
        {"mechanism": "pipe", "state": '["chat_agent:HISTORY"]'},
    )


def vectors(size: int) -> Program:
    return Program(
        "vector_agent.py",
        [PYTHON, str(EXAMPLES / "vector_agent.py")],
        {"ROWS": str(max(size // 1024, 1))},
        {"mechanism": "shm", "state": '["vector_agent:CACHE"]', "timeout": "60s"},
        [PYTHON, "-c", FILLED],
    )


def arena(size: int) -> Program:
    return Program(
        "arena_agent.py",
        [PYTHON, str(EXAMPLES / "arena_agent.py")],
        {"ARENA_BYTES": str(size)},
        {"mechanism": "shm", "timeout": "60s"},
    )


def from_disk(program: Program, kind: str, data: Path) -> Program:
    """The same, its first generation reading its memory from disk."""
    first = [PYTHON, str(EXAMPLES / "disk_agent.py"), kind, str(data.resolve())]
    return dataclasses.replace(program, first=first)


class Undone(RuntimeError):
    """A swap that was not committed."""


def ask(port: int, path: str = "/", patience_s: float = REQUEST_S) -> dict[str, Any]:
    """One request on a connection of its own."""
    with socket.create_connection(("127.0.0.1", port), patience_s) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        got = b""
        while chunk := connection.recv(65536):
            got += chunk
    head, _, body = got.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"not a good answer: {got[:80]!r}")
    answer: dict[str, Any] = json.loads(body)
    return answer


class Agent(Service):
    """Use in a `with` block."""

    def __init__(self, program: Program) -> None:
        self._program = program
        super().__init__(program.command)
        self._configure(program.first or program.command)

    def _configure(self, command: Sequence[str]) -> None:
        lines = ["service:", f"  command: {json.dumps(list(command))}", "handoff:"]
        lines += [f"  {key}: {value}" for key, value in self._program.handoff.items()]
        (self.directory / "aeterna.yaml").write_text("\n".join([*lines, ""]))

    def environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(MODULE), str(EXAMPLES)])
        return {**super().environment(), "PYTHONPATH": path, **self._program.environment}

    def __enter__(self) -> Agent:
        super().__enter__()
        self._configure(self._program.command)  # read again at each swap
        return self

    def ask(self, path: str = "/") -> dict[str, Any]:
        return ask(self.port, path)

    def swap(self) -> Swap:
        """By HUP, until the old generation is gone; nobody is asked meanwhile."""
        before = self.status()
        old = os.pidfd_open(int(before["pid"]))
        try:
            asked_ns = time.monotonic_ns()
            os.kill(self.launcher_pid, signal.SIGHUP)
            end = time.monotonic() + 2 * PATIENCE_S
            while not select.select([old], [], [], GONE_S)[0]:
                undone = self.status()["swaps"]["rolled_back"] > before["swaps"]["rolled_back"]
                if undone or time.monotonic() > end:
                    last = self.status()["last_swap"]
                    raise Undone(f"{last['reason']}: {last['detail']}")
            retired_ns = time.monotonic_ns()
        finally:
            os.close(old)
        last = self.status()["last_swap"]
        if last["result"] != "committed":
            raise Undone(f"{last['reason']}: {last['detail']}\n{self.log()}")
        return Swap(asked_ns, asked_ns + int(last["total_ms"] * 1e6), retired_ns, last)


@dataclasses.dataclass
class Start:
    spawned_ns: int
    answered_ns: int
    output: str

    @property
    def ms(self) -> float:
        return (self.answered_ns - self.spawned_ns) / 1e6


def start_alone(command: Sequence[str], environment: Mapping[str, str]) -> Start:
    """Without launcher and library: from spawn to the first answer; then it is killed."""
    port = free_port()
    everything = {**environment, "PORT": str(port)}
    spawned_ns = time.monotonic_ns()
    process = subprocess.Popen(
        list(command), env=everything, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        while True:
            try:
                ask(port)
                answered_ns = time.monotonic_ns()
                break
            except ConnectionRefusedError:
                if process.poll() is not None:
                    raise RuntimeError("\n".join(process.communicate())) from None
                time.sleep(LOOK_S)
    finally:
        process.kill()
        output, _ = process.communicate()
    return Start(spawned_ns, answered_ns, output)
