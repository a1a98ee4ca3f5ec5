"""Server::Starter, start_server(1), with gunicorn on the socket that it hands over."""

from __future__ import annotations

import shlex
import subprocess

from . import gunicorn
from .method import Method, command_path, version_of

PACKAGE = "libserver-starter-perl (Debian)"
INTERVAL_S = 1  # the default: a program that lives that long has started


class ServerStarter(Method):
    name = "server-starter"
    title = "Server::Starter"
    program = gunicorn.PROGRAM
    package = PACKAGE
    manual = "start_server --restart; --kill-old-delay as long as the program takes to start"
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def version(cls) -> str:
        gunicorn.Gunicorn.version()
        return version_of([command_path("start_server", PACKAGE), "--version"])

    def _words(self, *words: str) -> list[str]:
        files = [f"--{what}-file={self.site.directory / what}" for what in ("pid", "status")]
        return [command_path("start_server", PACKAGE), *files, *words]

    def start(self) -> None:
        # SERVER_STARTER_PORT is "ADDRESS=DESCRIPTOR".
        serve = gunicorn.command(self.site, "fd://DESCRIPTOR")
        line = shlex.join(serve).replace("DESCRIPTOR", '"${SERVER_STARTER_PORT##*=}"')
        words = [f"--port={self.site.address}", f"--interval={INTERVAL_S}", "--backlog=2048"]
        if self.site.start_s or self.site.state_mb:
            words.append(f"--kill-old-delay={int(self.site.start_s) + 1}")
        self.process = self.site.spawn(self._words(*words, "--", "sh", "-c", f"exec {line}"))
        self.site.wait_for_version()

    def swap(self) -> None:
        self.site.run(self._words("--restart"))

    def stop(self) -> None:
        if self.process:
            self.site.end(self.process)
