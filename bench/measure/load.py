"""A load client (bench/load) in the background: started, listened to, read when it has ended."""

from __future__ import annotations

import json
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .frame import Held
from .samples import Samples

CLIENT = "build/aeterna-load"
PATIENCE_S = 60.0


class Load(Held):
    """Use in a `with` block; the client is ended with it. 'rate': new connections a second;
    'keepalive': connections that stay; 'more': what else the client is told. Every request goes
    into 'raw', which is kept only if it is named.
    """

    def __init__(
        self,
        urls: Sequence[str],
        rate: float,
        keepalive: int,
        more: Sequence[str] = (),
        raw: Path | None = None,
    ) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="aeterna-load-")
        self._raw = raw or Path(self._directory.name) / "raw"
        self._report = Path(self._directory.name) / "report"
        command = [CLIENT, "--rate", str(rate), "--keepalive", str(keepalive), *more]
        for url in urls:
            command += ["--url", url]
        with self._report.open("wb") as out:
            self._process = subprocess.Popen(
                [*command, "--raw", str(self._raw)], stdout=out, stderr=subprocess.PIPE, text=True
            )
        self._said: set[str] = set()
        self._ended = False
        self._news = threading.Condition()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def _listen(self) -> None:
        assert self._process.stderr
        for line in self._process.stderr:
            with self._news:
                self._said.add(line.strip())
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def __enter__(self) -> Load:
        return self

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._listener.join()
        if self._process.stderr:
            self._process.stderr.close()
        self._directory.cleanup()

    def wait_for(self, line: str) -> None:
        """Until the client has said this line, or had before; raises when it does not."""
        end = time.monotonic() + PATIENCE_S
        with self._news:
            while line not in self._said:
                if self._ended or not self._news.wait(end - time.monotonic()):
                    raise RuntimeError(f"the load client has not said '{line}'")

    def finish(self) -> tuple[dict[str, Any], Samples]:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait()
        report: dict[str, Any] = json.loads(self._report.read_text())
        return report, Samples(self._raw)
