"""The launcher of one row: started, asked for swaps and for its account, stopped."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from . import places
from .row import Row, Site

START_TIMEOUT_S = 30
COMMAND_S = 90.0


class Service:
    def __init__(self, row: Row, site: Site) -> None:
        self._row = row
        self._site = site
        self._directory = Path(site.directory)
        self._file = self._directory / "aeterna.yaml"
        self._log = (self._directory / "log").open("ab")
        self._launcher: subprocess.Popen[bytes] | None = None
        self.version(row.files)

    def version(self, files: Mapping[str, str], bad_command: bool = False) -> None:
        """Puts a version of the program in place."""
        for name, text in files.items():
            path = self._directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self._site.fill(text))
        command = self._row.bad_command if bad_command else self._row.command
        settings = {
            "service": {
                "name": self._row.name,
                "command": self._as_user(command),
                "directory": self._site.directory,
                "start_timeout": f"{START_TIMEOUT_S}s",
                **self._row.service,
            },
            **({"handoff": dict(self._row.handoff)} if self._row.handoff else {}),
        }
        self._file.write_text(json.dumps(settings, indent=1) + "\n")
        self.hand_to_user()

    def _as_user(self, command: Sequence[str]) -> list[str]:
        """Of programs that refuse to run as root."""
        words = [self._site.fill(word) for word in command]
        if not self._row.user or os.geteuid():
            return words
        group = str(pwd.getpwnam(self._row.user).pw_gid)
        return ["setpriv", "--reuid", self._row.user, "--regid", group, "--clear-groups", *words]

    def hand_to_user(self) -> None:
        if self._row.user and os.geteuid() == 0:
            for path in [self._directory, *self._directory.rglob("*")]:
                shutil.chown(path, self._row.user)

    def set_up(self) -> None:
        for words in self._row.setup:
            done = subprocess.run(
                self._as_user(words),
                cwd=self._directory,
                env=self._site.environment(),
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                timeout=COMMAND_S,
            )
            if done.returncode:
                raise RuntimeError(f"setup: {words[0]}: status {done.returncode}")
            self.hand_to_user()

    def start(self) -> None:
        self._launcher = subprocess.Popen(
            [str(places.LAUNCHER), "-v", "-c", str(self._file)],
            cwd=self._directory,
            env=self._site.environment(),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )

    def ended(self) -> int | None:
        return self._launcher.poll() if self._launcher else None

    def _ask(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(places.LAUNCHER), *words, "-c", str(self._file)],
            capture_output=True,
            text=True,
            timeout=COMMAND_S,
        )

    def status(self) -> dict[str, Any]:
        """Empty while no launcher answers."""
        done = self._ask("status", "--json")
        status: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else {}
        return status

    def reload(self) -> tuple[bool, dict[str, Any], str]:
        """Whether it was committed, the launcher's account of it, and its one line."""
        done = self._ask("reload")
        lines = done.stderr.strip().splitlines()
        return done.returncode == 0, self.status().get("last_swap") or {}, "".join(lines[-1:])

    def stop(self) -> None:
        if self._launcher and self._launcher.poll() is None:
            self._launcher.send_signal(signal.SIGTERM)
            self._launcher.wait(COMMAND_S)

    def log(self) -> str:
        return (self._directory / "log").read_text(errors="replace")

    def close(self) -> None:
        self._log.close()
