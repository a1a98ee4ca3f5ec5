"""A service that is stopped and started again: alone, and with its socket held open meanwhile, as
systemd does it for a service with a .socket unit (systemd.socket(5), sd_listen_fds(3)).
"""

from __future__ import annotations

import platform
import socket
import subprocess

from . import gunicorn
from .method import Method, python_program
from .site import Site


class Restart(Method):
    name = "restart"
    title = "restart"
    program = "asyncio"
    package = "-"
    manual = "TERM, wait for its end, start it again: systemctl restart"
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def version(cls) -> str:
        return f"Python {platform.python_version()}"

    def begin(self) -> None:
        self.process = self.site.spawn(python_program())

    def start(self) -> None:
        self.begin()
        self.site.wait_for_version()

    def swap(self) -> None:
        self.stop()
        self.start()

    def stop(self) -> None:
        if self.process:
            self.site.end(self.process)


class GunicornRestart(Restart):
    name = "restart-gunicorn"
    title = "restart"
    program = gunicorn.PROGRAM
    package = gunicorn.PACKAGE

    @classmethod
    def version(cls) -> str:
        return gunicorn.Gunicorn.version()

    def begin(self) -> None:
        self.process = self.site.spawn(gunicorn.command(self.site, self.site.address))


class HeldSocket(GunicornRestart):
    name = "held-socket"
    title = "restart, socket held as by systemd"
    manual = "the same with the socket in LISTEN_FDS: clients wait in its queue meanwhile"
    mandatory = False

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._socket = socket.create_server(("127.0.0.1", site.port), backlog=socket.SOMAXCONN)

    def begin(self) -> None:
        number = self._socket.fileno()
        take = f"exec 3<&{number}; "
        take += f"exec {number}<&-; " if number != 3 else ""
        take += 'export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@"'
        command = ["bash", "-c", take, "bash", *gunicorn.command(self.site)]
        self.process = self.site.spawn(command, pass_fds=(number,))

    def close(self) -> None:
        self._socket.close()
