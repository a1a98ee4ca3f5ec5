"""The WSGI program under gunicorn: one worker with threads, so that connections are kept alive.

Its two ways of replacing itself, the signals HUP and USR2 (docs.gunicorn.org, "Signal Handling").
"""

from __future__ import annotations

import contextlib
import os
import signal

from .family import children, is_gone
from .method import Method, command_path, version_of
from .site import Site

PACKAGE = "gunicorn (PyPI)"
PROGRAM = "WSGI, gunicorn gthread"
APPLICATION = "peer_wsgi:app"


def command(site: Site, bind: str = "") -> list[str]:
    """Default where a service with 2,000 connections can be: that many, and longer than 2 s."""
    words = [command_path("gunicorn", PACKAGE), "--workers", "1"]
    words += ["--worker-class", "gthread", "--threads", "8"]
    words += ["--worker-connections", "10000", "--keep-alive", "75"]
    words += ["--no-control-socket"]  # a terminal to it; nothing here speaks to it
    return [*words, *(["--bind", bind] if bind else []), APPLICATION]


class Gunicorn(Method):
    program = PROGRAM
    package = PACKAGE

    @classmethod
    def version(cls) -> str:
        return version_of([command_path("gunicorn", PACKAGE), "--version"])

    def command(self) -> list[str]:
        pid = ["--pid", str(self.site.directory / "gunicorn.pid")]
        return [*command(self.site, self.site.address)[:-1], *pid, APPLICATION]

    def start(self) -> None:
        self.site.spawn(self.command())
        self.site.wait_for_version()

    def master(self) -> int:
        return int((self.site.directory / "gunicorn.pid").read_text())

    def stop(self) -> None:
        master = self.master()
        with contextlib.suppress(ProcessLookupError):
            os.kill(master, signal.SIGTERM)
        self.site.wait_until(lambda: is_gone(master), "the end of gunicorn")


class GunicornHup(Gunicorn):
    name = "gunicorn-hup"
    title = "gunicorn HUP"
    manual = "HUP to the master: new workers are started, the old ones stopped gracefully"

    def swap(self) -> None:
        master = self.master()
        old = children(master)
        os.kill(master, signal.SIGHUP)
        self.site.wait_until(lambda: not old & children(master), "the old workers' end")
        self.site.wait_for_version()


class GunicornUsr2(Gunicorn):
    name = "gunicorn-usr2"
    title = "gunicorn USR2"
    manual = "USR2 to the master; when the new one answers, WINCH and then TERM to the old one"

    def start(self) -> None:
        # WINCH is for a daemon only: from a terminal it comes whenever a window changes its size.
        log = str(self.site.directory / "gunicorn.log")
        words = ["--daemon", "--error-logfile", log]
        self.site.run([*self.command(), *words])
        self.site.wait_for_version()

    def swap(self) -> None:
        self.site.replace_master(self.master(), signal.SIGTERM)
        pid = self.site.directory / "gunicorn.pid"
        # The new master takes the name over from gunicorn.pid.2 when it sees that it is alone.
        self.site.wait_until(pid.exists, "the new master's pid file")
