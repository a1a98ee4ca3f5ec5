"""The WSGI program under uWSGI with chain reload (uwsgi-docs, "The Art of Graceful Reloading").

It takes one worker away at a time: with a single one nobody would serve meanwhile, so there are
two. Its HTTP router keeps the connections of clients and is not replaced.
"""

from __future__ import annotations

import signal
import subprocess

from .method import Method, command_path, version_of

PACKAGE = "uwsgi-core, uwsgi-plugin-python3 (Debian)"


class UwsgiChain(Method):
    name = "uwsgi-chain"
    title = "uWSGI chain reload"
    program = "WSGI, uWSGI"
    package = PACKAGE
    manual = "--lazy-apps, two workers, touch of --touch-chain-reload: one worker after the other"
    workers = 2
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def version(cls) -> str:
        path = command_path("uwsgi", PACKAGE)
        return version_of([path, "--plugins", "http,python3", "--version"])

    def start(self) -> None:
        (self.site.directory / "chain").touch()
        words = [command_path("uwsgi", PACKAGE), "--plugins", "http,python3", "--master"]
        words += ["--http", self.site.address, "--http-keepalive=75", "--listen", "1024"]
        words += ["--processes", str(self.workers), "--lazy-apps", "--need-app", "--die-on-term"]
        words += ["--touch-chain-reload", str(self.site.directory / "chain")]
        words += ["--module", "peer_wsgi:app", "--disable-logging"]
        self.process = self.site.spawn(words)
        self.site.wait_for_version()

    def swap(self) -> None:
        done = self._chains()
        (self.site.directory / "chain").touch()
        self.site.wait_until(lambda: self._chains() > done, "the end of the chain")
        self.site.wait_for_version()

    def _chains(self) -> int:
        """How many it says have come to their end: every new worker accepts by then."""
        return self.site.whole_log().count("chain reloading complete")

    def stop(self) -> None:
        if self.process:
            self.site.end(self.process, signal.SIGTERM)
