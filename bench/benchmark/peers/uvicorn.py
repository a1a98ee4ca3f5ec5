"""The ASGI program under uvicorn with HUP to its process manager (uvicorn.org, "Deployment").

There is a process manager from two workers on only.
"""

from __future__ import annotations

import os
import signal
import subprocess

from .family import children
from .method import Method, command_path, version_of

PACKAGE = "uvicorn (PyPI)"


class UvicornHup(Method):
    name = "uvicorn-hup"
    title = "uvicorn HUP"
    program = "ASGI, uvicorn"
    package = PACKAGE
    manual = "HUP to the process manager: each of two workers is replaced when the next is ready"
    mandatory = False
    workers = 2
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def version(cls) -> str:
        return version_of([command_path("uvicorn", PACKAGE), "--version"])

    def start(self) -> None:
        words = [command_path("uvicorn", PACKAGE), "peer_asgi:app", "--host", "127.0.0.1"]
        words += ["--port", str(self.site.port), "--workers", str(self.workers)]
        words += ["--timeout-keep-alive", "75", "--no-access-log"]
        self.process = self.site.spawn(words)
        self.site.wait_for_version()

    def swap(self) -> None:
        assert self.process
        master = self.process.pid
        old = children(master)
        os.kill(master, signal.SIGHUP)
        # multiprocessing's resource tracker is a child of it, too, and stays.
        self.site.wait_until(
            lambda: len(old - children(master)) == self.workers, "the old workers' end"
        )
        self.site.wait_for_version()

    def stop(self) -> None:
        if self.process:
            self.site.end(self.process)
