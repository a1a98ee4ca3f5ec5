"""The Node program under pm2 in cluster mode, with pm2 reload (pm2.keymetrics.io, "Cluster Mode").

Its daemon leaves its parent; everything it writes is below the site's directory.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from .method import Method, Unavailable, version_of
from .site import PROGRAMS

PACKAGE = "pm2 (npm)"
OWN = Path("build/npm/node_modules/.bin").resolve()  # make deps-pm2


class Pm2Reload(Method):
    name = "pm2-reload"
    title = "pm2 reload"
    program = "HTTP, Node"
    package = PACKAGE
    manual = "pm2 start -i 2, pm2 reload: each process is replaced when the next one listens"
    mandatory = False
    workers = 2

    @classmethod
    def path(cls) -> str:
        places = os.pathsep.join([str(OWN), os.environ.get("PATH", "")])
        found = shutil.which("pm2", path=places)
        if not found or not shutil.which("node"):
            raise Unavailable("no command pm2: make deps-pm2 installs it from npm")
        return found

    @classmethod
    def version(cls) -> str:
        return version_of(["node", "-p", f"require('{_package(cls.path())}').version"])

    def _pm2(self, *words: str) -> None:
        home = f"PM2_HOME={self.site.directory / 'pm2'}"
        self.site.run(["env", home, self.path(), *words])

    def start(self) -> None:
        program = str(PROGRAMS / "peer_node.js")
        listen = str(int(self.site.start_s * 1000) + 10000)
        self._pm2("start", program, "-i", str(self.workers), "--listen-timeout", listen)
        self.site.wait_for_version()

    def swap(self) -> None:
        self._pm2("reload", "peer_node", "--update-env")

    def stop(self) -> None:
        self._pm2("kill")


def _package(path: str) -> str:
    """package.json beside the command, links followed: asking pm2 itself starts its daemon."""
    return str(Path(path).resolve().parent.parent / "package.json")
