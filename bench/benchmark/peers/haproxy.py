"""haproxy with an answer of its own, reloaded in master-worker mode (its management guide, 4).

With the option that its manual has against requests lost in a soft stop: who stays is told with the
next answer.
"""

from __future__ import annotations

import os
import signal
import subprocess

from .family import children
from .method import Method, command_path, version_of

PACKAGE = "haproxy (Debian)"
CONFIGURATION = """global
	nbthread 1
	maxconn 5000
	stats socket {directory}/stats expose-fd listeners
defaults
	mode http
	timeout client 75s
	timeout http-request 10s
	timeout http-keep-alive 75s
	timeout connect 5s
	timeout server 75s
	option idle-close-on-response
frontend main
	bind {address} backlog 2048
	http-request return status 200 content-type text/plain string "{version} - -\\n"
"""


class HaproxyReload(Method):
    name = "haproxy-reload"
    title = "haproxy reload"
    program = "static answer, haproxy"
    package = PACKAGE
    manual = "-W; USR2 to the master: a new worker takes the sockets, the old one stops softly"
    application = False
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def version(cls) -> str:
        return version_of([command_path("haproxy", PACKAGE), "-v"])

    def _configure(self) -> None:
        site = self.site
        text = CONFIGURATION.format(
            directory=site.directory, address=site.address, version=site.version
        )
        (site.directory / "haproxy.cfg").write_text(text)

    def start(self) -> None:
        self._configure()
        path = command_path("haproxy", PACKAGE)
        self.process = self.site.spawn([path, "-W", "-f", str(self.site.directory / "haproxy.cfg")])
        self.site.wait_for_version()

    def swap(self) -> None:
        assert self.process
        self._configure()
        master = self.process.pid
        old = children(master)
        os.kill(master, signal.SIGUSR2)
        self.site.wait_for_version()
        self.site.wait_until(lambda: not old & children(master), "the old worker's end")

    def stop(self) -> None:
        if self.process:
            self.site.end(self.process)
