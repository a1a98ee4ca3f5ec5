"""The load client (bench/load) with clients that come and go and clients that stay, in the
background: started, listened to without waiting, read when it has ended.
"""

from __future__ import annotations

import dataclasses
import json
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from measure.load import CLIENT
from measure.samples import Samples


@dataclasses.dataclass
class Crowd:
    rate: float = 300  # new connections a second
    keepalive: int = 2000
    gap: str = "2s"  # mean of the random gaps between the requests on one connection


class Clients:
    """Use in a `with` block; the client is ended with it. 'versions': no other may answer."""

    def __init__(self, url: str, crowd: Crowd, versions: Sequence[str], raw: Path) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="aeterna-peers-")
        self._report = Path(self._directory.name) / "report"
        self._raw = raw
        command = [CLIENT, "--url", url, "--rate", str(crowd.rate), "--gap", crowd.gap]
        command += ["--keepalive", str(crowd.keepalive), "--raw", str(raw)]
        for version in versions:
            command += ["--body", f"prefix:{version} "]
        with self._report.open("wb") as out:
            self._process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE, text=True)
        self._said: set[str] = set()
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

    def __enter__(self) -> Clients:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._listener.join()
        if self._process.stderr:
            self._process.stderr.close()
        self._directory.cleanup()

    def wait_for(self, line: str, patience_s: float = 60) -> None:
        end = time.monotonic() + patience_s
        with self._news:
            while line not in self._said:
                if not self._news.wait(end - time.monotonic()):
                    raise RuntimeError(f"the load client has not said '{line}'")

    def finish(self) -> tuple[dict[str, Any], Samples]:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait()
        report: dict[str, Any] = json.loads(self._report.read_text())
        return report, Samples(self._raw)
