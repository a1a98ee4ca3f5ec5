"""A load client (bench/load) in the background: started, listened to, read when it has ended."""

from __future__ import annotations

import json
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from .samples import Samples

CLIENT = "build/aeterna-load"


class Load:
    """Use in a `with` block; the client is ended with it."""

    def __init__(self, urls: Sequence[str], rate: float, keepalive: int) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="aeterna-measure-")
        self._raw = Path(self._directory.name) / "raw"
        self._report = Path(self._directory.name) / "report"
        command = [CLIENT, "--rate", str(rate), "--keepalive", str(keepalive)]
        for url in urls:
            command += ["--url", url]
        with self._report.open("wb") as out:
            self._process = subprocess.Popen(
                [*command, "--raw", str(self._raw)],
                stdout=out,
                stderr=subprocess.PIPE,
                text=True,
            )

    def __enter__(self) -> Load:
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
        if self._process.stderr:
            self._process.stderr.close()
        self._directory.cleanup()

    def wait_for(self, line: str) -> None:
        """Until the client has said this line; raises when it ends instead."""
        assert self._process.stderr
        for said in self._process.stderr:
            if said.strip() == line:
                return
        raise RuntimeError(f"the load client ended before it said '{line}'")

    def finish(self) -> tuple[dict[str, Any], Samples]:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait()
        report: dict[str, Any] = json.loads(self._report.read_text())
        return report, Samples(self._raw)
