"""One row: good swaps with new clients, good swaps with kept clients alone, one bad version."""

from __future__ import annotations

import dataclasses
import socket
import time
from typing import Any

from runner import processes

from . import places
from .clients import Crowd, Tally
from .row import ENDS, REFUSED, SWAPS, Row, Site
from .service import Service
from .wire import Trouble

SWAPS_EACH = 2
START_S = 60.0
UNDONE_WITHIN_S = 10.0
CLOSES_WITHIN_S = 0.3
NOT_INTERPOSABLE = 126  # the launcher's exit status


@dataclasses.dataclass
class Result:
    name: str
    version: str = ""
    verdict: str = ""
    pauses_ms: list[float] = dataclasses.field(default_factory=list)
    boots_ms: list[float] = dataclasses.field(default_factory=list)
    answered: int = 0
    kept_answered: int = 0
    worst_ms: float = 0
    moved: int = 0
    keeps: bool = True  # the server lets a client keep its connection
    undone_ms: float = 0
    undone_reason: str = ""
    notes: list[str] = dataclasses.field(default_factory=list)
    texts: dict[str, int] = dataclasses.field(default_factory=dict)
    took_s: float = 0
    log: str = ""


class Bad(Exception):
    """The row's verdict, found early."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Trial:
    def __init__(self, row: Row, directory: str) -> None:
        self._row = row
        self._site = Site(row, directory, free_port(), free_port())
        self._service = Service(row, self._site)
        self._complaints: list[str] = []
        self._ended = 0  # kept connections that ended, where the row says so
        self.result = Result(row.name, places.version(row.origin))

    def run(self) -> Result:
        start = time.monotonic()
        try:
            self._come_up()
            self._good_swaps()
            self._bad_version()
        except Bad as why:
            self._complaints.append(str(why))
        except Trouble as why:
            self._complaints.append(f"{why.kind}: {why}")
        finally:
            self._go_down()
        self.result.verdict = "; ".join(dict.fromkeys(self._complaints)) or (
            ENDS if self._ended else SWAPS
        )
        self.result.took_s = round(time.monotonic() - start, 1)
        self.result.log = self._service.log()[-6000:]
        self._service.close()
        return self.result

    def _come_up(self) -> None:
        try:
            self._service.set_up()
        except RuntimeError as why:
            raise Bad(str(why)) from None
        self._service.start()
        end = time.monotonic() + START_S
        while True:
            try:
                self._row.talk.fresh(self._site.address)
                break
            except Trouble as why:
                code = self._service.ended()
                if code == NOT_INTERPOSABLE:
                    self.result.notes.append(self._refusal())
                    raise Bad(REFUSED) from None
                if code is not None:
                    raise Bad(f"does not start: status {code}") from None
                if time.monotonic() > end:
                    raise Bad(f"does not start: {why}") from None
            time.sleep(0.05)
        wire = self._row.talk.open(self._site.address)
        try:
            kept = self._row.talk.ask(wire)
            time.sleep(CLOSES_WITHIN_S)  # some close without a word in the answer
            self.result.keeps = kept and not wire.is_closed()
        finally:
            wire.close()

    def _refusal(self) -> str:
        """The launcher's sentence, without the path of the program."""
        lines = [line for line in self._service.log().splitlines() if "error: '" in line]
        return "it " + "".join(lines[-1:]).rpartition("' ")[2]

    def _good_swaps(self) -> None:
        for _ in range(SWAPS_EACH):
            self._good_swap("new clients", True, 0)
        if not self.result.keeps:
            self.result.notes.append("closes each connection after its answer")
            return
        for _ in range(SWAPS_EACH):
            self._good_swap("kept clients", False, self._row.clients)

    def _good_swap(self, who: str, new: bool, kept: int) -> None:
        with Crowd(self._row.talk, self._site.address, new, kept, self._row.kept_end) as crowd:
            committed, account, line = self._service.reload()
            crowd.after_swap()
        if kept:
            self.result.kept_answered += crowd.tally.answered
            self.result.moved += int(account.get("connections_moved") or 0)
        self._account(who, crowd.tally)
        if not committed:
            raise Bad(f"undone: {account.get('reason') or 'refused'} ({line})")
        for name, where in (("pause_ms", self.result.pauses_ms), ("boot_ms", self.result.boots_ms)):
            if account.get(name) is not None:
                where.append(float(account[name]))

    def _account(self, who: str, tally: Tally) -> None:
        self.result.answered += tally.answered
        self.result.worst_ms = round(max(self.result.worst_ms, tally.worst_ms), 1)
        for text, count in tally.texts.items():
            self.result.texts[text] = self.result.texts.get(text, 0) + count
        self._ended += tally.ended
        if tally.closed_by_limit:
            self.result.notes.append("silent connections met the server's own time limit")
        if tally.says():
            self._complaints.append(f"{who}: {tally.says()}")

    def _bad_version(self) -> None:
        row = self._row
        if not row.bad and not row.bad_command:
            self.result.notes.append("no bad version tried")
            return
        kept = row.clients if self.result.keeps else 0
        with Crowd(row.talk, self._site.address, True, kept, row.kept_end) as crowd:
            self._service.version(row.bad, bool(row.bad_command))
            start = time.monotonic()
            committed, account, line = self._service.reload()
            self.result.undone_ms = round((time.monotonic() - start) * 1000)
            crowd.after_swap()
        self._service.version(row.files)
        self._account("bad version", crowd.tally)
        self._judge_bad(committed, account, line)

    def _judge_bad(self, committed: bool, account: dict[str, Any], line: str) -> None:
        self.result.undone_reason = str(account.get("reason") or line)
        if committed:
            raise Bad("the bad version was committed")
        self._row.talk.fresh(self._site.address)
        boot_ms = max(self.result.boots_ms, default=0)  # it may end as late as a good one is ready
        if self.result.undone_ms > UNDONE_WITHIN_S * 1000 + boot_ms:
            seconds = self.result.undone_ms / 1000
            reason = self.result.undone_reason
            raise Bad(f"bad version: undone after {seconds:.0f} s ({reason})")

    def _go_down(self) -> None:
        self._service.stop()
        if left := processes.alive():
            names = ", ".join(sorted({processes.command(pid)[:40] for pid in left}))
            self._complaints.append(f"leaves {len(left)} processes: {names}")
            processes.kill_all()
