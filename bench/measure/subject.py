"""A server that is looked at closely, alone or under the launcher, perhaps below a tool: strace,
valgrind. It is ended by a TERM to itself, so that the tool around it writes what it counted.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from .frame import Held
from .machine import free_port, leaf
from .plan import Plan
from .service import PROGRAMS, Service
from .visitor import Visitor

KINDS = {"connection": "new connection", "request": "keep-alive request"}
T = TypeVar("T")


# What handoff.connections may be: the library without hooks on reading and writing, or with them.
CONNECTIONS = ("drain", "migrate")
ALONE = ""


def each_mode(measure: Callable[[str], T], connections: str) -> tuple[T, T, T]:
    """Alone, alone again (what differs there is noise), under the launcher."""
    return measure(ALONE), measure(ALONE), measure(connections)


def each_case(measure: Callable[[str, str, str, Plan], T], plan: Plan) -> list[T]:
    """Of each program with each kind of connections: a new connection and a request."""
    return [
        measure(program, connections, kind, plan)
        for program in plan.programs
        for connections in CONNECTIONS
        for kind in KINDS
    ]


# One process. The clock is read once in a while only: what nginx does about the time of day would
# otherwise be counted as well, more in a run that takes longer.
NGINX = """daemon off;
master_process off;
timer_resolution 1000s;
pid {directory}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
	access_log off;
	keepalive_requests 10000000;
	client_body_temp_path {directory}/body;
	proxy_temp_path {directory}/proxy;
	fastcgi_temp_path {directory}/fastcgi;
	uwsgi_temp_path {directory}/uwsgi;
	scgi_temp_path {directory}/scgi;
	server {{
		listen 127.0.0.1:{port};
		location / {{ return 200 "v1 v1v1v1\\n"; }}
	}}
}}
"""


class Subject(Held):
    """Use in a `with` block. 'connections': handoff.connections, or ALONE. 'wrapper': the words
    before the program's command, in which {directory} is one that goes away with the object.
    """

    def __init__(self, program: str, connections: str, wrapper: Sequence[str] = ()) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="aeterna-measure-")
        self.directory = Path(self._directory.name)
        self.port = free_port()
        words = [word.format(directory=self.directory) for word in wrapper]
        command = [*words, *self._command(program)]
        self._service = Service(command, connections, restart="never") if connections else None
        self._alone: subprocess.Popen[bytes] | None = None
        self._plain = command
        self.pid = 0

    def _command(self, program: str) -> list[str]:
        version = self.directory / "version"
        version.write_text("v1\n")
        if program == "epoll":
            return [*PROGRAMS["epoll"], str(self.port), str(version)]
        conf = self.directory / "nginx.conf"
        conf.write_text(NGINX.format(directory=self.directory, port=self.port))
        return ["nginx", "-p", str(self.directory), "-e", "stderr", "-c", str(conf)]

    def __enter__(self) -> Subject:
        if self._service:
            self._service.__enter__()
            first = int(self._service.status()["pid"])
        else:
            self._alone = subprocess.Popen(
                self._plain, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            first = self._alone.pid
        Visitor(self.port, first).wait_until_open()
        self.pid = leaf(first)
        return self

    def visit(self, kind: str, count: int) -> None:
        visitor = Visitor(self.port, self.pid)
        if kind == "connection":
            visitor.new_connections(count)
        else:
            visitor.requests(count)

    def end(self) -> None:
        """Ends the program, and waits for what is around it."""
        os.kill(self.pid, signal.SIGTERM)
        if self._service:
            self._service.wait()
        elif self._alone:
            self._alone.wait(60)

    def close(self) -> None:
        if self._service:
            self._service.close()
        elif self._alone and self._alone.poll() is None:
            os.kill(self.pid or self._alone.pid, signal.SIGTERM)
            self._alone.wait(60)
        self._directory.cleanup()
