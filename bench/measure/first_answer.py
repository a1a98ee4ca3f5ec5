"""First answer: from the request for a new process to what it first answers, with the launcher
(a HUP to it while the old version serves) and alone (spawned on a port of its own), in turn. The
service is under load all the time, and one probe asks both ports all the time.
"""

from __future__ import annotations

import os
import select
import signal
import time
from typing import Any

from . import figure
from .figure import Figure
from .frame import in_turn
from .load import Load
from .machine import free_port, say
from .plan import Plan
from .service import PROGRAMS, Service
from .spread import differences, median

RATE = 300
KEEPALIVE = 100
PROBE_RATE = 2000  # the two ports in turn: each is asked every millisecond
BOUND_MS = 5.0
REST_S = 0.5


class Race:
    """Starts of one program, each with a version of its own so that the probe can tell them."""

    def __init__(self, service: Service, probe: Load, port: int) -> None:
        self._service = service
        self._probe = probe
        self._port = port
        self.begun_ns: dict[str, int] = {}

    def with_launcher(self) -> str:
        version = self._service.next_version()
        old = os.pidfd_open(int(self._service.status()["pid"]))
        self.begun_ns[version] = time.monotonic_ns()
        os.kill(self._service.launcher_pid, signal.SIGHUP)
        self._probe.wait_for(f"version {version}")
        select.select([old], [], [], 60)
        os.close(old)
        time.sleep(REST_S)
        return version

    def alone(self) -> str:
        version = self._service.next_version()
        command = PROGRAMS["asyncio"]
        environment = {**self._service.environment(), "PORT": str(self._port)}
        self.begun_ns[version] = time.monotonic_ns()
        pid = os.posix_spawn(command[0], list(command), environment)
        self._probe.wait_for(f"version {version}")
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        time.sleep(REST_S)
        return version

    def times_ms(self, report: dict[str, Any], versions: list[str]) -> list[float]:
        first_ns = {entry["version"]: int(entry["first_ns"]) for entry in report["versions"]}
        return [(first_ns[version] - self.begun_ns[version]) / 1e6 for version in versions]


def measure(plan: Plan) -> list[Figure]:
    port = free_port()
    with Service(PROGRAMS["asyncio"]) as service, Load([service.url], RATE, KEEPALIVE) as load:
        load.wait_for("established")
        with Load([service.url, f"http://127.0.0.1:{port}/"], PROBE_RATE, 0) as probe:
            probe.wait_for("ready")
            race = Race(service, probe, port)
            versions = in_turn(
                plan.first_answers,
                (race.with_launcher, race.alone, race.alone),
                lambda number: say(f"start: {number} of {plan.first_answers}"),
            )
            report, _ = probe.finish()
    launched, alone, again = (race.times_ms(report, names) for names in versions)
    later = figure.of(
        "first answer, later than alone",
        "ms",
        differences(launched, alone),
        [abs(median(again) - median(alone))],
        BOUND_MS,
        launched_ms=launched,
        alone_ms=alone,
        alone_again_ms=again,
    )
    later.value = median(launched) - median(alone)
    return [
        figure.of("first answer, launcher", "ms", launched),
        figure.of("first answer, alone", "ms", alone, again),
        later,
    ]
